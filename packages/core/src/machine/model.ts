/**
 * What the machine reads and remembers: input, events and context. All of it is data that survives a journal.
 * @module
 */
import type { DavitError } from '../errors/index.js';
import type { Digest } from '../image/index.js';
import type { JsonObject } from '../json.js';
import type { ApprovalDecision } from '../ports/index.js';
import type { Outcome } from './outcome.js';
import type { StepId, WaitId } from './step-id.js';

/** One image of a release: several belong together when they are promoted as one. */
export interface ReleaseImage {
  readonly name: string;
  /** Repository in the staging registry, as `registry/repository`. */
  readonly source: string;
  /** The reference that the caller gave, for people. */
  readonly requested: string;
  /** Resolved once, when the promotion is created (G13). */
  readonly digest: Digest;
  /** Repository in the production registry. */
  readonly target: string;
  readonly tags: {
    /** Named once and for ever, such as the version. */
    readonly immutable: readonly string[];
    /** Moved to each release, such as `production`. */
    readonly channel: readonly string[];
  };
  /** The services that run it, on every host. */
  readonly services: readonly string[];
}

/** What the machine's guards ask of the policies. Fixed when the promotion is created. */
export interface MachinePolicy {
  /** Attempts in all, the first included (G1). */
  readonly copyMaxAttempts: number;
  readonly automaticRollback: boolean;
  /** Whether a rollback stops the services before it changes them (G10). */
  readonly stopFirst: boolean;
  /** Whether all checks of an image are made although one failed (R6). */
  readonly collectAll: boolean;
}

/** What a promotion begins with; the first record of its journal. */
export interface MachineInput {
  /** Version of the flow that this promotion was begun with. */
  readonly flow: number;
  readonly kind: 'promotion' | 'rollback';
  readonly release: readonly ReleaseImage[];
  /** Hosts in the order of their batches (G22). */
  readonly batches: readonly (readonly string[])[];
  readonly policy: MachinePolicy;
}

/** One start of a step: its nth visit, and the nth try of that visit. */
export interface Run {
  readonly step: StepId;
  readonly turn: number;
  readonly attempt: number;
}

export interface Wait {
  readonly for: WaitId;
  /** When to look again; milliseconds since 1970. Null: only when something happens. */
  readonly wakeAt: number | null;
  /** When waiting is over for good. Null: never. */
  readonly deadline: number | null;
}

export type InterruptReason = 'crash' | 'shutdown' | 'cancel' | 'lease_lost';

export type MachineEvent =
  | (Run & { readonly type: 'step.started'; readonly key: string; readonly before?: JsonObject })
  | { readonly type: 'step.passed'; readonly step: StepId; readonly facts: JsonObject; readonly changed?: boolean; readonly touched?: readonly string[] }
  | { readonly type: 'step.failed'; readonly step: StepId; readonly error: DavitError; readonly facts?: JsonObject; readonly touched?: readonly string[]; readonly retryAt?: number }
  | { readonly type: 'step.deferred'; readonly step: StepId; readonly wait: Wait }
  | { readonly type: 'step.interrupted'; readonly step: StepId; readonly reason: InterruptReason; readonly touched?: readonly string[] }
  | { readonly type: 'wait.due'; readonly wait: WaitId }
  | { readonly type: 'wait.expired'; readonly wait: WaitId }
  | ({ readonly type: 'approval.given' } & ApprovalDecision)
  | { readonly type: 'cancel.requested'; readonly by: string; readonly knownBy: string; readonly reason: 'user' | 'superseded' };

export type MachineEventType = MachineEvent['type'];

export interface Context extends MachineInput {
  /** The step that was started and has not reported. */
  readonly running: Run | null;
  /** The last start of the present visit, and how often its process died. */
  readonly unsettled: (Run & { readonly crashes: number }) | null;
  readonly turns: Readonly<Partial<Record<StepId, number>>>;
  /** Whether the last step passed; what a diamond reads. */
  readonly ok: boolean;
  /** What each step reported last. */
  readonly facts: Readonly<Partial<Record<StepId, JsonObject>>>;
  /** What each step saw before its very first start: undoing goes back to this (a later look may see our own change). */
  readonly before: Readonly<Partial<Record<StepId, JsonObject>>>;
  readonly error: DavitError | null;
  /** The error that took the promotion off its way. */
  readonly cause: DavitError | null;
  /** The last error when the outcome was set; where a rollback failed, why it did. */
  readonly endError: DavitError | null;
  /** Checks of the image that failed. */
  readonly failedChecks: readonly StepId[];
  readonly wait: Wait | null;
  readonly copyFailures: number;
  readonly decisions: readonly ApprovalDecision[];
  readonly decisionsSeen: number;
  readonly approvalExpired: boolean;
  readonly cancel: { readonly by: string; readonly reason: 'user' | 'superseded' } | null;
  readonly batch: number;
  /** Hosts that are not as they were. */
  readonly touched: readonly string[];
  /** Hosts that a step may have changed before it was cut short. */
  readonly suspect: readonly string[];
  /** Whether channel tags may name the new image. */
  readonly tagsTouched: boolean;
  /** Whether anything was changed anywhere. */
  readonly changed: boolean;
  /** A compensation (tags put back) that failed; stands beside the outcome. */
  readonly compensationFailed: DavitError | null;
  readonly outcome: Outcome | null;
}
