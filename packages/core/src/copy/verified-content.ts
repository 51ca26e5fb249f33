/**
 * A blob's bytes, counted and hashed on their way from source to target. The part that would complete the blob is held
 * back until size and digest are known to be right, so a target can never complete a wrong upload (R16). A source that
 * breaks off is opened again where it stopped, within the same stream: the target need not begin again.
 * @module
 */
import { createHash, type Hash } from 'node:crypto';
import { failure, type RegistryError } from '../errors/index.js';
import { digestAlgorithm, type Descriptor } from '../image/index.js';
import { backoffMs } from '../policy/retry.js';
import { StreamFault, streamFault, systemClock, type BlobContent, type BlobStream, type Call, type Clock } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';

/** How far apart the hash is remembered, so that an upload that goes on in the middle need not read all from the start. */
const checkpointBytes = 8 * 1024 * 1024;
/** So often a source may break off in a row; it begins to count anew when so many bytes came in between. */
export const mostBreaks = 4;
export const progressBytes = 1024 * 1024;

export interface VerifiedContent extends BlobContent {
  /** What went wrong in the last stream that was opened: the cause of whatever the target says of it. */
  readonly fault: RegistryError | undefined;
}

/** A source that broke off and is about to be opened again where it stopped. */
export interface ResumedContent {
  readonly error: RegistryError;
  /** Bytes that came before. */
  readonly position: number;
  /** Breaks in a row, this one included. */
  readonly attempt: number;
  readonly of: number;
  readonly waitMs: number;
}

export interface VerifiedContentOptions {
  /** Told how far the stream is, after every chunk. */
  readonly onBytes?: (position: number) => void;
  /** Told before each wait. */
  readonly onResume?: (resumed: ResumedContent) => void;
  /** For the waits between two breaks. Default: the system's clock. */
  readonly clock?: Clock;
}

interface Checkpoint {
  readonly offset: number;
  readonly hash: Hash;
}

/**
 * Wraps a blob of a source for `writeBlob` of a target. It may be opened again from any offset; the hash then covers what
 * came before, read again where it is not remembered. Faults of the content itself are not `retryable`: whoever wants to
 * fetch it again knows best how often.
 */
export function verifiedContent(descriptor: Descriptor, open: BlobContent['open'], options: VerifiedContentOptions = {}): VerifiedContent {
  const { digest, size } = descriptor;
  const { onBytes, onResume, clock = systemClock } = options;
  let checkpoints: Checkpoint[] = [];
  let fault: RegistryError | undefined;

  /** Bytes of the blob from `offset` or before, as the source can. */
  async function read(offset: number, call: Call): Promise<Result<BlobStream, RegistryError>> {
    const opened = await open(offset, call);
    if (opened.isErr()) return err((fault = opened.error));
    const { offset: given } = opened.value;
    if (given === offset || given === 0) return ok(opened.value);
    return err((fault = failure('registry_protocol', `blob ${digest} was asked for from byte ${String(offset)} and came from byte ${String(given)}`, { digest, expected: offset, actual: given })));
  }

  async function openAt(offset: number, call: Call): Promise<Result<BlobStream, RegistryError>> {
    fault = undefined;
    checkpoints = checkpoints.filter((checkpoint) => checkpoint.offset <= offset);
    const start = checkpoints.at(-1) ?? { offset: 0, hash: createHash(digestAlgorithm(digest)) };
    const opened = await read(start.offset, call);
    return opened.isErr() ? err(opened.error) : ok({ offset, body: await begun(verified(opened.value, { offset: start.offset, hash: start.hash.copy() }, offset, call)) });
  }

  async function* verified(opened: BlobStream, { offset: start, hash }: Checkpoint, from: number, call: Call): AsyncGenerator<Uint8Array> {
    let stream = opened;
    let position = start;
    let breaks = 0;
    let endedAt = -1;
    let progressAt = start + progressBytes;
    let last: Uint8Array | undefined;
    for (;;) {
      let broken: RegistryError | undefined;
      // What a source without ranges sends once more was counted before.
      let at = stream.offset;
      try {
        for await (const piece of stream.body) {
          const chunk = at < position ? piece.subarray(Math.min(position - at, piece.length)) : piece;
          at += piece.length;
          if (chunk.length === 0) continue;
          const skipped = Math.min(Math.max(from - position, 0), chunk.length);
          position += chunk.length;
          if (position > size) throw wrongSize(`more than ${String(size)}`, position);
          hash.update(chunk);
          if (position === size) {
            check(hash);
            // Not yielded yet: that the stream ends here is part of being right.
            last = chunk.subarray(skipped);
            continue;
          }
          if (position >= (checkpoints.at(-1)?.offset ?? 0) + checkpointBytes) checkpoints.push({ offset: position, hash: hash.copy() });
          if (position >= progressAt) {
            progressAt = position + progressBytes;
            breaks = 0;
          }
          onBytes?.(position);
          if (skipped < chunk.length) yield skipped === 0 ? chunk : chunk.subarray(skipped);
        }
      } catch (thrown) {
        broken = streamFault(thrown);
        // Broken off behind the last byte, which was found to be right.
        if (broken?.retryable !== true || (position < size && !mayResume())) throw remembered(thrown);
      }
      if (position === size) break;
      // A stream that ends early was cut on the way; where it ends a second time the source has no more.
      const ended = broken === undefined;
      broken ??= wrongSize(String(position), position).fault;
      if ((ended && endedAt === position) || !mayResume()) throw remembered(new StreamFault(broken));
      if (ended) endedAt = position;
      stream = await resume(broken);
    }
    if (size === 0) check(hash);
    onBytes?.(position);
    if (last !== undefined && last.length > 0) yield last;

    function mayResume(): boolean {
      return breaks < mostBreaks && !call.signal.aborted;
    }

    async function resume(error: RegistryError): Promise<BlobStream> {
      breaks += 1;
      progressAt = position + progressBytes;
      // The first time at once: mostly it is only this connection that was lost.
      const waitMs = breaks === 1 && error.retryAfterMs === undefined ? 0 : backoffMs(Math.max(breaks - 1, 1), { minDelayMs: 500, retryAfterMs: error.retryAfterMs });
      onResume?.({ error, position, attempt: breaks, of: mostBreaks, waitMs });
      if (waitMs > 0) await clock.sleep(waitMs, call.signal);
      if (call.signal.aborted) throw remembered(new StreamFault(failure('interrupted', `blob ${digest}: interrupted on its way`, { digest })));
      const again = await read(position, call);
      if (again.isErr()) throw new StreamFault(again.error);
      return again.value;
    }
  }

  function remembered(thrown: unknown): unknown {
    fault = streamFault(thrown);
    return thrown;
  }

  function check(hash: Hash): void {
    const actual = `${digestAlgorithm(digest)}:${hash.copy().digest('hex')}`;
    if (actual === digest) return;
    // Nobody knows where the wrong byte is: no part of it may be gone on from.
    checkpoints = [];
    throw remembered(new StreamFault(failure('digest_mismatch', `blob ${digest} came with the digest ${actual}`, { digest, expected: digest, actual })));
  }

  function wrongSize(came: string, actual: number): StreamFault {
    return new StreamFault(failure('size_mismatch', `blob ${digest} has ${String(size)} bytes, and ${came} came`, { digest, expected: size, actual }));
  }

  return {
    descriptor,
    open: (offset, call) => new ResultAsync(openAt(offset, call)),
    get fault() {
      return fault;
    },
  };
}

/**
 * The same stream, when its first piece, or its failure, is there. Whoever uploads it takes a connection then and not before:
 * a source that breaks off without a byte is asked from the start, and may have to wait for those who wait for that
 * connection.
 */
async function begun(pieces: AsyncGenerator<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  let first: ReturnType<typeof pieces.next> | undefined = pieces.next();
  await first.catch(() => undefined);
  const body: AsyncIterableIterator<Uint8Array> = {
    next: () => {
      const held = first ?? pieces.next();
      first = undefined;
      return held;
    },
    return: () => pieces.return(undefined),
    [Symbol.asyncIterator]: () => body,
  };
  return body;
}
