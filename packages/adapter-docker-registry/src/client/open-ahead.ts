/**
 * The source of an upload, opened while the registry opens the upload. Where that has to be asked for again, the stream
 * that nobody has read from yet is kept: nothing is fetched twice.
 * @module
 */
import { linkedSignal, type BlobContent, type BlobStream, type Call, type RegistryError, type Result } from '@davit/core/adapter';

export interface OpenAhead {
  /** The stream, opened anew only where the one before was used up or could not be opened. */
  open(): PromiseLike<Result<BlobStream, RegistryError>>;
  /** The stream was read, or could not be opened: the next one is another. Also ends one that nobody read to its end. */
  usedUp(): void;
}

export function openAhead(content: BlobContent, call: Call): OpenAhead {
  let current: { readonly stream: PromiseLike<Result<BlobStream, RegistryError>>; readonly end: () => void } | undefined;
  return {
    open: () => {
      if (current === undefined) {
        const reading = linkedSignal(call.signal);
        current = { stream: content.open(0, { ...call, signal: reading.signal }), end: () => { reading.end(); } };
      }
      return current.stream;
    },
    usedUp: () => {
      current?.end();
      current = undefined;
    },
  };
}

/** The bytes of a stream from `offset` on: a source that cannot begin in the middle begins before. */
export function bytesFrom(stream: BlobStream, offset: number): AsyncIterable<Uint8Array> {
  return stream.offset === offset ? stream.body : dropping(stream, offset);
}

async function* dropping({ offset: begin, body }: BlobStream, offset: number): AsyncGenerator<Uint8Array> {
  let left = offset - begin;
  for await (const piece of body) {
    const dropped = Math.min(left, piece.length);
    left -= dropped;
    if (dropped < piece.length) yield dropped === 0 ? piece : piece.subarray(dropped);
  }
}
