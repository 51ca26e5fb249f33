/**
 * A plan as people read it before they agree to it: what goes where, what it replaces, what is asked of it.
 * @module
 */
import type { HashedPlan } from '@davit/core';
import { count, shortImage } from '../output/quantities.js';
import { table } from '../output/layout.js';
import type { Style } from '../output/style.js';

export function planLines({ plan }: Pick<HashedPlan, 'plan'>, style: Style): string[] {
  const { arrow } = style.marks;
  const images = plan.images.flatMap(({ name, source, target, digest, tags, services }) => [
    `  ${style.bold(name)}  ${digest}`,
    ...table([
      ['from', source],
      ['to', target],
      ['tags', [...tags.immutable.map((tag) => `${tag} (stays)`), ...tags.channel.map((tag) => `${tag} (moves)`)].join(', ') || 'none'],
      ['runs as', services.join(', ')],
    ]).map((line) => `    ${line}`),
  ]);
  const bare = bareHosts(plan);
  const batches = plan.hosts.map((batch, at) => `${plan.hosts.length === 1 ? '' : `${String(at + 1)}. `}${batch.join(', ')}`);
  return [
    ...images,
    `  ${style.bold('hosts')}  ${batches.join('; ') || 'none'} ${style.dim(`(${plan.deployer})`)}`,
    ...replacements(plan, arrow).map((line) => `    ${line}`),
    `  ${style.bold('if it fails')}  ${afterFailure(plan)}`,
    ...(plan.endpoints.length === 0 ? [] : [`  ${style.bold('endpoints')}  ${plan.endpoints.join(', ')}`]),
    ...(bare.length === 0 ? [] : [`  ${style.yellow(style.marks.warning)} nothing runs on ${bare.join(', ')} yet: if the deployment fails there, there is nothing to return to`]),
  ];
}

type Plan = HashedPlan['plan'];

function replacements(plan: Plan, arrow: string): string[] {
  const rows: string[][] = [];
  for (const [host, services] of Object.entries(plan.replaces)) {
    for (const [service, image] of Object.entries(services)) {
      const next = plan.images.find((one) => one.services.includes(service));
      const wanted = next === undefined ? '' : `${next.target}@${next.digest}`;
      rows.push([host, service, image === null ? 'nothing' : shortImage(image), image === wanted ? 'stays: it runs this image already' : `${arrow} ${shortImage(wanted)}`]);
    }
  }
  return table(rows);
}

function afterFailure({ strategy, kind }: Plan): string {
  if (kind === 'rollback') return 'it stays as it is then, and a person is needed';
  if (!strategy.automaticRollback) return 'it is left as it is: automatic rollback is switched off';
  return `it is rolled back${strategy.stopFirst ? ', services stopped first' : ', services recreated in place'}`;
}

/** Hosts on which no service of the release runs (G5). */
const bareHosts = (plan: Plan): string[] => Object.entries(plan.replaces).filter(([, services]) => Object.values(services).every((image) => image === null)).map(([host]) => host);

/** `3 images on 2 hosts` */
export function planHeading(plan: Plan): string {
  return `${count(plan.images.length, 'image')} to ${plan.environment} on ${count(plan.hosts.flat().length, 'host')}`;
}
