/**
 * A blob's bytes, counted and hashed on their way from source to target. The part that would complete the blob is held
 * back until size and digest are known to be right, so a target can never complete a wrong upload (R16).
 * @module
 */
import { createHash, type Hash } from 'node:crypto';
import { failure, type RegistryError } from '../errors/index.js';
import { digestAlgorithm, type Descriptor } from '../image/index.js';
import { StreamFault, streamFault, type BlobContent, type BlobStream, type Call } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';

/** How far apart the hash is remembered, so that an upload that goes on in the middle need not read all from the start. */
const checkpointBytes = 8 * 1024 * 1024;

export interface VerifiedContent extends BlobContent {
  /** What went wrong in the last stream that was opened: the cause of whatever the target says of it. */
  readonly fault: RegistryError | undefined;
}

interface Checkpoint {
  readonly offset: number;
  readonly hash: Hash;
}

/**
 * Wraps a blob of a source for `writeBlob` of a target. It may be opened again from any offset; the hash then covers what
 * came before, read again where it is not remembered. `onBytes` is told how far the stream is.
 */
export function verifiedContent(descriptor: Descriptor, open: BlobContent['open'], onBytes: (position: number) => void = () => undefined): VerifiedContent {
  const { digest, size } = descriptor;
  const fresh = (): Checkpoint => ({ offset: 0, hash: createHash(digestAlgorithm(digest)) });
  let checkpoints: Checkpoint[] = [];
  let fault: RegistryError | undefined;

  async function openAt(offset: number, call: Call): Promise<Result<BlobStream, RegistryError>> {
    fault = undefined;
    checkpoints = checkpoints.filter((checkpoint) => checkpoint.offset <= offset);
    const wanted = checkpoints.at(-1) ?? fresh();
    const opened = await open(wanted.offset, call);
    if (opened.isErr()) return err((fault = opened.error));
    const { offset: given, body } = opened.value;
    if (given !== wanted.offset && given !== 0) return err((fault = failure('registry_protocol', `blob ${digest} was asked for from byte ${String(wanted.offset)} and came from byte ${String(given)}`, { digest, expected: wanted.offset, actual: given })));
    const start = given === wanted.offset ? wanted : fresh();
    return ok({ offset, body: remembered(verified(body, { offset: start.offset, hash: start.hash.copy() }, offset)) });
  }

  async function* remembered(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (thrown) {
      fault = streamFault(thrown);
      throw thrown;
    }
  }

  async function* verified(body: AsyncIterable<Uint8Array>, { offset: start, hash }: Checkpoint, from: number): AsyncGenerator<Uint8Array> {
    let position = start;
    let last: Uint8Array | undefined;
    for await (const chunk of body) {
      if (chunk.length === 0) continue;
      const skipped = Math.min(Math.max(from - position, 0), chunk.length);
      position += chunk.length;
      if (position > size) throw wrongSize(`more than ${String(size)}`, position, false);
      hash.update(chunk);
      if (position === size) {
        check(hash);
        // Not yielded yet: that the stream ends here is part of being right.
        last = chunk.subarray(skipped);
        continue;
      }
      if (position >= (checkpoints.at(-1)?.offset ?? 0) + checkpointBytes) checkpoints.push({ offset: position, hash: hash.copy() });
      onBytes(position);
      if (skipped < chunk.length) yield chunk.subarray(skipped);
    }
    // A stream that ends early was cut on the way; the rest may come another time.
    if (position < size) throw wrongSize(String(position), position, true);
    if (size === 0) check(hash);
    onBytes(position);
    if (last !== undefined && last.length > 0) yield last;
  }

  function check(hash: Hash): void {
    const actual = `${digestAlgorithm(digest)}:${hash.copy().digest('hex')}`;
    if (actual !== digest) throw new StreamFault(failure('digest_mismatch', `blob ${digest} came with the digest ${actual}`, { digest, expected: digest, actual }));
  }

  function wrongSize(came: string, actual: number, retryable: boolean): StreamFault {
    return new StreamFault(failure('size_mismatch', `blob ${digest} has ${String(size)} bytes, and ${came} came`, { digest, expected: size, actual, retryable }));
  }

  return {
    descriptor,
    open: (offset, call) => new ResultAsync(openAt(offset, call)),
    get fault() {
      return fault;
    },
  };
}
