/**
 * A list of referrers, as a registry gives it or as clients keep it under a tag. It is read entry by entry: one that cannot be
 * read says nothing of the others, and nobody vouches for what stands beside a digest.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 * @module
 */
import { isDigest, isUnknownDigest, mediaTypes, readDescriptor, type Descriptor, type Digest } from '@davit/core/adapter';

/** The document as it stands, with all that others wrote into it. */
export interface ListDocument {
  readonly manifests: readonly unknown[];
}

/** An entry without a digest that we can read. */
export interface UnreadableEntry {
  /** Where it stands and what is wrong with it: `manifests[3].digest is missing`. */
  readonly fault: string;
  /** It is by a digest algorithm that is not known here; otherwise it may have been damaged on the way. */
  readonly unsupported: boolean;
}

/** An index has five levels, and what others wrote into it hardly more; far below where comparing and writing run out of stack. */
const deepest = 200;

/** Null where the bytes are no list. */
export function readList(bytes: Uint8Array): ListDocument | null {
  try {
    const document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as { readonly manifests?: unknown } | null;
    if (isDeeper(document, deepest)) return null;
    // As Go writes a list that nobody made.
    if (document?.manifests === null) return { ...document, manifests: [] };
    return Array.isArray(document?.manifests) ? (document as ListDocument) : null;
  } catch {
    return null;
  }
}

function isDeeper(value: unknown, most: number): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= most && level.length > 0; depth += 1) level = level.flatMap((each) => (typeof each === 'object' && each !== null ? (Object.values(each) as readonly unknown[]) : []));
  return level.length > 0;
}

/** The digest that an entry names; null where there is none that we can read. */
export function digestIn(entry: unknown): Digest | null {
  const { digest } = (typeof entry === 'object' && entry !== null ? entry : {}) as { readonly digest?: unknown };
  return typeof digest === 'string' && isDigest(digest) ? digest : null;
}

/** Every referrer once, and the entries that name none. */
export function referrersIn({ manifests }: ListDocument): { readonly found: readonly Descriptor[]; readonly unreadable: readonly UnreadableEntry[] } {
  const found = new Map<Digest, Descriptor>();
  const unreadable: UnreadableEntry[] = [];
  for (const [at, entry] of manifests.entries()) {
    const path = `manifests[${String(at)}]`;
    const digest = digestIn(entry);
    if (digest !== null) found.set(digest, descriptorOf(entry as object, digest, path));
    else unreadable.push(faultOf(entry, path));
  }
  return { found: [...found.values()], unreadable };
}

/** The entry, field by field as far as they hold: the manifest itself says better what it is. */
function descriptorOf(entry: object, digest: Digest, path: string): Descriptor {
  let read: Descriptor = { mediaType: mediaTypes.ociManifest, digest, size: 0 };
  for (const [field, value] of Object.entries(entry)) {
    const more = readDescriptor({ ...read, [field]: value as unknown }, path);
    if (!('fault' in more)) read = more;
  }
  return read;
}

function faultOf(entry: unknown, path: string): UnreadableEntry {
  if (typeof entry !== 'object' || entry === null) return { fault: `${path} is not an object`, unsupported: false };
  const { digest } = entry as { readonly digest?: unknown };
  if (typeof digest !== 'string') return { fault: `${path}.digest is ${digest === undefined ? 'missing' : 'not a text'}`, unsupported: false };
  const unsupported = isUnknownDigest(digest);
  return { fault: `${path}.digest is ${unsupported ? 'by an algorithm other than sha256 and sha512' : 'not a digest'}: ${JSON.stringify(digest.slice(0, 150))}`, unsupported };
}
