/**
 * The promotion object: drives in the background, or follows another process that does.
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { replayAll } from '../journal/replay.js';
import type { Clock, Progress, PromotionStore } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { drive } from '../runner/driver.js';
import { readRecords } from '../runner/past.js';
import type { Environment } from '../steps/index.js';
import { followPromotion } from './follow.js';
import type { Promotion } from './promotion.js';
import { reportOf, type PromotionReport } from './report.js';
import type { DriveRequest } from './requests.js';

interface HandleOptions extends DriveRequest {
  readonly store: PromotionStore;
  readonly id: string;
  readonly joined: boolean;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly leaseMs: number | undefined;
}

/** A promotion that this process drives. One that another process drives already is followed instead, where it was joined. */
export function driven(options: HandleOptions): Promotion {
  const listeners = new Set<(step: string, progress: Progress) => void>();
  const { store, id, environment, clock, leaseMs, stay, signal, joined } = options;
  const run = async (): Promise<Result<PromotionReport, DavitError>> => {
    const ended = await drive({
      store,
      id,
      environment,
      clock,
      owner: store.newOwner(),
      ...(leaseMs === undefined ? {} : { leaseMs }),
      ...(stay === undefined ? {} : { stay }),
      ...(signal === undefined ? {} : { signal }),
      onProgress: (step, progress) => {
        for (const listener of listeners) listener(step, progress);
      },
    });
    if (ended.isOk()) {
      const { journal } = ended.value;
      return ok(reportOf(id, journal.created, journal.state, journal.records));
    }
    const followed = ended.error.code === 'lease_lost' || (joined && ended.error.code === 'lease_held');
    return followed ? followToRest(store, id, signal) : err(ended.error);
  };
  const outcome = run();
  return {
    id,
    joined,
    events: ({ from = 1, signal: until } = {}) => followPromotion(store, id, from, until),
    onProgress: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    outcome: () => new ResultAsync(outcome),
  };
}

/** A promotion that is only looked at. Its outcome is the one that other processes bring about. */
export function watched(store: PromotionStore, id: string): Promotion {
  return {
    id,
    joined: true,
    events: ({ from = 1, signal } = {}) => followPromotion(store, id, from, signal),
    onProgress: () => () => undefined,
    outcome: () => new ResultAsync(followToRest(store, id, undefined)),
  };
}

/** Waits until the promotion ends or rests at a wait that only a person ends. */
async function followToRest(store: PromotionStore, id: string, signal: AbortSignal | undefined): Promise<Result<PromotionReport, DavitError>> {
  const stop = new AbortController();
  const interrupt = (): void => {
    stop.abort();
  };
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    for await (const record of followPromotion(store, id, 1, stop.signal)) {
      if (record.isErr()) return err(record.error);
      // Only the newest record says where it stands; older ones are history.
      const report = await readReport(store, id);
      if (report.isErr()) return err(report.error);
      if (report.value.outcome !== null || report.value.waitingFor?.for === 'approval') return ok(report.value);
    }
    return await readReport(store, id);
  } finally {
    stop.abort();
    signal?.removeEventListener('abort', interrupt);
  }
}

export function readReport(store: PromotionStore, id: string): ResultAsync<PromotionReport, DavitError> {
  return readRecords(store, id).mapErr((error): DavitError => error).andThen((records): Result<PromotionReport, DavitError> => {
    if (records.length === 0) return err(failure('promotion_unknown', `there is no promotion ${id} in this store`, { promotion: id }));
    return replayAll(records).map(({ created, state }) => reportOf(id, created, state, records));
  });
}
