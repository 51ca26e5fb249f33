/**
 * One repository of a registry in memory, and what follows from what lies in it.
 * @module
 */
import { isForeignLayer, parseManifest, type Descriptor, type Digest, type RawManifest } from '../image/index.js';

export interface Shelf {
  readonly manifests: Map<Digest, RawManifest>;
  readonly blobs: Map<Digest, Uint8Array>;
  readonly tags: Map<string, Digest>;
}

export const emptyShelf = (): Shelf => ({ manifests: new Map(), blobs: new Map(), tags: new Map() });

/** What a manifest names that this repository lacks. */
export function lackingOn({ manifests, blobs }: Shelf, raw: RawManifest, sparseIndexes: boolean): Digest | undefined {
  const parsed = parseManifest(raw);
  if (parsed.isErr()) return undefined;
  if (parsed.value.kind === 'index') return sparseIndexes ? undefined : parsed.value.manifests.find((child) => !manifests.has(child.digest))?.digest;
  return [parsed.value.config, ...parsed.value.layers].find((blob) => !isForeignLayer(blob) && !blobs.has(blob.digest))?.digest;
}

/** What refers to a manifest, described as the distribution specification asks for. */
export function referrersOn({ manifests }: Shelf, subject: Digest): readonly Descriptor[] {
  const found: Descriptor[] = [];
  for (const raw of manifests.values()) {
    const parsed = parseManifest(raw);
    if (parsed.isErr() || parsed.value.subject?.digest !== subject) continue;
    const { artifactType = parsed.value.kind === 'manifest' ? parsed.value.config.mediaType : undefined, annotations } = parsed.value;
    found.push({ mediaType: raw.mediaType, digest: raw.digest, size: raw.bytes.length, ...(artifactType === undefined ? {} : { artifactType }), ...(annotations === undefined ? {} : { annotations }) });
  }
  return found;
}
