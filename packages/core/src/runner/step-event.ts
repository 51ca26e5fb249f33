/**
 * What a step reported, as an event of the machine.
 * @module
 */
import type { DavitError } from '../errors/index.js';
import type { MachineEvent, Run } from '../machine/index.js';
import type { StepReport } from '../steps/index.js';

export function eventOf({ step, attempt }: Run, report: StepReport): MachineEvent {
  if (report.result === 'deferred') return { type: 'step.deferred', step, wait: report.wait };
  const { result, ...rest } = report;
  if (result === 'failed') return { type: 'step.failed', step, ...rest } as MachineEvent;
  // After an interrupted attempt "nothing left to do" may mean that the earlier attempt did it.
  const changed = attempt > 1 && report.changed === false ? { changed: true } : {};
  return { type: 'step.passed', step, ...rest, ...changed } as MachineEvent;
}

export const sameRun = (one: Run | null, other: Run): boolean => one !== null && one.step === other.step && one.turn === other.turn && one.attempt === other.attempt;

const storeFaults: ReadonlySet<string> = new Set<DavitError['code']>(['store_unreadable', 'store_unwritable', 'store_full']);

/** Whether a step failed because the journals could not be read or written. */
export const isStoreFault = ({ code }: DavitError): boolean => storeFaults.has(code);
