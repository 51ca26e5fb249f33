/**
 * A plan as people read it before they agree to it: what goes where, what it replaces, what is asked of it.
 * @module
 */
import type { PromotionPlan, ReleaseCopies } from '@davit/core';
import { bytes, count, shortDigest, shortImage } from '../output/quantities.js';
import { table } from '../output/layout.js';
import type { Style } from '../output/style.js';

/** Without `copies`, where the plan was made before and nobody looked at the registry now. */
export function planLines({ plan, copies = {} }: Pick<PromotionPlan, 'plan'> & { readonly copies?: ReleaseCopies }, style: Style): string[] {
  const { arrow } = style.marks;
  const images = plan.images.flatMap(({ name, source, target, digest, tags, services }) => [
    `  ${style.bold(name)}  ${digest}`,
    ...table([
      ['from', source],
      ['to', target],
      ...copyRows(copies[name]),
      ['tags', [...tags.immutable.map((tag) => `${tag} (stays${tagText(tag, copies[name])})`), ...tags.channel.map((tag) => `${tag} (moves${tagText(tag, copies[name])})`)].join(', ') || 'none'],
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
    ...conflicts(copies).map((conflict) => `  ${style.yellow(style.marks.warning)} ${conflict}`),
    ...(bare.length === 0 ? [] : [`  ${style.yellow(style.marks.warning)} nothing runs on ${bare.join(', ')} yet: if the deployment fails there, there is nothing to return to`]),
  ];
}

type Plan = PromotionPlan['plan'];
type Copy = ReleaseCopies[string];

function copyRows(copy: Copy | undefined): string[][] {
  return copy === undefined ? [] : [['copies', copyText(copy)]];
}

function copyText(copy: Copy): string {
  if (copy.present && copy.manifests.length === 0) return 'nothing: the repository has the image';
  const of = (action: Copy['blobs'][number]['action'], how: string, size: number): string[] => {
    const blobs = copy.blobs.filter((blob) => blob.action === action).length;
    return blobs === 0 ? [] : [`${bytes(size)} in ${count(blobs, 'blob')}${how}`];
  };
  const parts = [...of('copy', '', copy.bytes.copy), ...of('mount', ' taken over within the registry', copy.bytes.mount), ...of('present', ' are there already', copy.bytes.present)];
  return parts.length === 0 ? count(copy.manifests.length, 'manifest') : parts.join(', ');
}

/** What a tag names now. */
function tagText(tag: string, copy: Copy | undefined): string {
  const planned = copy?.tags.find((one) => one.tag === tag && one.kind === 'asked');
  if (planned === undefined) return '';
  if (planned.previous == null) return ', is new';
  return planned.action === 'present' ? ', names it already' : `, names ${shortDigest(planned.previous)} now`;
}

/** Tags that would end the promotion when it comes to them. */
const conflicts = (copies: ReleaseCopies): string[] =>
  Object.values(copies).flatMap(({ to, tags }) => tags.filter(({ action }) => action === 'conflict').map(({ tag, previous }) => `${to}:${tag} exists, names ${previous ?? 'another image'} and may not be moved: the promotion would fail there`));

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
