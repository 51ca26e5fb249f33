/**
 * The machine behind a plain-data face: begin, apply, nextRun over an opaque state. No type of XState leaves this file,
 * so neither its strict-flag trouble nor its next major version reaches anybody who imports Davit.
 * @module
 */
import { getInitialMicrosteps, getMicrosteps, type SnapshotFrom } from 'xstate';
import { failure, type DavitError } from '../errors/index.js';
import { err, ok, type Result } from '../result.js';
import type { BoxId, StateMeta } from './box.js';
import type { Context, MachineEvent, MachineInput, Run, Wait } from './model.js';
import { outcomes, type Outcome, type Status } from './outcome.js';
import { machine } from './promotion.js';
import type { StepId } from './step-id.js';

declare const hidden: unique symbol;

/** Where a promotion stands. Made by {@link begin} and {@link apply} only. */
export interface PromotionState {
  /** The step to run now; null at a wait and at the end. */
  readonly step: StepId | null;
  /** What is waited for; null while there is a step to run and at the end. */
  readonly wait: Wait | null;
  /** The innermost box of the specification. */
  readonly box: BoxId | null;
  readonly status: Status;
  readonly outcome: Outcome | null;
  /** Nothing more will happen. */
  readonly over: boolean;
  /** Whether a cancel still changes anything. */
  readonly cancellable: boolean;
  readonly context: Readonly<Context>;
  /** The boxes that the last event walked, in order, decisions included. */
  readonly trail: readonly BoxId[];
  readonly [hidden]: unknown;
}

type Snapshot = SnapshotFrom<typeof machine>;
type Microsteps = readonly (readonly [Snapshot, unknown])[];

const snapshots = new WeakMap<PromotionState, Snapshot>();
const metaOf = (node: { readonly meta?: unknown }): StateMeta | undefined => node.meta as StateMeta | undefined;

/** The version of the flow that promotions begin with now. Raised by every new or moved step. */
export const currentFlow = 1;

/** The state of a promotion that has just been created. */
export function begin(input: MachineInput): PromotionState {
  return view(getInitialMicrosteps(machine, input), undefined);
}

/** One event further. An event that this state does not know means a broken journal and is never skipped in silence. */
export function apply(state: PromotionState, event: MachineEvent): Result<PromotionState, DavitError<'journal_diverged'>> {
  const snapshot = snapshots.get(state);
  if (snapshot === undefined) return diverged(event, 'a state that was not made here');
  const { running } = state.context;
  if ('step' in event && event.step !== state.step) return diverged(event, `${event.step} is told of, but ${state.step ?? state.wait?.for ?? 'nothing'} is due`);
  if ((event.type === 'step.passed' || event.type === 'step.failed' || event.type === 'step.deferred' || event.type === 'step.interrupted') && running === null) return diverged(event, `${event.step} reports without having been started`);
  if (event.type === 'step.started' && running !== null) return diverged(event, `${event.step} is started while it runs`);
  if ((event.type === 'wait.due' || event.type === 'wait.expired') && event.wait !== state.wait?.for) return diverged(event, `${event.wait} is told of, but ${state.wait?.for ?? 'nothing'} is waited for`);
  const steps = getMicrosteps(machine, snapshot, event) as unknown as Microsteps;
  const last = steps.at(-1)?.[0];
  if (last === undefined || last === snapshot) {
    // Requests may come late; everything else must fit.
    return state.over || event.type === 'cancel.requested' || event.type === 'approval.given' ? ok(withTrail(state, snapshot)) : diverged(event, `nothing awaits it at ${state.box ?? 'the start'}`);
  }
  if (last.status === 'error') return diverged(event, `the machine failed: ${String(last.error)}`);
  return ok(view(steps, snapshot));
}

/** Which run of its step is next: a further attempt of the same visit, or the first of a new one. */
export function nextRun(state: PromotionState): Run | null {
  const { step, context } = state;
  if (step === null) return null;
  const { unsettled } = context;
  return unsettled?.step === step ? { step, turn: unsettled.turn, attempt: unsettled.attempt + 1 } : { step, turn: (context.turns[step] ?? 0) + 1, attempt: 1 };
}

function diverged(event: MachineEvent, why: string): Result<never, DavitError<'journal_diverged'>> {
  return err(failure('journal_diverged', `the journal does not fit the machine: ${event.type}: ${why}`, { ...('step' in event ? { step: event.step } : {}) }));
}

function view(steps: Microsteps, before: Snapshot | undefined): PromotionState {
  const snapshot = (steps.at(-1) as readonly [Snapshot, unknown])[0];
  if (snapshot.status === 'error') throw snapshot.error;
  return remember(snapshot, trailOf(steps, before));
}

const withTrail = (state: PromotionState, snapshot: Snapshot): PromotionState => (state.trail.length === 0 ? state : remember(snapshot, []));

/** Boxes that were entered, step by step. A box is entered when the state before was not in it. */
function trailOf(steps: Microsteps, before: Snapshot | undefined): readonly BoxId[] {
  const trail: BoxId[] = [];
  let last = new Set(before === undefined ? [] : boxesOf(before));
  for (const [snapshot] of steps) {
    const now = boxesOf(snapshot);
    for (const box of now) if (!last.has(box)) trail.push(box);
    last = new Set(now);
  }
  return trail;
}

function boxesOf(snapshot: Snapshot): readonly BoxId[] {
  return [...snapshot._nodes].sort((a, b) => a.order - b.order).flatMap((node) => metaOf(node)?.box ?? []);
}

function remember(snapshot: Snapshot, trail: readonly BoxId[]): PromotionState {
  let step: StepId | null = null;
  let waits = false;
  let box: BoxId | null = null;
  let region = '';
  for (const node of [...snapshot._nodes].sort((a, b) => a.path.length - b.path.length)) {
    const meta = metaOf(node);
    step = meta?.step ?? step;
    waits = meta?.kind === 'wait';
    box = meta?.box ?? box;
    if (node.path.length === 1) region = node.key;
  }
  const { context } = snapshot;
  const over = snapshot.status === 'done';
  const state = {
    step: over || waits ? null : step,
    wait: waits ? context.wait : null,
    box,
    status: context.outcome === null ? (snapshot.hasTag('pending') ? 'pending' : 'in_progress') : outcomes[context.outcome].status,
    outcome: context.outcome,
    over,
    cancellable: context.outcome === null && (region === 'preparing' || region === 'publishing' || region === 'producing'),
    context,
    trail,
  } as unknown as PromotionState;
  snapshots.set(state, snapshot);
  return state;
}
