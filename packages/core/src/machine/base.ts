/**
 * The machine's vocabulary: its guards and actions, and the few shapes that its states have.
 * @module
 */
import { assign, setup } from 'xstate';
import * as change from './actions.js';
import type { Box, EdgeMeta, StateMeta } from './box.js';
import type { Context, MachineEvent, MachineInput } from './model.js';
import type { Outcome } from './outcome.js';
import type { StepId } from './step-id.js';

export const base = setup({
  types: {
    context: {} as Context,
    events: {} as MachineEvent,
    input: {} as MachineInput,
    meta: {} as StateMeta,
    transitionMeta: {},
    tags: {} as 'pending',
  },
  guards: {
    ok: ({ context }) => context.ok,
    cancelNow: ({ context }) => context.cancel !== null && context.running === null,
    isRollback: ({ context }) => context.kind === 'rollback',
    imageValid: ({ context }) => context.ok && context.failedChecks.length === 0,
    collectingAll: ({ context }) => context.policy.collectAll,
    sizeFailed: ({ context }) => context.failedChecks[0] === 'validation.size',
    layersFailed: ({ context }) => context.failedChecks[0] === 'validation.layers',
    metadataFailed: ({ context }) => context.failedChecks[0] === 'validation.metadata',
    // Anything but a recorded "no" asks for an approval.
    approvalNeeded: ({ context }) => context.facts['approval.require']?.['needed'] !== false,
    approved: ({ context }) => context.ok && !context.approvalExpired && context.facts['approval.evaluate']?.['verdict'] === 'approved',
    newDecisions: ({ context }) => context.decisions.length > context.decisionsSeen,
    planChanged: ({ context, event }) => event.type === 'step.failed' && event.error.code === 'plan_changed' && context.facts['approval.require']?.['needed'] !== false,
    canRetryCopy: ({ context }) => context.error?.retryable === true && context.copyFailures < context.policy.copyMaxAttempts,
    backingOff: ({ context }) => context.wait?.for === 'backoff',
    tagsTouched: ({ context }) => context.tagsTouched,
    // What was asked for by a person is done although nothing is automatic.
    rollbackWanted: ({ context }) => context.policy.automaticRollback || context.cancel !== null || context.kind === 'rollback',
    hostsTouched: ({ context }) => context.touched.length + context.suspect.length > 0 || context.kind === 'rollback',
    nothingRanBefore: ({ context }) => context.facts['deployment.trigger']?.['ran'] === false,
    targetKnown: ({ context }) => context.ok,
    targetKnownStopFirst: ({ context }) => context.ok && context.policy.stopFirst,
    lastBatchOk: ({ context }) => context.ok && context.batch + 1 >= context.batches.length,
  },
  actions: {
    begin: assign(({ context, event }) => (event.type === 'step.started' ? change.begun(context, event) : {})),
    settle: assign(({ context, event }) => {
      if (event.type === 'step.passed') return change.passed(context, event);
      if (event.type === 'step.failed') return change.failed(context, event);
      return event.type === 'step.deferred' ? change.deferred(context, event) : {};
    }),
    interrupt: assign(({ context, event }) => (event.type === 'step.interrupted' ? change.interrupted(context, event) : {})),
    noteDecision: assign(({ context, event }) => (event.type === 'approval.given' ? change.approvalGiven(context, event) : {})),
    noteCancel: assign(({ context, event }) => (event.type === 'cancel.requested' ? change.cancelRequested(context, event) : {})),
    awaitApproval: assign(({ context }) => {
      const expiresAt = context.facts['approval.require']?.['expiresAt'];
      return { wait: { for: 'approval' as const, wakeAt: null, deadline: typeof expiresAt === 'number' ? expiresAt : null } };
    }),
    expireApproval: assign({ approvalExpired: true, wait: null }),
    stopWaiting: assign({ wait: null }),
    /** The wait ended without what was waited for. */
    failWaiting: assign({ wait: null, ok: false }),
    nextBatch: assign({ batch: ({ context }) => context.batch + 1 }),
    noteCause: assign(({ context }) => ({ cause: context.cause ?? context.error })),
    conclude: assign(({ context }, params: { outcome: Outcome }) => change.concluded(context, params.outcome)),
    concludeCompleted: assign(({ context }) => change.concluded(context, context.changed ? 'completed' : 'unchanged')),
    concludeCancel: assign(({ context }) => change.concluded(context, change.cancellation(context))),
  },
});

/** Does work; whatever comes of it, goes on to `next`, usually the diamond that asks whether it passed. */
export const step = (box: Box | null, id: StepId, next: string, meta: EdgeMeta = {}) =>
  base.createStateConfig({
    meta: { kind: 'step', step: id, ...box },
    on: { 'step.passed': { target: next, actions: 'settle', meta }, 'step.failed': { target: next, actions: 'settle', meta } },
  });

/** Does work whose failure no chart draws: where it goes then, and the number that says so. */
export const stepOr = (box: Box | null, id: StepId, next: string, failed: string, why: string, meta: EdgeMeta = {}) =>
  base.createStateConfig({
    meta: { kind: 'step', step: id, ...box },
    on: { 'step.passed': { target: next, actions: 'settle', meta }, 'step.failed': { target: failed, actions: 'settle', meta: { extra: why } } },
  });

type DecisionGuard = 'ok' | 'imageValid' | 'approvalNeeded' | 'approved' | 'canRetryCopy' | 'targetKnown';

/** A diamond. It reads the context and never the event, so that both answers of a step lead to it. */
export const decision = (box: Box, guard: DecisionGuard, yes: string, no: string) =>
  base.createStateConfig({
    meta: { kind: 'decision', ...box },
    always: [{ guard, target: yes, meta: { answer: 'Yes' } }, { target: no, meta: { answer: 'No' } }],
  });

export const passage = (box: Box | null, next: string, meta: EdgeMeta = {}) => base.createStateConfig({ meta: { kind: 'passage', ...box }, always: { target: next, meta } });

/** Sets the outcome and goes on: the final state is known before anything is sent or cleaned up. */
export const concluding = (box: Box | null, outcome: Outcome, next: string, why: string) =>
  base.createStateConfig({
    meta: { kind: 'outcome', outcome, ...box },
    entry: { type: 'conclude', params: { outcome } },
    always: { target: next, meta: { extra: why } },
  });

/** The end of a chart inside another one. */
export const end = (box: Box | null) => base.createStateConfig({ type: 'final', meta: { kind: 'outcome', ...box } });

/** Waits until it is time to look again (`over`), or until waiting is given up (`expired`). */
export const waiting = (over: string, expired: string, why: string, onExpiry: 'failWaiting' | 'stopWaiting' = 'failWaiting') =>
  base.createStateConfig({
    meta: { kind: 'wait' },
    on: { 'wait.due': { target: over, actions: 'stopWaiting' }, 'wait.expired': { target: expired, actions: onExpiry, meta: { extra: why } } },
  });
