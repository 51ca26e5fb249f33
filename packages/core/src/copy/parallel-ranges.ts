/**
 * A large blob over several connections, where one alone is slow: many storages limit what goes over one connection and
 * not what goes over four. The rest of the blob is then asked for in parts, which are handed on in their order.
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import type { DigestReference } from '../image/index.js';
import { linkedSignal } from '../policy/linked-signal.js';
import { StreamFault, streamFault, type BlobStream, type Call, type Clock, type ImageSource } from '../ports/index.js';
import { err, ok, type Result, type ResultAsync } from '../result.js';

/** Below this a blob is over before it is known to be slow. */
const leastBytes = 32 * 1024 * 1024;
/** A connection that was waited for so long, and brought less than this in a second, is slow. */
const judgedAfterMs = 1000;
const fastBytesPerSecond = 25_000_000;
/** What one connection is asked for at a time. As many of these as there are lanes are held in memory. */
const partBytes = 4 * 1024 * 1024;
const lanesOfOneBlob = 4;

/**
 * The connections of one copy on which large blobs come. Where several blobs are on their way already, no one connection
 * is what holds them up.
 */
export interface Lanes {
  /** A blob begins, on a connection of its own. */
  enter(): void;
  /** Takes up to so many more; how many it were. */
  take(wanted: number): number;
  give(lanes: number): void;
}

export function lanes(most: number = lanesOfOneBlob): Lanes {
  let used = 0;
  return {
    enter: () => { used += 1; },
    take: (wanted) => {
      const taken = Math.max(Math.min(wanted, most - used), 0);
      used += taken;
      return taken;
    },
    give: (given) => { used -= given; },
  };
}

export interface RangesOptions {
  readonly size: number;
  readonly lanes: Lanes;
  readonly clock: Clock;
}

/**
 * `readBlob` of a source that goes over to parts where that is worth it and the source can. Who opens the blob once more
 * after all of it came in parts gets it as a whole: the parts may have been what was wrong with it.
 */
export function openInRanges(source: ImageSource, blob: DigestReference, options: RangesOptions): (offset: number, call: Call) => ResultAsync<BlobStream, RegistryError> {
  const readWhole = (offset: number, call: Call): ResultAsync<BlobStream, RegistryError> => source.readBlob(blob, offset, call);
  const readPart = source.readBlobRange?.bind(source);
  if (readPart === undefined) return readWhole;
  let isGivingParts = true;
  const ranges: Ranges = {
    read: (from, length, call) =>
      readPart(blob, from, length, call).mapErr((error) => {
        if (error.code !== 'registry_protocol') return error;
        // A source that gave parts and now gives something else is asked for the rest as a whole.
        ranges.doubt();
        return { ...error, retryable: true };
      }),
    doubt: () => { isGivingParts = false; },
  };
  return (offset, call) =>
    readWhole(offset, call).map((stream) => {
      const isLarge = options.size - stream.offset >= leastBytes;
      return isGivingParts && isLarge ? { offset: stream.offset, body: sped(stream, ranges, options, call) } : stream;
    });
}

/** The source as far as parts are asked of it. */
interface Ranges {
  read(from: number, length: number, call: Call): ResultAsync<BlobStream, RegistryError>;
  /** From now on nothing more is asked for in parts. */
  doubt(): void;
}

async function* sped({ offset, body }: BlobStream, ranges: Ranges, { size, lanes, clock }: RangesOptions, call: Call): AsyncGenerator<Uint8Array> {
  let position = offset;
  let waitedMs = 0;
  let taken = 1;
  let parts: Parts | undefined;
  const pieces = body[Symbol.asyncIterator]();
  lanes.enter();
  try {
    for (;;) {
      // Only the waiting for the source counts: a slow target is no reason to ask for more.
      const since = clock.now();
      const piece = await pieces.next();
      waitedMs += clock.now() - since;
      if (piece.done === true) return;
      position += piece.value.length;
      yield piece.value;
      const isSlow = waitedMs >= judgedAfterMs && ((position - offset) * 1000) / waitedMs < fastBytesPerSecond;
      if (parts === undefined && isSlow && size - position > 2 * partBytes) {
        const more = lanes.take(lanesOfOneBlob - 1);
        taken += more;
        // The stream itself goes on to where the parts begin, so nothing is waited for while they start.
        if (more > 0) parts = startParts(position + partBytes, size, more, ranges, call);
      }
      if (parts !== undefined && position >= parts.from) {
        const first = await parts.first();
        if (first.isErr()) {
          // A source that has no ranges goes on as it was, and so does one that is not well: it breaks off by itself.
          parts.end();
          parts = { ...parts, from: Infinity };
        } else {
          await pieces.return?.();
          const skipped = position - parts.from;
          for await (const next of parts.pieces(skipped)) {
            position += next.length;
            if (position === size) ranges.doubt();
            yield next;
          }
          return;
        }
      }
    }
  } finally {
    parts?.end();
    lanes.give(taken);
    await pieces.return?.();
  }
}

interface Parts {
  /** Where the first part begins. */
  readonly from: number;
  /** Whether the first part came, and so the source can do this. */
  first(): Promise<Result<unknown, RegistryError>>;
  /** All parts in their order, without the first bytes; throws a StreamFault where one fails. */
  pieces(skipped: number): AsyncGenerator<Uint8Array>;
  end(): void;
}

type Part = Promise<Result<readonly Uint8Array[], RegistryError>>;

function startParts(from: number, size: number, lanes: number, ranges: Ranges, call: Call): Parts {
  const asking = linkedSignal(call.signal);
  const inner: Call = { ...call, signal: asking.signal };
  const waiting: Part[] = [];
  let next = from;
  const ask = (): void => {
    if (next >= size) return;
    const part = readPart(next, Math.min(partBytes, size - next), ranges, inner);
    // Whoever leaves early does not hear of those that follow.
    part.catch(() => undefined);
    waiting.push(part);
    next += partBytes;
  };
  // One more than there are lanes at first: the stream that ends soon leaves its connection.
  for (let lane = 0; lane < lanes; lane += 1) ask();
  return {
    from,
    first: async () => (await waiting[0]) ?? ok(undefined),
    async *pieces(skipped) {
      ask();
      let left = skipped;
      for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
        const come = await part;
        if (come.isErr()) throw new StreamFault(come.error);
        ask();
        for (const piece of come.value) {
          const dropped = Math.min(left, piece.length);
          left -= dropped;
          if (dropped < piece.length) yield dropped === 0 ? piece : piece.subarray(dropped);
        }
      }
    },
    end: () => { asking.end(); },
  };
}

async function readPart(from: number, length: number, ranges: Ranges, call: Call): Part {
  const opened = await ranges.read(from, length, call);
  if (opened.isErr()) return err(opened.error);
  const pieces: Uint8Array[] = [];
  let come = 0;
  try {
    for await (const piece of opened.value.body) {
      come += piece.length;
      // There may be no end to it, and all of it would be held in memory.
      if (come > length) break;
      pieces.push(piece);
    }
  } catch (thrown) {
    const fault = streamFault(thrown);
    if (fault === undefined) throw thrown;
    return err(fault);
  }
  if (come === length) return ok(pieces);
  if (come < length) return err(failure('size_mismatch', `${String(length)} bytes were asked for from byte ${String(from)} on, and ${String(come)} came`, { expected: length, actual: come, retryable: true }));
  ranges.doubt();
  return err(failure('registry_protocol', `${String(length)} bytes were asked for from byte ${String(from)} on, and more came`, { expected: length, retryable: true }));
}
