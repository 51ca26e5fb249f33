/**
 * What a registry in memory does with the bytes of a blob: it takes them as a real one does, and keeps none that are not what
 * was announced.
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { formatRepository, hashFor, type DigestReference } from '../image/index.js';
import { streamFault, type BlobContent, type Call } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';

/** The bytes of `content`, which have the digest of `blob` and the size of their descriptor. Stops at once when the signal fires. */
export async function receiveBlob(blob: DigestReference, content: BlobContent, call: Call): Promise<Result<Uint8Array, RegistryError>> {
  const opened = await untilStopped(Promise.resolve(content.open(0, call)), call.signal);
  if (opened === stopped) return interrupted(blob);
  if (opened.isErr()) return err(opened.error);
  const { offset, body } = opened.value;
  // Its hash would say so, too, and not why.
  if (offset !== 0) return refused(blob, `its source begins at byte ${String(offset)}`);
  const hash = hashFor(blob.digest);
  const parts: Uint8Array[] = [];
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await untilStopped(pieces.next(), call.signal);
      if (step === stopped) {
        // Not waited for: a source that hangs may never answer.
        void Promise.resolve(pieces.return?.()).catch(() => undefined);
        return interrupted(blob);
      }
      if (step.done === true) break;
      hash.update(step.value);
      // A source may use its buffer again.
      parts.push(Uint8Array.from(step.value));
    }
  } catch (thrown) {
    const fault = streamFault(thrown);
    if (fault === undefined) throw thrown;
    return err(fault);
  }
  const bytes = Buffer.concat(parts);
  if (bytes.length !== content.descriptor.size) return refused(blob, `it has ${String(bytes.length)} bytes instead of ${String(content.descriptor.size)}`);
  return hash.digest() === blob.digest ? ok(bytes) : refused(blob, `its digest is not ${blob.digest}`);
}

const refused = (blob: DigestReference, why: string): Result<never, RegistryError> => err(failure('registry_refused', `${formatRepository(blob)} refused a blob: ${why}`, { digest: blob.digest, status: 400 }));

const interrupted = (blob: DigestReference): Result<never, RegistryError> => err(failure('interrupted', `writing the blob ${blob.digest} was interrupted`));

const stopped = Symbol('stopped');

/** What `work` gives, or that the signal fired before. */
async function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T | typeof stopped> {
  if (signal.aborted) {
    work.catch(() => undefined);
    return stopped;
  }
  let fired: () => void = () => undefined;
  const stop = new Promise<typeof stopped>((resolve) => {
    fired = () => resolve(stopped);
    signal.addEventListener('abort', fired, { once: true });
  });
  try {
    return await Promise.race([work, stop]);
  } finally {
    signal.removeEventListener('abort', fired);
  }
}
