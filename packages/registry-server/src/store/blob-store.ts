/**
 * Where the bytes of blobs are: content-addressed, shared by all repositories.
 * @module
 */
import type { Digest } from '@davit/core';

export interface BlobStore {
  /** Bytes, or undefined where there is no such blob. */
  size(digest: Digest): Promise<number | undefined>;
  /** The bytes from `start` up to and without `end`. */
  read(digest: Digest, start: number, end: number): AsyncIterable<Uint8Array>;
  begin(): Promise<BlobWriter>;
}

/** A blob on its way in. Nothing of it can be read before it is committed. */
export interface BlobWriter {
  /** Bytes so far. */
  readonly size: number;
  write(chunk: Uint8Array): Promise<void>;
  /** Makes the blob readable if its bytes have that digest; else the answer is false and the bytes are gone. */
  commit(digest: Digest): Promise<boolean>;
  discard(): Promise<void>;
}
