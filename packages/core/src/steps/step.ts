/**
 * A step: what a state of the machine has done in the world. One file a family, all in the table of `index.ts`.
 *
 * A step may run twice although it is asked for once: a process can die between the effect and the record of it. So each
 * step looks first (`observe`), and does only what is left. What it saw before its very first start is kept in the
 * journal, because a later look may see our own change.
 * @module
 */
import { failure, type DavitError, type StoreError } from '../errors/index.js';
import type { JsonObject } from '../json.js';
import type { Created } from '../journal/created.js';
import type { Context, ReleaseImage, Run, StepId, Wait } from '../machine/index.js';
import type { Call, Clock, HostCall, HostRelease } from '../ports/index.js';
import type { ResultAsync } from '../result.js';
import type { Environment } from './environment.js';

/** What a step reports. Facts are small, without secrets, and by image or by host where it matters. */
export type StepReport =
  | { readonly result: 'passed'; readonly facts: JsonObject; readonly changed?: boolean; readonly touched?: readonly string[] }
  | { readonly result: 'failed'; readonly error: DavitError; readonly facts?: JsonObject; readonly touched?: readonly string[]; readonly retryAt?: number }
  | { readonly result: 'deferred'; readonly wait: Wait };

export interface Observation {
  /** Kept in `step.started`: what undoing needs. */
  readonly before?: JsonObject;
  /** All is as wanted already: the step passes with this, and nothing is done. */
  readonly done?: StepReport;
}

/** Everything a step may use. */
export interface StepContext {
  readonly id: string;
  readonly created: Created;
  readonly context: Readonly<Context>;
  readonly release: readonly ReleaseImage[];
  readonly run: Run;
  readonly environment: Environment;
  readonly clock: Clock;
  /** For calls that read. */
  readonly call: Call;
  /** For calls that change a host: takes the host's lock first, once for the process. */
  readonly hostCall: (host: string) => ResultAsync<HostCall, DavitError>;
  /** Writes down something worth keeping while the step runs. */
  readonly note: (type: 'note.host' | 'note.warning', data: object) => Promise<void>;
  readonly hold: {
    take(): ResultAsync<void, DavitError>;
    free(): ResultAsync<void, DavitError>;
  };
  /** The release that this promotion replaces on a host, as it was before anything was changed; null where none ran. */
  readonly previousOn: (host: string) => HostRelease | null;
  /** What ran on a host when the deployment was triggered; null where not every service did. */
  readonly runningOn: (host: string) => HostRelease | null;
  /** Other ended promotions of the environment, newest first: for rollback targets and quarantine. Damaged journals are named. */
  readonly past: () => ResultAsync<{ readonly promotions: readonly PastPromotion[]; readonly unreadable: readonly { readonly id: string; readonly error: StoreError }[] }, StoreError>;
  /** Gives every notice that is due to its notifier, and waits for the answers. */
  readonly deliver: () => Promise<void>;
  readonly releaseLocks: () => Promise<void>;
}

/** What outlives a promotion, folded from its journal. */
export interface PastPromotion {
  readonly id: string;
  readonly kind: 'promotion' | 'rollback';
  readonly outcome: string | null;
  readonly endedAt: number;
  readonly release: readonly ReleaseImage[];
  /** Hosts were changed, whatever became of that. */
  readonly hostsChanged: boolean;
  /** The image proved unhealthy in this environment. */
  readonly quarantined: boolean;
}

export interface Step {
  readonly id: StepId;
  /** The runner ends the step after this time and reports `step_timeout`. Milliseconds; default: 30 minutes. */
  readonly timeoutMs?: number;
  readonly observe?: (c: StepContext) => ResultAsync<Observation, DavitError>;
  readonly perform: (c: StepContext) => Promise<StepReport>;
}

export const passed = (facts: JsonObject = {}, more: { readonly changed?: boolean; readonly touched?: readonly string[] } = {}): StepReport => ({ result: 'passed', facts, ...more });

export const failed = (error: DavitError, more: { readonly facts?: JsonObject; readonly touched?: readonly string[]; readonly retryAt?: number } = {}): StepReport => ({ result: 'failed', error, ...more });

/** Whether the step was told to stop so that it is begun again later; false where only its own time is over. */
export const toldToStop = ({ call }: StepContext): boolean => call.signal.aborted && call.signal.reason !== 'timeout';

/** For a step that would otherwise report what it did not get to as a warning, or as not needed. */
export const interrupted = ({ run }: StepContext): StepReport => failed(failure('interrupted', `${run.step} was interrupted before everything was done`, { step: run.step }));
