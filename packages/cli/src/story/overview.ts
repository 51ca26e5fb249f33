/**
 * Several promotions at a glance: what each environment runs and waits for, and the list of past ones.
 * @module
 */
import type { EnvironmentReport, PromotionReport, UnreadablePromotion } from '@davit/core';
import { table } from '../output/layout.js';
import { shortDigest, time } from '../output/quantities.js';
import type { Style } from '../output/style.js';
import { configSuffix } from './next-steps.js';
import { waitName, wordsOf } from './step-words.js';

/** An environment with the promotions of it that have not ended, oldest first. */
export interface EnvironmentOverview extends EnvironmentReport {
  readonly open: readonly PromotionReport[];
}

export function overviewLines(environments: readonly EnvironmentOverview[], style: Style, config: string | undefined): string[] {
  const lines: string[] = [];
  for (const { name, holder, current, open } of environments) {
    const rows: string[][] = [
      ['  runs', ...(current === null ? ['nothing that was promoted with Davit'] : [`${imagesOf(current)}  ${style.dim(`${current.id}, ${time(current.updatedAt)}, ${current.actor}`)}`])],
      ['  held by', holder ?? 'nobody'],
      ...open.map((report, at) => [at === 0 ? '  open' : '', `${report.id}  ${imagesOf(report)}  ${standing(report, style)}`]),
    ];
    lines.push(...(lines.length === 0 ? [] : ['']), style.bold(name), ...table(rows));
  }
  const suffix = configSuffix(config);
  const hasOpen = environments.some(({ open }) => open.length > 0);
  return [...lines, '', hasOpen ? style.dim(`One of them: davit status ID${suffix}`) : style.dim(`What was: davit history${suffix}`)];
}

export function historyLines(reports: readonly PromotionReport[], style: Style): string[] {
  if (reports.length === 0) return ['Nothing was promoted yet.'];
  const head = ['ID', 'BEGUN', 'TO', 'STANDS', 'BY', 'IMAGES'].map((cell) => style.dim(cell));
  return table([head, ...reports.map((report) => [report.id, time(report.createdAt), report.environment, standing(report, style), report.actor, imagesOf(report)])]);
}

/** Journals that are damaged, each in a line. */
export function damageLines(unreadable: readonly UnreadablePromotion[], style: Style): string[] {
  if (unreadable.length === 0) return [];
  return ['', ...unreadable.map(({ id, error }) => `${style.yellow(style.marks.warning)} ${id} is left out: ${error.message}`)];
}

/** Where a promotion stands, in a word or two. */
function standing({ outcome, status, waitingFor, step, kind }: PromotionReport, style: Style): string {
  if (outcome !== null) {
    const words = `${outcome}${kind === 'rollback' ? ' (rollback)' : ''}`;
    return status === 'completed' || (kind === 'rollback' && status === 'rolled_back') ? style.green(words) : status === 'rolled_back' ? style.yellow(words) : style.red(words);
  }
  if (waitingFor !== null) return style.yellow(`waits for ${waitName(waitingFor.for)}`);
  return style.cyan(step === null ? status.replaceAll('_', ' ') : `at “${wordsOf(step).name}”`);
}

/** `shop/web:1.4.2 (1f03f65f3791)`: in a list, which registry it came from is not what is looked for. */
function imagesOf({ images }: PromotionReport): string {
  return images.map(({ requested, digest }) => `${requested.replace(/@.*$/, '').replace(/^[^/]+\//, '')} (${shortDigest(digest).replace(/^.*:/, '')})`).join(', ');
}
