/**
 * Following a stream of a file store live, also when other processes write it.
 *
 * The file system's own notices wake the reader; where there are none (network file systems, no watches left) it looks
 * again every now and then, which also finds what a notice missed.
 * @module
 */
import { watch, type FSWatcher } from 'node:fs';
import type { StoreError } from '../errors/index.js';
import type { Clock, StoredRecord } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { Bell } from './bell.js';

export interface FollowOptions {
  /** Where the records appear. It need not exist yet. */
  readonly directory: string;
  readonly fromSeq: number;
  readonly signal: AbortSignal;
  readonly pollIntervalMs: number;
  readonly clock: Clock;
  /** Whether to ask the file system for notices. */
  readonly watch: boolean;
  readonly read: (fromSeq: number) => PromiseLike<Result<readonly StoredRecord[], StoreError>>;
}

/** Ends at the signal, or after the first error. */
export async function* followRecords(options: FollowOptions): AsyncGenerator<Result<StoredRecord, StoreError>> {
  const { signal, read } = options;
  const bell = new Bell();
  const notices = options.watch ? new DirectoryNotices(options.directory, bell.ring) : undefined;
  let next = options.fromSeq;
  try {
    while (!signal.aborted) {
      // First listen, then look: what is written in between rings.
      notices?.listen();
      bell.reset();
      const records = await read(next);
      if (records.isErr()) {
        yield err(records.error);
        return;
      }
      for (const record of records.value) {
        // The signal may fire while the reader is at work on the record before.
        if (isAborted(signal)) return;
        next = record.seq + 1;
        yield ok(record);
      }
      if (records.value.length === 0) await rungOrDue(bell, options);
    }
  } finally {
    notices?.close();
  }
}

/** Waits for the next notice, but no longer than the interval. */
async function rungOrDue(bell: Bell, { signal, clock, pollIntervalMs }: FollowOptions): Promise<void> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  await Promise.race([bell.rung(stop), clock.sleep(pollIntervalMs, stop)]);
  // Whichever still waits ends with it.
  over.abort();
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** The file system's notices of one directory; none, silently, where it gives none. */
class DirectoryNotices {
  #watcher: FSWatcher | undefined;
  readonly #directory: string;
  readonly #ring: () => void;

  constructor(directory: string, ring: () => void) {
    this.#directory = directory;
    this.#ring = ring;
  }

  /** Begins to listen, where it does not yet and the directory is there by now. */
  listen(): void {
    if (this.#watcher !== undefined) return;
    try {
      const watcher = watch(this.#directory, this.#ring);
      watcher.on('error', () => {
        this.close();
      });
      this.#watcher = watcher;
    } catch {
      // Not there yet, or no watches left: the interval serves.
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
