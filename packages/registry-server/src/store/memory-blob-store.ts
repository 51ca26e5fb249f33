/**
 * Blobs in memory, as the chunks they came in.
 * @module
 */
import { hashFor, type Digest } from '@davit/core';
import type { BlobStore, BlobWriter } from './blob-store.js';

interface StoredBlob {
  readonly size: number;
  readonly chunks: readonly Uint8Array[];
}

export function memoryBlobStore(): BlobStore {
  const blobs = new Map<Digest, StoredBlob>();
  return {
    size: (digest) => Promise.resolve(blobs.get(digest)?.size),
    read: (digest, start, end) => slice(blobs.get(digest)?.chunks ?? [], start, end),
    begin: () => Promise.resolve(memoryWriter((digest, blob) => blobs.set(digest, blob))),
  };
}

function memoryWriter(keep: (digest: Digest, blob: StoredBlob) => void): BlobWriter {
  let chunks: Uint8Array[] = [];
  let size = 0;
  return {
    get size() {
      return size;
    },
    write(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      return Promise.resolve();
    },
    commit(digest) {
      const hash = hashFor(digest);
      for (const chunk of chunks) hash.update(chunk);
      const matches = hash.digest() === digest;
      if (matches) keep(digest, { size, chunks });
      return Promise.resolve(matches);
    },
    discard() {
      chunks = [];
      return Promise.resolve();
    },
  };
}

async function* slice(chunks: readonly Uint8Array[], start: number, end: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const chunk of chunks) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, chunk.length);
    if (from < to) yield chunk.subarray(from, to);
    at += chunk.length;
    if (at >= end) return;
  }
}
