/**
 * The registry's contents without HTTP: for preparing tests and for looking at what they did. No checks: half images can be made here.
 * @module
 */
import { digestOf, type Digest, type DigestAlgorithm } from '@davit/core';
import type { BlobStore } from './store/blob-store.js';
import type { Catalog, StoredManifest } from './store/catalog.js';

/** What was stored, as a descriptor says it. */
export interface StoredContent {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

export class RegistryStore {
  readonly #blobs: BlobStore;
  readonly #catalog: Catalog;

  constructor(blobs: BlobStore, catalog: Catalog) {
    this.#blobs = blobs;
    this.#catalog = catalog;
  }

  repositories(): string[] {
    return this.#catalog.repositories();
  }

  tags(repository: string): string[] {
    return this.#catalog.tags(repository);
  }

  /** The digest that a tag names, or undefined. */
  digestOf(repository: string, tag: string): Digest | undefined {
    return this.#catalog.tag(repository, tag);
  }

  /** By tag or digest. */
  manifest(repository: string, reference: string): StoredManifest | undefined {
    return this.#catalog.manifest(repository, this.#catalog.tag(repository, reference) ?? (reference as Digest));
  }

  manifests(repository: string): StoredManifest[] {
    return this.#catalog.manifests(repository);
  }

  hasBlob(repository: string, digest: string): boolean {
    return this.#catalog.hasBlob(repository, digest as Digest);
  }

  async blob(repository: string, digest: string): Promise<Buffer | undefined> {
    const size = this.hasBlob(repository, digest) ? await this.#blobs.size(digest as Digest) : undefined;
    if (size === undefined) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#blobs.read(digest as Digest, 0, size)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async putBlob(repository: string, bytes: Uint8Array, mediaType = 'application/octet-stream', algorithm: DigestAlgorithm = 'sha256'): Promise<StoredContent> {
    const digest = digestOf(bytes, algorithm);
    const writer = await this.#blobs.begin();
    await writer.write(bytes);
    await writer.commit(digest);
    await this.#catalog.linkBlob(repository, digest);
    return { mediaType, digest, size: bytes.length };
  }

  /** Stores a manifest whatever it says; an object is written as JSON, its `mediaType` is the default of `mediaType`. */
  async putManifest(repository: string, manifest: Uint8Array | object, options: { readonly mediaType?: string; readonly tags?: readonly string[]; readonly algorithm?: DigestAlgorithm } = {}): Promise<StoredContent> {
    const bytes = manifest instanceof Uint8Array ? Buffer.from(manifest) : Buffer.from(JSON.stringify(manifest));
    const own = manifest instanceof Uint8Array ? undefined : (manifest as { mediaType?: unknown }).mediaType;
    const mediaType = options.mediaType ?? (typeof own === 'string' ? own : 'application/vnd.oci.image.manifest.v1+json');
    const digest = digestOf(bytes, options.algorithm);
    await this.#catalog.putManifest(repository, { digest, mediaType, bytes });
    for (const tag of options.tags ?? []) await this.tag(repository, tag, digest);
    return { mediaType, digest, size: bytes.length };
  }

  /** Makes a tag name a digest, whether that manifest is there or not. */
  async tag(repository: string, tag: string, digest: string): Promise<void> {
    await this.#catalog.setTag(repository, tag, digest as Digest);
  }

  async deleteTag(repository: string, tag: string): Promise<void> {
    await this.#catalog.deleteTag(repository, tag);
  }

  async deleteBlob(repository: string, digest: string): Promise<void> {
    await this.#catalog.unlinkBlob(repository, digest as Digest);
  }

  async deleteManifest(repository: string, digest: string): Promise<void> {
    await this.#catalog.deleteManifest(repository, digest as Digest);
  }
}
