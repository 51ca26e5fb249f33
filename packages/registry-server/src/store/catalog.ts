/**
 * What each repository holds: which blobs, which manifests, and what its tags name.
 * @module
 */
import type { Digest } from '@davit/core';

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** Writes each change through to where it outlives the process. */
export interface CatalogKeeper {
  saveLink(repository: string, digest: Digest, present: boolean): Promise<void>;
  saveManifest(repository: string, digest: Digest, manifest: StoredManifest | undefined): Promise<void>;
  saveTag(repository: string, tag: string, digest: Digest | undefined): Promise<void>;
}

interface RepositoryEntry {
  readonly blobs: Set<Digest>;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly tags: Map<string, Digest>;
}

export class Catalog {
  readonly #entries = new Map<string, RepositoryEntry>();
  readonly #keeper: CatalogKeeper | undefined;

  constructor(keeper?: CatalogKeeper) {
    this.#keeper = keeper;
  }

  repositories(): string[] {
    return [...this.#entries].filter(([, entry]) => entry.blobs.size + entry.manifests.size > 0).map(([name]) => name).sort();
  }

  knows(repository: string): boolean {
    return this.#entries.has(repository);
  }

  hasBlob(repository: string, digest: Digest): boolean {
    return this.#entries.get(repository)?.blobs.has(digest) ?? false;
  }

  manifest(repository: string, digest: Digest): StoredManifest | undefined {
    return this.#entries.get(repository)?.manifests.get(digest);
  }

  manifests(repository: string): StoredManifest[] {
    return [...(this.#entries.get(repository)?.manifests.values() ?? [])];
  }

  tag(repository: string, tag: string): Digest | undefined {
    return this.#entries.get(repository)?.tags.get(tag);
  }

  /** In the order that the specification asks for: letters and digits, upper and lower case alike. */
  tags(repository: string): string[] {
    return [...(this.#entries.get(repository)?.tags.keys() ?? [])].sort(compareTags);
  }

  async linkBlob(repository: string, digest: Digest): Promise<void> {
    await this.#keeper?.saveLink(repository, digest, true);
    this.restoreBlob(repository, digest);
  }

  async unlinkBlob(repository: string, digest: Digest): Promise<void> {
    await this.#keeper?.saveLink(repository, digest, false);
    this.#entry(repository).blobs.delete(digest);
  }

  async putManifest(repository: string, manifest: StoredManifest): Promise<void> {
    await this.#keeper?.saveManifest(repository, manifest.digest, manifest);
    this.restoreManifest(repository, manifest);
  }

  /** Removes a manifest and every tag that names it. */
  async deleteManifest(repository: string, digest: Digest): Promise<void> {
    const { manifests, tags } = this.#entry(repository);
    for (const [tag, named] of [...tags]) if (named === digest) await this.deleteTag(repository, tag);
    await this.#keeper?.saveManifest(repository, digest, undefined);
    manifests.delete(digest);
  }

  async setTag(repository: string, tag: string, digest: Digest): Promise<void> {
    await this.#keeper?.saveTag(repository, tag, digest);
    this.restoreTag(repository, tag, digest);
  }

  async deleteTag(repository: string, tag: string): Promise<void> {
    await this.#keeper?.saveTag(repository, tag, undefined);
    this.#entry(repository).tags.delete(tag);
  }

  /** What an earlier process kept: taken in without being kept again. */
  restoreBlob(repository: string, digest: Digest): void {
    this.#entry(repository).blobs.add(digest);
  }

  restoreManifest(repository: string, manifest: StoredManifest): void {
    this.#entry(repository).manifests.set(manifest.digest, manifest);
  }

  restoreTag(repository: string, tag: string, digest: Digest): void {
    this.#entry(repository).tags.set(tag, digest);
  }

  #entry(repository: string): RepositoryEntry {
    let entry = this.#entries.get(repository);
    if (entry === undefined) {
      entry = { blobs: new Set(), manifests: new Map(), tags: new Map() };
      this.#entries.set(repository, entry);
    }
    return entry;
  }
}

export function compareTags(a: string, b: string): number {
  const [lowA, lowB] = [a.toLowerCase(), b.toLowerCase()];
  if (lowA !== lowB) return lowA < lowB ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
