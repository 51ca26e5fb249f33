/**
 * Waits for a promotion that another process drives: until it has ended, or rests at a wait where no process need be.
 * @module
 */
import type { StoreError } from '../errors/index.js';
import { replayAll, type Replay } from '../journal/replay.js';
import type { JournalRecord } from '../journal/record.js';
import type { PromotionState } from '../machine/index.js';
import { linkedSignal } from '../policy/linked-signal.js';
import type { Clock, PromotionStore } from '../ports/index.js';
import { err, ok, type Result, type ResultAsync } from '../result.js';
import { mayEndAt } from '../runner/driver.js';
import { readRecords } from '../runner/past.js';
import { followPromotion } from './follow.js';

export interface AwaitRestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Wait on where the promotion waits for an approval, a window or a hold. Default: false. */
  readonly stay?: boolean | undefined;
  /** Give up with `quiet` where nothing was written for so long: its process may be dead. Default: wait for ever. */
  readonly quiet?: { readonly ms: number; readonly clock: Clock };
}

/** Where the promotion stood when the waiting ended: what it is judged by, for the next moment it may have gone on. */
export interface Rest {
  /** `stopped`: the signal fired. */
  readonly because: 'rests' | 'quiet' | 'stopped';
  readonly standing: Standing;
}

interface Standing extends Replay {
  readonly records: readonly JournalRecord[];
}

export async function awaitRest(store: PromotionStore, id: string, options: AwaitRestOptions = {}): Promise<Result<Rest, StoreError>> {
  const { signal, stay, quiet } = options;
  const ended = (because: Rest['because']): ResultAsync<Rest, StoreError> => standingOf(store, id).map((standing) => ({ because, standing }));
  if (signal?.aborted === true) return ended('stopped');
  const stop = linkedSignal(signal);
  let seen = 0;
  let isQuiet = false;
  const listen = async ({ ms, clock }: { readonly ms: number; readonly clock: Clock }): Promise<void> => {
    for (let before = -1; before !== seen; ) {
      before = seen;
      await clock.sleep(ms, stop.signal);
    }
    isQuiet = !stop.signal.aborted;
    stop.end();
  };
  try {
    const first = await standingOf(store, id);
    if (first.isErr()) return err(first.error);
    if (rests(first.value.state, stay === true)) return ok({ because: 'rests', standing: first.value });
    if (quiet !== undefined) void listen(quiet);
    for await (const record of followPromotion(store, id, first.value.records.length + 1, stop.signal)) {
      if (record.isErr()) return err(record.error);
      seen += 1;
      const now = await standingOf(store, id);
      if (now.isErr()) return err(now.error);
      // Where it rested once it may have gone on since: only the newest record says where it stands.
      if (now.value.records.length === record.value.seq && rests(now.value.state, stay === true)) return ok({ because: 'rests', standing: now.value });
    }
    // It ends with the promotion, too.
    return await ended(isQuiet ? 'quiet' : stop.signal.aborted ? 'stopped' : 'rests');
  } finally {
    stop.end();
  }
}

const standingOf = (store: PromotionStore, id: string): ResultAsync<Standing, StoreError> =>
  readRecords(store, id).andThen((records) => replayAll(records).map((replay) => ({ ...replay, records })));

const rests = ({ over, wait }: PromotionState, stay: boolean): boolean => over || (!stay && wait !== null && mayEndAt.has(wait.for));
