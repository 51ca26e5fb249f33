/**
 * How the cases stop something, and how they see that it has stopped.
 * @module
 */
import { okAsync, type BlobContent } from '@davit/core';
import { within, type Blob } from './content.js';

/** Waits for `work`, and from when `signal` has fired on no longer than a port may take to stop. */
export async function stopped<T>(signal: AbortSignal, work: PromiseLike<T>, what: string): Promise<T> {
  const fired = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const ended = Promise.resolve(work);
  await within(Promise.race([ended, fired]), `${what}: to come so far that it can be stopped`, 25_000);
  return within(ended, what);
}

export interface StuckContent {
  readonly content: BlobContent;
  /** Resolves when the reader has let go of every stream that it has opened: it left the loop, or the signal that it opened it with has fired. */
  readonly left: () => Promise<void>;
}

/** Content whose first half comes, and then nothing: a source that hangs. `reached` is called a moment after that half. */
export function stuck({ bytes, descriptor }: Blob, reached: () => void = () => undefined): StuckContent {
  const streams: Promise<void>[] = [];
  const open = (offset: number, signal: AbortSignal): AsyncIterable<Uint8Array> => {
    let letGo: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    streams.push(left);
    // A source ends by itself then. This one goes on saying nothing, as one in the middle of a slow answer may.
    if (signal.aborted) letGo();
    signal.addEventListener('abort', () => letGo(), { once: true });
    const half = bytes.subarray(offset, bytes.length / 2);
    const done = { done: true, value: undefined } as const;
    let isSent = false;
    return {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          if (!isSent) {
            isSent = true;
            setTimeout(reached, 10);
            return { done: false, value: half };
          }
          await ended;
          return done;
        },
        return: () => {
          letGo();
          end();
          return Promise.resolve(done);
        },
      }),
    };
  };
  return {
    content: { descriptor, open: (offset, { signal }) => okAsync({ offset, body: open(offset, signal) }) },
    left: async () => void (await Promise.all(streams)),
  };
}
