/**
 * Walks through the machine: which events a state can meet, and every simple path to an end.
 *
 * A step offers failure only where the answer matters. A state's identity is where it stands and the few facts that
 * guards read: the place alone would make paths look alike that end differently.
 */
import { failure, type DavitError } from '../../src/errors/index.js';
import { apply, begin, nextRun, type MachineEvent, type MachineInput, type PromotionState, type StepId } from '../../src/machine/index.js';

/** Which events are offered besides the answers of steps. */
export interface Offer {
  readonly cancel?: boolean;
  readonly defer?: boolean;
  readonly interrupt?: boolean;
  readonly planChange?: boolean;
}

/** What happens next: a step's answer (its start goes before it), or something from outside. */
export type Move = MachineEvent & { readonly type: Exclude<MachineEvent['type'], 'step.started'> };

const sameEitherWay: ReadonlySet<StepId> = new Set<StepId>([
  'validation.log', 'registry.restore', 'deployment.markUnhealthy', 'promotion.complete', 'rollback.trigger', 'rollback.forceStop', 'rollback.tags', 'rollback.log', 'rollback.notify', 'promotion.close',
]);

export const scriptedError = (step: StepId, retryable = false): DavitError => failure('adapter_fault', `${step} was told to fail`, { step, retryable });

/** The answers that a step can give here. */
export function answersOf(state: PromotionState, offer: Offer): readonly Move[] {
  const step = state.step as StepId;
  const hosts = state.context.batches[state.context.batch] ?? [];
  const passed = (facts = {}, more = {}): Move => ({ type: 'step.passed', step, facts, ...more });
  const failed = (more = {}, retryable = false): Move => ({ type: 'step.failed', step, error: scriptedError(step, retryable), ...more });
  const interrupted: readonly Move[] = offer.interrupt === true ? [{ type: 'step.interrupted', step, reason: 'crash' }] : [];
  const deferred = (wait: 'queue' | 'hold' | 'hostLock'): readonly Move[] => (offer.defer === true ? [{ type: 'step.deferred', step, wait: { for: wait, wakeAt: 1, deadline: 2 } }] : []);
  const answers = (): readonly Move[] => {
    switch (step) {
      case 'approval.require':
        return [passed({ needed: true, expiresAt: 10 ** 14, planHash: 'plan' }), passed({ needed: false, expiresAt: null, planHash: 'plan' }), failed()];
      case 'approval.evaluate':
        return [passed({ verdict: 'approved' }), passed({ verdict: 'rejected' }), failed(), ...(offer.defer === true ? [{ type: 'step.deferred' as const, step, wait: { for: 'approval' as const, wakeAt: null, deadline: null } }] : [])];
      case 'image.copy':
        return [passed({}, { changed: true }), failed({ retryAt: 1 }, true), failed()];
      case 'promotion.start':
        return [passed(), failed(), ...deferred('queue')];
      case 'promotion.proceed':
        return [passed(), failed(), ...deferred('hold'), ...(offer.planChange === true ? [{ type: 'step.failed' as const, step, error: failure('plan_changed', 'the plan changed') }] : [])];
      case 'deployment.trigger':
        return [passed({ ran: true }), passed({ ran: false }), failed(), ...deferred('hostLock')];
      case 'deployment.update':
        return [passed({}, { touched: hosts }), failed({ touched: [] }), failed()];
      case 'deployment.restart':
        return [passed({}, { touched: hosts }), failed({ touched: hosts })];
      default:
        return sameEitherWay.has(step) && state.context.kind === 'promotion' ? [passed()] : [passed(), failed()];
    }
  };
  return [...answers(), ...interrupted];
}

export function movesOf(state: PromotionState, offer: Offer): readonly Move[] {
  const moves: Move[] = [];
  if (state.step !== null) moves.push(...answersOf(state, offer));
  if (state.wait?.for === 'approval') {
    moves.push({ type: 'approval.given', by: 'ann', knownBy: 'test', decision: 'approve', planHash: 'plan', at: 1 }, { type: 'wait.expired', wait: 'approval' });
  } else if (state.wait !== null) {
    moves.push({ type: 'wait.due', wait: state.wait.for });
    if (state.wait.deadline !== null) moves.push({ type: 'wait.expired', wait: state.wait.for });
  }
  if (offer.cancel === true && state.cancellable && state.context.cancel === null) moves.push({ type: 'cancel.requested', by: 'ann', knownBy: 'test', reason: 'user' });
  return moves;
}

/** One move further; a step's answer is preceded by its start. */
export function move(state: PromotionState, next: Move): PromotionState {
  const started = next.type.startsWith('step.') ? must(apply(state, { type: 'step.started', ...(nextRun(state) as NonNullable<ReturnType<typeof nextRun>>), key: 'key' })) : state;
  return must(apply(started, next));
}

function must(result: ReturnType<typeof apply>): PromotionState {
  if (result.isErr()) throw new Error(result.error.message);
  return result.value;
}

export function identityOf(state: PromotionState): string {
  const { context: c } = state;
  return JSON.stringify([
    state.step, state.wait, state.box, state.outcome, state.over,
    c.ok, c.copyFailures, c.failedChecks, c.decisions.length > c.decisionsSeen, c.approvalExpired, c.facts['approval.require']?.['needed'], c.facts['approval.evaluate']?.['verdict'],
    c.cancel, c.batch, c.touched, c.suspect, c.tagsTouched, c.changed, c.facts['deployment.trigger']?.['ran'], c.error?.retryable, c.compensationFailed !== null,
  ]);
}

/** Every path without a repeated state, from the beginning to an end, depth first. */
export function* simplePaths(input: MachineInput, offer: Offer = {}): Generator<Walk> {
  const seen = new Set<string>();
  const path: Move[] = [];
  function* walk(state: PromotionState): Generator<Walk> {
    if (state.over) {
      yield { path: [...path], end: state };
      return;
    }
    const identity = identityOf(state);
    if (seen.has(identity)) return;
    seen.add(identity);
    for (const next of movesOf(state, offer)) {
      path.push(next);
      yield* walk(move(state, next));
      path.pop();
    }
    seen.delete(identity);
  }
  yield* walk(begin(input));
}

/** A way through the machine and where it ends. */
export interface Walk {
  readonly path: readonly Move[];
  readonly end: PromotionState;
}

/** Few paths that together take every move from every state that can be reached: for offers too rich for all simple paths. */
export function* coveringPaths(input: MachineInput, offer: Offer): Generator<Walk> {
  const start: Walk = { path: [], end: begin(input) };
  const seen = new Set([identityOf(start.end)]);
  const queue = [start];
  const ways = new Map<string, Walk>();
  for (const here of queue) {
    for (const next of movesOf(here.end, offer)) {
      const state = move(here.end, next);
      const path = [...here.path, next];
      const identity = identityOf(state);
      if (!seen.has(identity)) {
        seen.add(identity);
        queue.push({ path, end: state });
      }
      const way = ways.get(identity) ?? wayToEnd(state);
      ways.set(identity, way);
      yield { path: [...path, ...way.path], end: way.end };
    }
  }
}

/** The plainest way to an end: passing, approving, and never asking for more. */
function wayToEnd(from: PromotionState): Walk {
  const path: Move[] = [];
  let state = from;
  while (!state.over) {
    const [first] = movesOf(state, {});
    if (first === undefined) throw new Error(`no way on from ${String(state.box)}`);
    path.push(first);
    state = move(state, first);
    if (path.length > 200) throw new Error('the way to the end does not end');
  }
  return { path, end: state };
}
