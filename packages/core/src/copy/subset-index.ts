/**
 * An index over a part of another one's images: a new document, with a digest of its own.
 * @module
 */
import { digestAlgorithm, digestOf, type Digest, type RawManifest } from '../image/index.js';

/** What an entry of the old index becomes: left out, or named by another digest and size, as a nested index that lost a part. */
export interface KeptEntry {
  readonly digest: Digest;
  readonly size: number;
}

interface Entry extends KeptEntry {
  /** What is named, within the entry itself. */
  readonly data?: string;
}

/**
 * The index with only the entries whose places `kept` knows, in their order and otherwise as they stand: annotations,
 * platforms and unknown fields stay. The bytes themselves come back where nothing was left out.
 */
export function subsetIndex(raw: RawManifest, kept: ReadonlyMap<number, KeptEntry>): RawManifest {
  const document = JSON.parse(new TextDecoder().decode(raw.bytes)) as { manifests: readonly Entry[] | null };
  // Programs in Go write null for a list with nothing in it.
  const all = document.manifests ?? [];
  const entries = all.flatMap((entry, at) => {
    const now = kept.get(at);
    return now === undefined ? [] : [now.digest === entry.digest ? entry : renamed(entry, now)];
  });
  const unchanged = entries.length === all.length && entries.every(({ digest }, at) => digest === all[at]?.digest);
  if (unchanged) return raw;
  const bytes = new TextEncoder().encode(JSON.stringify({ ...document, manifests: entries }));
  return { mediaType: raw.mediaType, digest: digestOf(bytes, digestAlgorithm(raw.digest)), bytes };
}

/** Bytes that stand in the entry are those of the old digest. */
function renamed({ data: _, ...entry }: Entry, { digest, size }: KeptEntry): Entry {
  return { ...entry, digest, size };
}
