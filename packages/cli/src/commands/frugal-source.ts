/**
 * Keeps the memory of a copy small. What is read from a connection comes in pieces of 64 KB that are garbage as soon as
 * they are sent on; left to itself Node lets some 60 MB of them gather. Collected early, they are also given out again
 * while they are warm: a copy gets faster, not slower. For a process of our own alone (docs/decisions/0006-undici-in-parts.md).
 * @module
 */
import type { BlobStream, ImageSource } from '@davit/core/adapter';
import { youngCollector } from '../engine.js';

const collectEveryBytes = 4 * 1024 * 1024;

/** The same source; young garbage is collected as its blobs are read. `collect` is given by tests. */
export function frugal(source: ImageSource, collect: (() => void) | null = youngCollector()): ImageSource {
  if (collect === null) return source;
  let uncollected = 0;
  const counted = ({ offset, body }: BlobStream): BlobStream => ({
    offset,
    body: {
      [Symbol.asyncIterator]: () => {
        const pieces = body[Symbol.asyncIterator]();
        return {
          next: async () => {
            const piece = await pieces.next();
            uncollected += piece.done === true ? 0 : piece.value.length;
            if (uncollected >= collectEveryBytes) {
              uncollected = 0;
              collect();
            }
            return piece;
          },
          return: async () => (await pieces.return?.()) ?? { done: true, value: undefined },
        };
      },
    },
  });
  const readBlobRange = source.readBlobRange?.bind(source);
  return {
    ...source,
    readBlob: (blob, offset, call) => source.readBlob(blob, offset, call).map(counted),
    ...(readBlobRange === undefined ? {} : { readBlobRange: (blob, offset, length, call) => readBlobRange(blob, offset, length, call).map(counted) }),
  };
}
