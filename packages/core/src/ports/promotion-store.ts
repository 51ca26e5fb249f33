/**
 * Where journals are kept.
 *
 * A store keeps streams of opaque lines; what a line means is core's business. `append` is a compare-and-set on the
 * length of a stream: of two writers one wins and the other is told so. There is no update and no delete.
 * @module
 */
import type { StoreError } from '../errors/index.js';
import type { Result, ResultAsync } from '../result.js';

/** A promotion's journal, or an environment's (holds, freezes). */
export type StreamId = { readonly kind: 'promotion'; readonly id: string } | { readonly kind: 'environment'; readonly id: string };

/** One stored record: its place in the stream, counted from 1, and its bytes, which are never re-serialised. */
export interface StoredRecord {
  readonly seq: number;
  /** One line of JSON without its line end. */
  readonly line: string;
}

/** The right to drive one promotion, until it expires. */
export interface DriverLease {
  readonly promotion: string;
  readonly owner: string;
  /** Grows with every acquisition; what was done under a lower one is over. */
  readonly fence: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface PromotionStore {
  readonly name: string;
  /** A name for this process as the holder of leases, unlike any other. A store may put in it what tells later whether the process still lives. */
  newOwner(): string;
  /**
   * Begins a promotion with its first record. With a `key` that was used before, nothing is written and the id of that
   * promotion is given back, so that the same trigger joins its promotion (R1).
   */
  create(id: string, key: string | null, first: string): ResultAsync<{ readonly id: string; readonly created: boolean }, StoreError>;
  /** Appends as number `seq` (the stream's length + 1). Error `journal_conflict` where that place is taken. Durable when it returns. */
  append(stream: StreamId, seq: number, line: string): ResultAsync<void, StoreError>;
  /** The records from number `fromSeq` on, as they are now. Empty where the stream does not exist. */
  read(stream: StreamId, fromSeq: number): ResultAsync<readonly StoredRecord[], StoreError>;
  /** The same, and then every new record as it comes, also from other processes, until the signal fires. */
  follow(stream: StreamId, fromSeq: number, signal: AbortSignal): AsyncIterable<Result<StoredRecord, StoreError>>;
  /** The ids of all promotions, oldest first. */
  list(): ResultAsync<readonly string[], StoreError>;
  /** Takes the driver's lease for `ttlMs`. Error `lease_held` while another owner's has not expired, unless the store can prove that its process is gone. */
  acquireLease(promotion: string, owner: string, ttlMs: number, now: number): ResultAsync<DriverLease, StoreError>;
  /** Moves the expiry. Error `lease_lost` where the lease is no longer this one. */
  renewLease(lease: DriverLease, ttlMs: number, now: number): ResultAsync<DriverLease, StoreError>;
  /** Gives the lease back. Not being its holder any more is no error. */
  releaseLease(lease: DriverLease): ResultAsync<void, StoreError>;
}
