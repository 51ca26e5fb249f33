/**
 * What can be done next, as commands that can be copied.
 * @module
 */
import type { PromotionReport } from '@davit/core';
import { shortDigest } from '../output/quantities.js';

export interface NextStep {
  readonly command: string;
  readonly why: string;
}

export interface NextStepOptions {
  /** What `--config` named, so that the commands find the same store. */
  readonly config: string | undefined;
  /** Somebody drives the promotion at this moment. */
  readonly driven?: boolean;
  /** This process was interrupted in the middle of it. */
  readonly interrupted?: boolean;
  /** The records were listed just now. */
  readonly eventsShown?: boolean;
}

/** After a decision or a cancel was written down. */
export function afterDecision(id: string, { config, driven = false }: NextStepOptions): readonly NextStep[] {
  return [driven ? nextStep(config, `status ${id} --follow`, 'see how it goes on') : nextStep(config, `resume ${id}`, 'go on')];
}

export function nextSteps(report: PromotionReport, { config, driven = false, interrupted = false, eventsShown = false }: NextStepOptions): readonly NextStep[] {
  const { id, environment, outcome, waitingFor } = report;
  const step = (command: string, why: string): NextStep => nextStep(config, command, why);
  const records = eventsShown ? [] : [step(`status ${id} --events`, 'what happened, record by record')];
  const resume = step(`resume ${id}`, 'go on where it stopped');
  const cancel = step(`cancel ${id}`, 'end it');

  if (outcome === null) {
    if (waitingFor?.for === 'approval') {
      return [{ command: approveCommand(id, waitingFor.planHash, config), why: 'agree to this plan' }, step(`reject ${id} --comment "why"`, 'refuse it'), ...(driven ? [] : [step(`resume ${id}`, 'go on once it is approved')])];
    }
    if (interrupted) return [resume, cancel];
    if (waitingFor !== null && waitingFor.for !== 'backoff' && waitingFor.for !== 'hostLock' && !driven) return [step(`resume ${id}`, 'look again, and go on'), cancel];
    return [step(`status ${id} --follow`, 'see how it goes on'), ...(driven ? [] : [step(`resume ${id}`, 'take it over, if the process that drove it is gone')])];
  }
  if (report.exitCode === 5) return [...records, step(`rollback --to ${environment}`, 'try to go back to the last verified release')];
  if (report.kind === 'rollback') return [step('status', 'what runs where')];
  if (outcome === 'completed' || outcome === 'unchanged') return [step(`rollback --to ${environment}`, 'back to the release before, if it turns out to be bad')];
  return records;
}

/** Bound to the plan that was shown: its first digits are enough. */
export function approveCommand(id: string, planHash: string | null, config: string | undefined): string {
  return `davit approve ${id}${planHash === null || planHash === '' ? '' : ` --plan ${shortDigest(planHash)}`}${configSuffix(config)}`;
}

export function nextStep(config: string | undefined, command: string, why: string): NextStep {
  return { command: `davit ${command}${configSuffix(config)}`, why };
}

/** ` --config FILE`, where one was named: the commands must find the same store. */
export function configSuffix(config: string | undefined): string {
  return config === undefined ? '' : ` --config ${quoted(config)}`;
}

/** As a shell reads it. */
function quoted(text: string): string {
  return /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll('\'', '\'\\\'\'')}'`;
}
