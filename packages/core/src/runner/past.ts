/**
 * What outlives promotions: the environment's past, folded from the journals of the promotions that ended. There is no
 * second table that could disagree with them.
 * @module
 */
import { replayAll } from '../journal/replay.js';
import { decodeRecord, type JournalRecord } from '../journal/record.js';
import type { StoreError } from '../errors/index.js';
import type { PromotionStore } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import type { PastPromotion } from '../steps/index.js';

/** The records of one promotion, checked. */
export function readRecords(store: PromotionStore, id: string): ResultAsync<readonly JournalRecord[], StoreError> {
  return store.read({ kind: 'promotion', id }, 1).andThen((stored) => {
    const records: JournalRecord[] = [];
    for (const item of stored) {
      const record = decodeRecord(item, { kind: 'promotion', id }, records.at(-1)?.hash ?? '');
      if (record.isErr()) return err<readonly JournalRecord[], StoreError>(record.error);
      records.push(record.value);
    }
    return ok<readonly JournalRecord[], StoreError>(records);
  });
}

/** The ended promotions of an environment, newest first. */
export function readPast(store: PromotionStore, environment: string): ResultAsync<readonly PastPromotion[], StoreError> {
  const read = async (): Promise<Result<readonly PastPromotion[], StoreError>> => {
    const ids = await store.list();
    if (ids.isErr()) return err(ids.error);
    const past: PastPromotion[] = [];
    for (const id of ids.value) {
      const records = await readRecords(store, id);
      if (records.isErr()) return err(records.error);
      const [first] = records.value;
      if (first === undefined || first.data['environment'] !== environment) continue;
      const replay = replayAll(records.value);
      if (replay.isErr()) return err(replay.error);
      const { state, created } = replay.value;
      if (state.outcome === null) continue;
      past.push({
        id,
        kind: created.kind,
        outcome: state.outcome,
        endedAt: records.value.at(-1)?.at ?? 0,
        release: created.release,
        hostsChanged: state.context.touched.length > 0,
        quarantined: state.context.turns['deployment.markUnhealthy'] !== undefined,
      });
    }
    return ok(past.sort((a, b) => b.endedAt - a.endedAt || (a.id < b.id ? 1 : -1)));
  };
  return new ResultAsync(read());
}

export function isOver(store: PromotionStore, id: string): ResultAsync<boolean, StoreError> {
  return readRecords(store, id).andThen((records) => (records.length === 0 ? ok(true) : replayAll(records).map(({ state }) => state.over)));
}
