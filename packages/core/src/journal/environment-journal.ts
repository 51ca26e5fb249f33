/**
 * The journal of an environment: who holds it. Of the same shape and chain as a promotion's.
 *
 * One promotion at a time may write to an environment. The hold is durable and belongs to the promotion, not to a
 * process: it outlives a crash and is freed when the promotion closes. A hold whose promotion has ended is free.
 * @module
 */
import { failure, type DavitError, type StoreError } from '../errors/index.js';
import { textOf } from '../json.js';
import type { PromotionStore, StreamId } from '../ports/index.js';
import { err, errAsync, ok, okAsync, ResultAsync, type Result } from '../result.js';
import { asJson, decodeRecord, encodeRecord, type JournalRecord } from './record.js';

export interface EnvironmentView {
  readonly records: readonly JournalRecord[];
  /** The promotion that took the hold last and has not freed it. */
  readonly holder: string | null;
}

export function readEnvironment(store: PromotionStore, environment: string): ResultAsync<EnvironmentView, StoreError> {
  const stream: StreamId = { kind: 'environment', id: environment };
  return store.read(stream, 1).andThen((stored) => {
    const records: JournalRecord[] = [];
    let holder: string | null = null;
    for (const item of stored) {
      const record = decodeRecord(item, stream, records.at(-1)?.hash ?? '');
      if (record.isErr()) return err<EnvironmentView, StoreError>(record.error);
      records.push(record.value);
      if (record.value.type === 'hold.taken') holder = textOf(record.value.data['holder']);
      if (record.value.type === 'hold.freed') holder = null;
    }
    return ok<EnvironmentView, StoreError>({ records, holder });
  });
}

interface HoldRequest {
  readonly store: PromotionStore;
  readonly environment: string;
  readonly promotion: string;
  readonly actor: string;
  readonly now: number;
  /** Asked before each look: a process that no longer drives the promotion must not write for it. */
  readonly mayAct: () => ResultAsync<void, DavitError>;
  /** Whether a promotion has ended; its hold is then free. */
  readonly isOver: (promotion: string) => ResultAsync<boolean, StoreError>;
}

/** Takes the hold. Error `environment_held` names the promotion that has it. Taking one's own again does nothing. */
export function takeHold(request: HoldRequest): ResultAsync<void, DavitError> {
  const { environment, promotion, isOver } = request;
  return look(request).andThen((view) => {
    if (view.holder === promotion) return okAsync(undefined);
    if (view.holder === null) return put(request, view, 'hold.taken', { holder: promotion }, () => takeHold(request));
    const holder = view.holder;
    return isOver(holder).andThen((over) => {
      if (over) return put(request, view, 'hold.taken', { holder: promotion }, () => takeHold(request));
      return errAsync(
        failure('environment_held', `${environment} is held by promotion ${holder}, which has not ended`, { environment, promotion: holder, holder, retryable: true }),
      );
    });
  });
}

/** Frees the hold. Not holding it is no error. */
export function freeHold(request: Omit<HoldRequest, 'isOver'>): ResultAsync<void, DavitError> {
  return look(request).andThen((view) => {
    if (view.holder !== request.promotion) return okAsync(undefined);
    return put(request, view, 'hold.freed', { holder: request.promotion }, () => freeHold(request));
  });
}

const look = ({ store, environment, mayAct }: Omit<HoldRequest, 'isOver'>): ResultAsync<EnvironmentView, DavitError> => mayAct().andThen(() => readEnvironment(store, environment));

function put(
  { store, environment, actor, now }: Omit<HoldRequest, 'isOver'>,
  view: EnvironmentView,
  type: 'hold.taken' | 'hold.freed',
  data: object,
  again: () => ResultAsync<void, DavitError>,
): ResultAsync<void, DavitError> {
  const last = view.records.at(-1);
  const seq = (last?.seq ?? 0) + 1;
  const encoded: Result<{ readonly line: string }, StoreError> = encodeRecord({ seq, at: now, promotion: environment, actor, type, boxes: [], data: asJson(data), prev: last?.hash ?? '' });
  return encoded.asyncAndThen(({ line }) => store.append({ kind: 'environment', id: environment }, seq, line)).orElse((error) =>
    // Somebody was quicker: look again at who holds it now.
    error.code === 'journal_conflict' ? again() : errAsync(error),
  );
}
