/**
 * A promotion's report as people read it: how it ended or what it waits for, what it did, what went wrong, and what to do.
 * @module
 */
import type { ImageReport, PromotionReport } from '@davit/core';
import { errorLines } from '../output/error-text.js';
import { pad, table, wrap } from '../output/layout.js';
import { count, duration, shortImage, time } from '../output/quantities.js';
import type { Style } from '../output/style.js';
import { nextSteps, type NextStep, type NextStepOptions } from './next-steps.js';
import { planLines } from './plan-text.js';
import { waitName, wordsOf } from './step-words.js';

export interface SummaryOptions extends NextStepOptions {
  /** Where the store is. */
  readonly place: string;
  readonly columns?: number;
}

const usualColumns = 100;
const labelWidth = 13;

export function summaryLines(report: PromotionReport, style: Style, options: SummaryOptions): string[] {
  const columns = Math.max(40, options.columns ?? usualColumns);
  const field = (label: string, ...values: readonly string[]): string[] => values.map((value, at) => `  ${style.dim(pad(at === 0 ? label : '', labelWidth))}${value}`);
  const wrapped = (label: string, text: string): string[] => field(label, ...wrap(text, columns - labelWidth - 3));
  return [
    ...headline(report, style, options.interrupted === true, columns),
    ...field(report.kind, `${report.id} ${style.dim(report.kind === 'rollback' ? 'in' : 'to')} ${report.environment}`),
    ...report.images.flatMap((image) => field(...imageField(image))),
    ...wrapped('hosts', hostsOf(report)),
    ...rolledBackTo(report).flatMap((line, at) => field(at === 0 ? 'returned to' : '', line)),
    ...(report.undelivered.length === 0 ? [] : wrapped('not told', undelivered(report))),
    ...wrapped('time', `${duration(Date.parse(report.updatedAt) - Date.parse(report.createdAt))}, from ${time(report.createdAt)} to ${time(report.updatedAt)}`),
    ...field('asked by', report.actor),
    ...field('journal', `${count(report.records, 'record')} in ${options.place}`),
    ...(report.error === null ? [] : ['', ...errorLines(report.error, style, columns - 2).map((line) => `  ${line}`)]),
    ...(report.compensationFailed === null ? [] : ['', `  ${style.red('The channel tags could not be put back; they may name an image that does not run:')}`, ...errorLines(report.compensationFailed, style, columns - 2).map((line) => `  ${line}`)]),
    ...waitingPlan(report, style),
    ...byHand(report, style, options.interrupted === true),
    ...stepLines(nextSteps(report, options), style),
  ];
}

export function stepLines(steps: readonly NextStep[], style: Style): string[] {
  if (steps.length === 0) return [];
  return ['', 'Next', ...table(steps.map(({ command, why }) => [`  ${style.cyan(command)}`, style.dim(why)]))];
}

function headline(report: PromotionReport, style: Style, interrupted: boolean, columns: number): string[] {
  const { marks } = style;
  const line = (mark: string, title: string, text: string): string[] => {
    const [first = '', ...rest] = wrap(`${title}${text === '' ? '' : `: ${text}`}`, columns - 3);
    return [`${mark} ${style.bold(first)}`, ...rest.map((more) => `  ${style.bold(more)}`)];
  };
  const { outcome, meaning, detail, exitCode, waitingFor } = report;
  if (outcome !== null) {
    const title = sentence(outcome.replaceAll('_', ' '));
    const because = detail === null || detail === outcome ? '' : ` (${detail})`;
    const back = report.status === 'rolled_back' ? style.yellow(marks.back) : report.status === 'completed' ? style.green(marks.passed) : style.red(marks.failed);
    const untouched = report.rollback?.restarted === false && outcome === 'rolled_back' ? ' Nothing had been changed, so nothing was restarted.' : '';
    return line(report.kind === 'rollback' && exitCode === 0 ? style.green(marks.passed) : back, `${title}${because}`, `${meaning ?? ''}${untouched}${exitCode === 5 ? ' A person is needed.' : ''}`);
  }
  const place = report.step === null ? '' : `at “${wordsOf(report.step).name}”`;
  if (interrupted) {
    const between = report.hostsChanged.length === 0 ? '' : ` Until then ${report.hostsChanged.join(', ')} may stand between two releases.`;
    return line(style.yellow(marks.failed), `Interrupted${place === '' ? '' : ` ${place}`}`, `nothing is lost, and it can be resumed.${between}`);
  }
  if (waitingFor !== null) {
    const until = waitingFor.deadline === null ? '' : ` until ${time(waitingFor.deadline)}`;
    return line(style.yellow(marks.waiting), 'Waiting', `for ${waitName(waitingFor.for)}${until}${waitingFor.reason === null ? '' : ` (${waitingFor.reason})`}.`);
  }
  return line(style.cyan(marks.running), sentence(report.status.replaceAll('_', ' ')), place);
}

function imageField({ name, requested, image, tags, services }: ImageReport): [string, ...string[]] {
  const all = [...tags.immutable, ...tags.channel];
  return [name, image, `from ${requested}${all.length === 0 ? '' : `; tags ${all.join(', ')}`}; runs as ${services.join(', ')}`];
}

function hostsOf({ hosts, hostsChanged, kind }: PromotionReport): string {
  if (hosts.length === 0) return 'none';
  // Of a rollback that was asked for, what was returned to says it.
  if (kind === 'rollback') return hosts.join(', ');
  return hostsChanged.length === 0 ? `${hosts.join(', ')} (not changed)` : hosts.map((host) => (hostsChanged.includes(host) ? `${host} (changed)` : host)).join(', ');
}

function rolledBackTo({ rollback, outcome }: PromotionReport): string[] {
  // Said only of what was reached: a target that could not be returned to is part of the error.
  if (rollback === null || (outcome !== 'rolled_back' && outcome !== 'rollback_incomplete')) return [];
  return table(Object.entries(rollback.to).flatMap(([host, services]) => Object.entries(services).map(([service, image]) => [host, service, shortImage(image)])));
}

/** Notices are listed by notifier and id; whoever reads this wants to know which channel is down. */
function undelivered({ undelivered: notices }: PromotionReport): string {
  const notifiers = notices.map((notice) => notice.slice(0, notice.lastIndexOf(': ')));
  return [...new Set(notifiers)].map((notifier) => `${notifier} (${count(notifiers.filter((one) => one === notifier).length, 'notice')})`).join(', ');
}

function waitingPlan({ waitingFor }: PromotionReport, style: Style): string[] {
  if (waitingFor?.plan === null || waitingFor?.plan === undefined) return [];
  return ['', `${style.bold('Plan')} ${style.dim(waitingFor.planHash ?? '')}`, ...planLines({ plan: waitingFor.plan as never }, style)];
}

/** R77: production may be down, and Davit could not help it. */
function byHand({ rollback, outcome, exitCode }: PromotionReport, style: Style, interrupted: boolean): string[] {
  const hosts = Object.entries(rollback?.manual ?? {});
  if (hosts.length === 0 || (exitCode === 5 ? outcome !== 'rollback_failed' : !interrupted)) return [];
  return hosts.flatMap(([host, lines]) => ['', `By hand, on ${style.bold(host)}`, ...lines.map((line) => `  ${line.startsWith('#') ? style.dim(line) : style.cyan(line)}`)]);
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
