/**
 * A store in memory, for tests and for programs that need no journal after their end.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { failure, type StoreError } from '../errors/index.js';
import type { DriverLease, PromotionStore, StoredRecord, StreamId } from '../ports/index.js';
import { errAsync, ok, okAsync, type Result, type ResultAsync } from '../result.js';
import { Bell } from './bell.js';
import { leaseHeld, leaseLost, type LeaseState } from './lease-decision.js';
import { lineFault } from './record-line.js';

/** What a memory store holds. Two stores made on one state are like two processes on one directory. */
export interface MemoryStoreState {
  readonly streams: Map<string, string[]>;
  readonly keys: Map<string, string>;
  readonly leases: Map<string, LeaseState>;
  readonly bells: Set<Bell>;
}

export function memoryStoreState(): MemoryStoreState {
  return { streams: new Map(), keys: new Map(), leases: new Map(), bells: new Set() };
}

/** Asked anew: the signal may fire while the reader is at work on a record. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

const nameOf = (stream: StreamId): string => `${stream.kind}/${stream.id}`;

/**
 * Keeps journals for as long as `state` lives.
 * @param state Default: a state of its own. Give the same one to two stores to have two processes in one.
 */
export function memoryStore(state: MemoryStoreState = memoryStoreState()): PromotionStore {
  const put = (stream: StreamId, seq: number, line: string): StoreError | undefined => {
    const fault = lineFault(line);
    if (fault !== undefined) return fault;
    const lines = state.streams.get(nameOf(stream)) ?? [];
    if (seq !== lines.length + 1) return failure('journal_conflict', `record ${String(seq)} of ${stream.kind} ${stream.id} cannot be appended: the journal has ${String(lines.length)}`, { retryable: true, expected: lines.length + 1, actual: seq });
    state.streams.set(nameOf(stream), [...lines, line]);
    for (const bell of state.bells) bell.ring();
    return undefined;
  };
  const records = (stream: StreamId, fromSeq: number): StoredRecord[] =>
    (state.streams.get(nameOf(stream)) ?? []).map((line, at) => ({ seq: at + 1, line })).filter(({ seq }) => seq >= fromSeq);
  const grant = (promotion: string, { owner, fence, expiresAt }: Omit<LeaseState, 'released'>): ResultAsync<DriverLease, StoreError> => {
    state.leases.set(promotion, { owner, fence, expiresAt, released: false });
    return okAsync({ promotion, owner, fence, expiresAt });
  };

  return {
    name: 'memory',
    newOwner: () => `memory/${randomBytes(6).toString('hex')}`,
    create: (id, key, first) => {
      const known = key === null ? undefined : state.keys.get(key);
      if (known !== undefined) return okAsync({ id: known, created: false });
      const refused = put({ kind: 'promotion', id }, 1, first);
      if (refused !== undefined) return errAsync(refused);
      if (key !== null) state.keys.set(key, id);
      return okAsync({ id, created: true });
    },
    append: (stream, seq, line) => {
      const refused = put(stream, seq, line);
      return refused === undefined ? okAsync(undefined) : errAsync(refused);
    },
    read: (stream, fromSeq) => okAsync(records(stream, fromSeq)),
    async *follow(stream, fromSeq, signal): AsyncGenerator<Result<StoredRecord, StoreError>> {
      const bell = new Bell();
      state.bells.add(bell);
      let next = fromSeq;
      try {
        while (!signal.aborted) {
          bell.reset();
          for (const record of records(stream, next)) {
            if (isAborted(signal)) return;
            next = record.seq + 1;
            yield ok(record);
          }
          await bell.rung(signal);
        }
      } finally {
        state.bells.delete(bell);
      }
    },
    list: () =>
      okAsync(
        [...state.streams.keys()]
          .filter((name) => name.startsWith('promotion/'))
          .map((name) => name.slice('promotion/'.length))
          .sort(),
      ),
    acquireLease: (promotion, owner, ttlMs, now) => {
      const current = state.leases.get(promotion);
      const held = leaseHeld(promotion, current, owner, now);
      return held === undefined ? grant(promotion, { owner, fence: (current?.fence ?? 0) + 1, expiresAt: now + ttlMs }) : errAsync(held);
    },
    renewLease: (lease, ttlMs, now) => {
      const lost = leaseLost(lease, state.leases.get(lease.promotion));
      return lost === undefined ? grant(lease.promotion, { owner: lease.owner, fence: lease.fence, expiresAt: now + ttlMs }) : errAsync(lost);
    },
    releaseLease: (lease) => {
      const current = state.leases.get(lease.promotion);
      if (current !== undefined && leaseLost(lease, current) === undefined) state.leases.set(lease.promotion, { ...current, released: true });
      return okAsync(undefined);
    },
  };
}
