/**
 * Blobs as files named by their digest. A blob gets that name only when its bytes were found to have that digest.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestAlgorithm, digestHex, hashFor, type Digest } from '@davit/core';
import type { BlobStore, BlobWriter } from './blob-store.js';

/** Uses `blobs/` and `uploads/` in the directory. Uploads of a process that died are removed: nobody can continue them. */
export async function diskBlobStore(directory: string): Promise<BlobStore> {
  const uploads = join(directory, 'uploads');
  await rm(uploads, { recursive: true, force: true });
  await mkdir(uploads, { recursive: true });
  const pathOf = (digest: Digest): string => join(directory, 'blobs', digestAlgorithm(digest), digestHex(digest));
  return {
    async size(digest) {
      try {
        return (await stat(pathOf(digest))).size;
      } catch {
        return undefined;
      }
    },
    async *read(digest, start, end) {
      if (start < end) yield* createReadStream(pathOf(digest), { start, end: end - 1 }) as AsyncIterable<Buffer>;
    },
    begin: () => diskWriter(join(uploads, randomUUID()), pathOf),
  };
}

async function diskWriter(temporary: string, pathOf: (digest: Digest) => string): Promise<BlobWriter> {
  const file = await open(temporary, 'wx');
  let size = 0;
  return {
    get size() {
      return size;
    },
    async write(chunk) {
      for (let written = 0; written < chunk.length; ) written += (await file.write(chunk, written)).bytesWritten;
      size += chunk.length;
    },
    async commit(digest) {
      await file.close();
      // Read again rather than hashed on the way: which algorithm counts is known only now, and what counts is on the disk.
      const hash = hashFor(digest);
      for await (const chunk of createReadStream(temporary) as AsyncIterable<Buffer>) hash.update(chunk);
      if (hash.digest() !== digest) {
        await rm(temporary, { force: true });
        return false;
      }
      const path = pathOf(digest);
      await mkdir(join(path, '..'), { recursive: true });
      await rename(temporary, path);
      return true;
    },
    async discard() {
      await file.close().catch(() => undefined);
      await rm(temporary, { force: true });
    },
  };
}
