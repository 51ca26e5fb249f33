/**
 * The machine itself, for those who want to draw or inspect it (subpath `@davit/core/machine`). Its XState type may change
 * with any release; what promotes images is `createPromoter`.
 * @module
 */
import type { AnyStateMachine } from 'xstate';
import { machine as typed } from './promotion.js';

/** Any state machine: XState's inferred type stays out of the declarations. */
export const machine: AnyStateMachine = typed;
export { charts, type BoxId, type Chart, type EdgeMeta, type StateKind, type StateMeta } from './box.js';
export { mermaid, statesPage } from './diagram.js';
export { boxIn, entryBox, project, stateNodes, transitionsOf, type ExtraEdge, type MachineTransition, type ProjectedBox, type ProjectedEdge, type Projection } from './projection.js';
export { apply, begin, currentFlow, nextRun, type PromotionState } from './reduce.js';
export { exitCodeOf, isOutcome, outcomes, type Outcome, type Status } from './outcome.js';
export { stepIds, waitIds, type StepId, type WaitId } from './step-id.js';
export type { Context, InterruptReason, MachineEvent, MachineEventType, MachineInput, MachinePolicy, ReleaseImage, Run, Wait } from './model.js';
