/**
 * How an event changes the context. Pure and total: an action that throws would end the machine.
 * @module
 */
import type { Context, MachineEvent } from './model.js';
import type { Outcome } from './outcome.js';
import { hostChangingSteps, type StepId } from './step-id.js';

type Patch = Partial<Context>;
type Of<T extends MachineEvent['type']> = Extract<MachineEvent, { type: T }>;

const union = (one: readonly string[], other: readonly string[] | undefined): readonly string[] => (other === undefined || other.length === 0 ? one : [...new Set([...one, ...other])]);
const hostsOfBatch = (context: Context): readonly string[] => context.batches[context.batch] ?? [];
const restoring: ReadonlySet<StepId> = new Set<StepId>(['registry.restore', 'rollback.tags']);
const imageChecks: ReadonlySet<StepId> = new Set<StepId>(['validation.size', 'validation.layers', 'validation.metadata', 'validation.signature']);

export function begun(context: Context, event: Of<'step.started'>): Patch {
  const { step, turn, attempt, before } = event;
  const run = { step, turn, attempt };
  const again = context.unsettled?.step === step && context.unsettled.turn === turn;
  return {
    running: run,
    unsettled: { ...run, crashes: again ? context.unsettled.crashes : 0 },
    turns: { ...context.turns, [step]: turn },
    before: before === undefined || context.before[step] !== undefined ? context.before : { ...context.before, [step]: before },
    suspect: hostChangingSteps.has(step) ? union(context.suspect, hostsOfBatch(context)) : context.suspect,
    // From here on a tag may name the new image, whatever becomes of the process.
    tagsTouched: context.tagsTouched || step === 'registry.update',
    decisionsSeen: step === 'approval.evaluate' ? context.decisions.length : context.decisionsSeen,
  };
}

function settled(context: Context, step: StepId, touched: readonly string[] | undefined): Patch {
  return {
    running: null,
    unsettled: null,
    wait: null,
    touched: union(context.touched, touched),
    changed: context.changed || (touched?.length ?? 0) > 0,
    suspect: hostChangingSteps.has(step) ? [] : context.suspect,
  };
}

export function passed(context: Context, event: Of<'step.passed'>): Patch {
  return {
    ...settled(context, event.step, event.touched),
    ok: true,
    error: null,
    facts: { ...context.facts, [event.step]: event.facts },
    changed: context.changed || event.changed === true || (event.touched?.length ?? 0) > 0,
    tagsTouched: restoring.has(event.step) ? false : context.tagsTouched,
  };
}

export function failed(context: Context, event: Of<'step.failed'>): Patch {
  const { step, error } = event;
  return {
    // A step that changes hosts and does not say which: every host of its batch.
    ...settled(context, step, event.touched ?? (hostChangingSteps.has(step) ? hostsOfBatch(context) : undefined)),
    ok: false,
    error,
    facts: event.facts === undefined ? context.facts : { ...context.facts, [step]: event.facts },
    failedChecks: imageChecks.has(step) ? [...context.failedChecks, step] : context.failedChecks,
    copyFailures: step === 'image.copy' ? context.copyFailures + 1 : context.copyFailures,
    compensationFailed: restoring.has(step) ? error : context.compensationFailed,
    wait: event.retryAt === undefined ? null : { for: 'backoff', wakeAt: event.retryAt, deadline: null },
  };
}

export function deferred(context: Context, event: Of<'step.deferred'>): Patch {
  return { running: null, unsettled: null, wait: event.wait, suspect: hostChangingSteps.has(event.step) ? [] : context.suspect };
}

export function interrupted(context: Context, event: Of<'step.interrupted'>): Patch {
  const known = event.touched !== undefined && hostChangingSteps.has(event.step);
  return {
    running: null,
    unsettled: context.unsettled === null ? null : { ...context.unsettled, crashes: context.unsettled.crashes + (event.reason === 'crash' ? 1 : 0) },
    suspect: known ? [] : context.suspect,
    touched: union(context.touched, event.touched),
    changed: context.changed || (event.touched?.length ?? 0) > 0,
  };
}

export function approvalGiven(context: Context, event: Of<'approval.given'>): Patch {
  const { type: _type, ...decision } = event;
  return { decisions: [...context.decisions, decision] };
}

/** The first request counts; a second one changes nothing. */
export function cancelRequested(context: Context, event: Of<'cancel.requested'>): Patch {
  return context.cancel === null ? { cancel: { by: event.by, reason: event.reason } } : {};
}

/** The first outcome stays: what happens while closing never changes the result. */
export function concluded(context: Context, outcome: Outcome): Patch {
  if (context.outcome !== null) return {};
  return { outcome, cause: context.cause ?? context.error, endError: context.error };
}

export function cancellation(context: Context): Outcome {
  if (context.cancel !== null) return context.cancel.reason === 'superseded' ? 'superseded' : 'cancelled';
  if (context.approvalExpired) return 'approval_expired';
  return context.facts['approval.evaluate']?.['verdict'] === 'rejected' ? 'approval_rejected' : 'cancelled';
}
