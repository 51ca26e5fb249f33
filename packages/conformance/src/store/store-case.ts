/**
 * What the cases for stores have in common: their subject, and how they look at answers.
 * @module
 */
import assert from 'node:assert/strict';
import type { PromotionStore, Result, ResultAsync, StoreError, StoredRecord, StreamId } from '@davit/core';
import type { ConformanceCase } from '../case.js';

export interface StoreSubject {
  /** A store without any records. */
  readonly store: PromotionStore;
  /** A second handle on the same data, as another process would have it. */
  readonly other: PromotionStore;
  readonly dispose: () => Promise<void>;
}

export type StoreCase = ConformanceCase<StoreSubject>;

export const promotion = (id: string): StreamId => ({ kind: 'promotion', id });
export const environment = (id: string): StreamId => ({ kind: 'environment', id });

/** A line that differs from every other of the same test, with what a careless encoding would damage. */
export const line = (text: string): string => JSON.stringify({ text, marks: 'ä € 😀 \u2028 "\\', tab: '\t' });

/** The value of a Result that must be ok. */
export async function valueOf<T>(result: ResultAsync<T, StoreError> | Result<T, StoreError>): Promise<T> {
  const settled = await result;
  if (settled.isErr()) assert.fail(`the store answered ${settled.error.code}: ${settled.error.message}`);
  return settled.value;
}

/** The error of a Result that must have this code. */
export async function refusalOf(result: ResultAsync<unknown, StoreError>, code: StoreError['code']): Promise<StoreError> {
  const settled = await result;
  if (settled.isOk()) assert.fail(`the store accepted what it must refuse with ${code}`);
  assert.equal(settled.error.code, code, settled.error.message);
  return settled.error;
}

/** The records as `[seq, line]`, for one comparison. */
export const pairs = (records: readonly StoredRecord[]): (readonly [number, string])[] => records.map((record) => [record.seq, record.line]);

/** The next record of a stream that is followed; fails where the stream ends or answers with an error. */
export async function nextOf(records: AsyncIterator<Result<StoredRecord, StoreError>>): Promise<StoredRecord> {
  const step = await records.next();
  if (step.done === true) assert.fail('the stream ended although its signal did not fire');
  return valueOf(step.value);
}
