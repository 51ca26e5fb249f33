/**
 * A promotion's records, live, checked one by one.
 * @module
 */
import type { StoreError } from '../errors/index.js';
import { decodeRecord, type JournalRecord } from '../journal/record.js';
import { replayFirst, replayNext, type Replay } from '../journal/replay.js';
import { linkedSignal } from '../policy/linked-signal.js';
import type { PromotionStore } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';

/** Follows a promotion to its end. The whole chain is read, so that what is given from the middle on is checked as well. */
export async function* followPromotion(store: PromotionStore, id: string, from: number, signal?: AbortSignal): AsyncGenerator<Result<JournalRecord, StoreError>> {
  if (signal?.aborted === true) return;
  const ended = linkedSignal(signal);
  let prev = '';
  let replay: Replay | undefined;
  try {
    for await (const stored of store.follow({ kind: 'promotion', id }, 1, ended.signal)) {
      const next = stored.andThen((item) => decodeRecord(item, { kind: 'promotion', id }, prev)).andThen((record) => (replay === undefined ? replayFirst(record) : replayNext(replay, record)).map((so) => ({ record, so })));
      if (next.isErr()) {
        yield err(next.error);
        return;
      }
      const { record, so } = next.value;
      prev = record.hash;
      replay = so;
      if (record.seq >= from) yield ok(record);
      if (so.state.over) return;
    }
  } finally {
    ended.end();
  }
}
