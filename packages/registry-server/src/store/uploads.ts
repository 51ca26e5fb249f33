/**
 * Uploads that were begun and neither finished nor given up.
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { BlobStore, BlobWriter } from './blob-store.js';

export interface Upload {
  readonly id: string;
  readonly repository: string;
  /** Part of the Location that must come back: a client that drops the query of a Location is found out. */
  readonly state: string;
  readonly writer: BlobWriter;
  /** One request at a time works on an upload; the next waits, so that a status read after a broken request is true. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

export class Uploads {
  readonly #uploads = new Map<string, Upload>();
  readonly #blobs: BlobStore;

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  get open(): number {
    return this.#uploads.size;
  }

  async begin(repository: string): Promise<Upload> {
    let last: Promise<unknown> = Promise.resolve();
    const upload: Upload = {
      id: randomUUID(),
      repository,
      state: randomUUID().slice(0, 8),
      writer: await this.#blobs.begin(),
      exclusive(work) {
        const next = last.then(work, work);
        last = next.catch(() => undefined);
        return next;
      },
    };
    this.#uploads.set(upload.id, upload);
    return upload;
  }

  find(repository: string, id: string, state: string | null): Upload | undefined {
    const upload = this.#uploads.get(id);
    return upload?.repository === repository && upload.state === state ? upload : undefined;
  }

  /** Whether the upload is still open: a request that waited its turn asks again. */
  has(upload: Upload): boolean {
    return this.#uploads.has(upload.id);
  }

  end(upload: Upload): void {
    this.#uploads.delete(upload.id);
  }

  async discardAll(): Promise<void> {
    const open = [...this.#uploads.values()];
    this.#uploads.clear();
    await Promise.all(open.map((upload) => upload.exclusive(() => upload.writer.discard())));
  }
}
