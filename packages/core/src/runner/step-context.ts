/**
 * Puts together what a step may use, out of what the driver has.
 * @module
 */
import type { DavitError } from '../errors/index.js';
import { freeHold, takeHold } from '../journal/environment-journal.js';
import type { PromotionJournal } from '../journal/promotion-journal.js';
import type { PromotionState, Run } from '../machine/index.js';
import { watched, type Clock, type HostRelease, type Progress, type PromotionStore, type ServiceState } from '../ports/index.js';
import { ResultAsync } from '../result.js';
import type { Environment, StepContext } from '../steps/index.js';
import type { Deliveries } from './deliveries.js';
import type { MayAct } from './guarded-ports.js';
import type { HostLocks } from './host-locks.js';
import { isOver, readPast } from './past.js';

export interface StepMeans {
  readonly store: PromotionStore;
  readonly journal: PromotionJournal;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly owner: string;
  readonly locks: HostLocks;
  readonly deliveries: Deliveries;
  readonly onProgress: ((step: string, progress: Progress) => void) | undefined;
  /** Whether this process still drives. */
  readonly drives: () => boolean;
  readonly mayAct: MayAct;
}

export function stepContext(means: StepMeans, state: PromotionState, run: Run, signal: AbortSignal): StepContext {
  const { store, journal, environment, clock, owner, locks, deliveries } = means;
  const { id, created } = journal;
  const call = watched({ signal, progress: (now: Progress) => means.onProgress?.(run.step, now) });
  // Also freed only by who drives: another process may have taken the promotion over, and rely on its hold.
  const mayAct = (): ResultAsync<void, DavitError> => new ResultAsync(means.mayAct(signal));
  const hold = { store, environment: created.environment, promotion: id, actor: owner, mayAct };
  const trigger = (): Readonly<Record<string, unknown>> => journal.state.context.facts['deployment.trigger'] ?? {};
  return {
    id,
    created,
    context: state.context,
    release: created.release,
    run,
    environment,
    clock,
    call,
    hostCall: (host) => locks.call(host, signal, call.progress),
    // A note that cannot be written is told by the step's own record, which then cannot be written either.
    note: async (type, data) => void (await journal.note(type, data, owner, means.drives)),
    hold: {
      take: () => takeHold({ ...hold, now: clock.now(), isOver: (other) => isOver(store, other) }),
      free: () => freeHold({ ...hold, now: clock.now() }),
    },
    previousOn: (host) => (trigger()['previous'] as Record<string, { release: HostRelease | null }> | undefined)?.[host]?.release ?? null,
    runningOn: (host) => runningRelease((trigger()['runs'] as Record<string, { services: readonly ServiceState[] }> | undefined)?.[host]?.services),
    past: () => readPast(store, created.environment),
    deliver: () => deliveries.flush(signal),
    releaseLocks: () => locks.release(),
  };
}

function runningRelease(services: readonly ServiceState[] | undefined): HostRelease | null {
  if (services === undefined || services.some(({ image, state }) => image === undefined || state === 'absent')) return null;
  return { services: services.map(({ service, image }) => ({ service, image: image as string })) };
}
