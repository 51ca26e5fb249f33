/**
 * Reads a blob to its end, going on where a connection broke, and says what came: its length and its digest.
 * @module
 */
// As in a copy: a registry that sends one byte at a time would otherwise be asked once for each.
import { mostBreaks, progressBytes } from '../copy/verified-content.js';
import { failure, type RegistryError } from '../errors/index.js';
import { hashFor, type Descriptor, type Digest, type DigestReference } from '../image/index.js';
import { backoffMs } from '../policy/index.js';
import { streamFault, type BlobStream, type Call, type Clock, type ImageSource } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';

export interface ReadContent {
  readonly bytes: number;
  readonly digest: Digest;
}

export interface BlobToRead {
  readonly descriptor: Descriptor;
  readonly of: DigestReference;
  readonly source: ImageSource;
  readonly clock: Clock;
  /** Told how many bytes came, after every chunk. */
  readonly onBytes?: (position: number) => void;
}

/**
 * Reads at most one byte more than the descriptor says. Errors are those of the way to the blob, and `blob_not_found`; a blob
 * that ended early although the registry has all of it is one of the former.
 */
export async function readBlob({ descriptor, of, source, clock, onBytes }: BlobToRead, take: (chunk: Uint8Array) => Promise<void> | void, call: Call): Promise<Result<ReadContent, RegistryError>> {
  const { digest, size } = descriptor;
  const blob: DigestReference = { ...of, digest };
  const hash = hashFor(digest);
  let position = 0;
  let breaks = 0;
  let brokeAt = 0;
  for (;;) {
    const opened = await source.readBlob(blob, position, call);
    // The adapter has asked again by itself as often as it wanted.
    if (opened.isErr()) return err(opened.error);
    const fault = await readOn(opened.value);
    if (fault === undefined) return ok({ bytes: position, digest: hash.digest() });
    if (position >= brokeAt + progressBytes) breaks = 0;
    if (!fault.retryable || breaks === mostBreaks || call.signal.aborted) return err(fault);
    breaks += 1;
    brokeAt = position;
    const waitMs = backoffMs(breaks, { minDelayMs: 500, retryAfterMs: fault.retryAfterMs });
    call.progress?.({ type: 'request.retry', host: of.registry, reason: `${fault.message}; it goes on from byte ${String(position)}`, waitMs, attempt: breaks, of: mostBreaks });
    await clock.sleep(waitMs, call.signal);
  }

  async function readOn({ offset, body }: BlobStream): Promise<RegistryError | undefined> {
    // A registry that cannot begin in the middle sends what we have once more.
    let again = position - offset;
    try {
      for await (const part of body) {
        const fresh = part.subarray(Math.min(again, part.length));
        again -= part.length - fresh.length;
        if (fresh.length === 0) continue;
        const wanted = fresh.subarray(0, size + 1 - position);
        position += wanted.length;
        hash.update(wanted);
        await take(wanted);
        onBytes?.(position);
        if (position > size) return undefined;
      }
    } catch (thrown) {
      const fault = streamFault(thrown);
      if (fault === undefined) throw thrown;
      return fault;
    }
    if (position === size) return undefined;
    // Cut on the way, or stored with another size? The registry's own word decides.
    const stored = await source.statBlob(blob, call);
    if (stored.isErr()) return stored.error;
    return stored.value === size ? failure('size_mismatch', `${digest} has ${String(size)} bytes, and ${String(position)} came`, { digest, expected: size, actual: position, retryable: true }) : undefined;
  }
}
