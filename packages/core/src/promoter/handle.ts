/**
 * The promotion object: drives in the background, or follows another process that does.
 * @module
 */
import { failure, type DavitError, type StoreError } from '../errors/index.js';
import type { JournalRecord } from '../journal/record.js';
import { replayAll } from '../journal/replay.js';
import type { Clock, Progress, PromotionStore } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { defaultLeaseMs, drive } from '../runner/driver.js';
import { readRecords } from '../runner/past.js';
import type { Environment } from '../steps/index.js';
import { awaitRest, type Rest } from './await-rest.js';
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
    for (let follows = joined; ; follows = true) {
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
      if (!isAnothers(ended.error, follows)) return err(ended.error);
      const rest = await awaitRest(store, id, { signal, stay, quiet: { ms: leaseMs ?? defaultLeaseMs, clock } });
      if (rest.isErr()) return err(rest.error);
      // Nothing was written for as long as a lease: where its process has died, this one goes on.
      if (rest.value.because !== 'quiet') return ok(reportOfRest(id, rest.value));
    }
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

/** Whether another process drives, and its end is what is asked for. */
const isAnothers = ({ code }: DavitError, follows: boolean): boolean => code === 'lease_lost' || (follows && code === 'lease_held');

/** A promotion that is only looked at. Its outcome is the one that other processes bring about. */
export function watched(store: PromotionStore, id: string): Promotion {
  return {
    id,
    joined: true,
    events: ({ from = 1, signal } = {}) => followPromotion(store, id, from, signal),
    onProgress: () => () => undefined,
    outcome: () => new ResultAsync(awaitRest(store, id)).mapErr((error): DavitError => error).map((rest) => reportOfRest(id, rest)),
  };
}

const reportOfRest = (id: string, { standing: { created, state, records } }: Rest): PromotionReport => reportOf(id, created, state, records);

export function readReport(store: PromotionStore, id: string): ResultAsync<PromotionReport, DavitError> {
  return readRecords(store, id)
    .andThen((records) => reportOfRecords(id, records))
    .mapErr((error): DavitError => error)
    .andThen((report) => (report === null ? err(failure('promotion_unknown', `there is no promotion ${id} in this store`, { promotion: id })) : ok(report)));
}

/** Null where there are none. */
export const reportOfRecords = (id: string, records: readonly JournalRecord[]): Result<PromotionReport | null, StoreError> =>
  records.length === 0 ? ok(null) : replayAll(records).map(({ created, state }) => reportOf(id, created, state, records));
