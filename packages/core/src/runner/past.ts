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

/** What is known of an environment's promotions. */
export interface Past {
  /** Those that ended, newest first. */
  readonly promotions: readonly PastPromotion[];
  /** Those whose journal is damaged, newest first. They belong to the environment, or cannot even say to which. */
  readonly unreadable: readonly UnreadablePromotion[];
}

/** A promotion whose journal cannot be read; the others go on without it. */
export interface UnreadablePromotion {
  readonly id: string;
  readonly error: StoreError;
}

/**
 * Faults of one journal alone. A journal of a newer version is none: whoever does not know what was promoted last must not
 * go on as if it had not been.
 */
export const isDamage = ({ code }: StoreError): boolean => code === 'journal_tampered' || code === 'journal_diverged';

/** The past of an environment. A damaged journal does not keep the others from being used; it is named. */
export function readPast(store: PromotionStore, environment: string): ResultAsync<Past, StoreError> {
  const read = async (): Promise<Result<Past, StoreError>> => {
    const ids = await store.list();
    if (ids.isErr()) return err(ids.error);
    const promotions: PastPromotion[] = [];
    const unreadable: UnreadablePromotion[] = [];
    for (const id of ids.value) {
      const found = await pastOf(store, id, environment);
      if (found.isOk() && found.value !== null) promotions.push(found.value);
      if (found.isErr() && !isDamage(found.error)) return err(found.error);
      if (found.isErr() && (await mayBelongTo(store, id, environment))) unreadable.unshift({ id, error: found.error });
    }
    return ok({ promotions: promotions.sort((a, b) => b.endedAt - a.endedAt || (a.id < b.id ? 1 : -1)), unreadable });
  };
  return new ResultAsync(read());
}

/** Null: it has not ended, or was for another environment. */
async function pastOf(store: PromotionStore, id: string, environment: string): Promise<Result<PastPromotion | null, StoreError>> {
  const records = await readRecords(store, id);
  if (records.isErr()) return err(records.error);
  const [first] = records.value;
  if (first === undefined || first.data['environment'] !== environment) return ok(null);
  return replayAll(records.value).map(({ state, created }) =>
    state.outcome === null
      ? null
      : {
          id,
          kind: created.kind,
          outcome: state.outcome,
          endedAt: records.value.at(-1)?.at ?? 0,
          release: created.release,
          hostsChanged: state.context.touched.length > 0,
          quarantined: state.context.turns['deployment.markUnhealthy'] !== undefined,
        },
  );
}

/** Whether the damage is such that nobody can say that the promotion was for another environment. */
async function mayBelongTo(store: PromotionStore, id: string, environment: string): Promise<boolean> {
  const stored = await store.read({ kind: 'promotion', id }, 1);
  const [line] = stored.unwrapOr([]);
  const first = line === undefined ? undefined : decodeRecord(line, { kind: 'promotion', id }, '').unwrapOr(undefined);
  return first === undefined || first.data['environment'] === environment;
}

export function isOver(store: PromotionStore, id: string): ResultAsync<boolean, StoreError> {
  return readRecords(store, id).andThen((records) => (records.length === 0 ? ok(true) : replayAll(records).map(({ state }) => state.over)));
}
