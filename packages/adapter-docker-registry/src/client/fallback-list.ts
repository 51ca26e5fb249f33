/**
 * The list of referrers that clients keep, under a tag made of the subject's digest, where the registry keeps none. Several
 * may write it at once and none of them may lose what another added: it is read, merged, put and read back.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
 * @module
 */
import { digestAlgorithm, digestHex, digestOf, err, failure, isIndexType, maxManifestBytes, mediaTypes, ok, type Call, type Descriptor, type Digest, type ImageIndex, type ImageManifest, type RawManifest, type RegistryError, type Repository, type Result, type ResultAsync } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';
import { interrupted } from './errors.js';
import type { Exchange } from './exchange.js';
import { inTurn } from './in-turn.js';
import type { ManifestOperations, ServedManifest } from './manifests.js';
import { digestIn, readList, type ListDocument } from './referrer-list.js';

/** So often a list that another writer replaced in between is merged again. */
const mostMerges = 5;
const preconditionFailed = 412;

/** The tag under which clients keep the list where the registry does not. */
export function fallbackTag(digest: Digest): string {
  return `${digestAlgorithm(digest)}-${digestHex(digest).slice(0, 64)}`;
}

/** A referrer as a list names it: its kind and its annotations are those of the manifest itself, whatever somebody else's list says. */
export function referrerOf(raw: RawManifest, manifest: ImageManifest | ImageIndex): Descriptor {
  const artifactType = manifest.artifactType ?? (manifest.kind === 'manifest' ? manifest.config.mediaType : undefined);
  return {
    mediaType: raw.mediaType === '' ? manifest.mediaType : raw.mediaType,
    digest: raw.digest,
    size: raw.bytes.length,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
  };
}

export interface FallbackLists {
  /** Adds a referrer to its subject's list. Error `tag_conflict` where something else than a list stands under the tag. */
  add(to: Repository, subject: Digest, referrer: Descriptor, call: Call): ResultAsync<void, RegistryError>;
}

export function fallbackLists(exchange: Exchange, manifests: ManifestOperations): FallbackLists {
  const read = async (asked: Asked, tag: string, call: Call): Promise<Result<ServedManifest | null, RegistryError>> => {
    const served = await manifests.readAny({ ...asked, subject: 'manifest' }, tag, call);
    return served.isErr() && served.error.code === 'manifest_not_found' ? ok(null) : served;
  };

  const merge = async (asked: Asked, tag: string, referrer: Descriptor, call: Call): Promise<Result<void, RegistryError>> => {
    for (let merges = 0; ; merges += 1) {
      const served = await read(asked, tag, call);
      if (served.isErr()) return err(served.error);
      const document = documentOf(served.value?.manifest);
      if (document === null) return err(failure('tag_conflict', `${sentence(asked)}: the tag ${tag} names something else than a list of referrers`, { ...factsOf(asked), tag }));
      // The second time round this is the reading back: another writer, who had read the same list, may have put his own after ours.
      if (document.manifests.some((entry) => isSame(entry, referrer))) return ok(undefined);
      if (merges === mostMerges) return err(failure('tag_mismatch', `${sentence(asked)}: other writers replaced the list under ${tag} ${String(mostMerges)} times`, { ...factsOf(asked), tag, retryable: true }));
      const list = listOf({ ...document, manifests: [...document.manifests.filter((entry) => digestIn(entry) !== referrer.digest), referrer] });
      if (list.bytes.length > maxManifestBytes) return err(failure('manifest_too_large', `${sentence(asked)}: the list under ${tag} would be larger than ${String(maxManifestBytes)} bytes`, { ...factsOf(asked), tag, expected: maxManifestBytes, actual: list.bytes.length }));
      const etag = served.value?.etag;
      const put = await manifests.putOnce(asked, tag, list, call, etag === undefined || !isStrong(etag) ? {} : { headers: { 'if-match': etag }, accept: [preconditionFailed] });
      if (put.isErr()) return err(put.error);
    }
  };

  return {
    add: ({ registry, repository }, subject, referrer, call) => {
      const tag = fallbackTag(subject);
      const asked: Asked = { registry, repository, subject: 'manifest upload', what: `add ${referrer.digest} to the referrers of ${subject}`, facts: { digest: referrer.digest } };
      return exchange.again(asked, call, async () => (await inTurn(`${registry}/${repository}:${tag}`, call.signal, () => merge(asked, tag, referrer, call))) ?? err(interrupted(asked)));
    },
  };
}

/** A weak one, as a proxy that packs answers makes of a strong one, never matches (RFC 9110, 13.1.1): with it, nobody could ever write. */
function isStrong(etag: string): boolean {
  return /^"[^"]*"$/.test(etag);
}

/** The list as it stands; an empty one where there is none, null where something else stands there. */
function documentOf(manifest: RawManifest | undefined): ListDocument | null {
  if (manifest === undefined) return { manifests: [] };
  return isIndexType(manifest.mediaType) ? readList(manifest.bytes) : null;
}

function listOf(document: ListDocument): RawManifest {
  const bytes = new TextEncoder().encode(JSON.stringify({ ...document, schemaVersion: 2, mediaType: mediaTypes.ociIndex }));
  return { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), bytes };
}

/** Whether an entry says of the referrer what is true. */
function isSame(entry: unknown, referrer: Descriptor): boolean {
  const canonical = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, canonical(inner)]) : value;
  return JSON.stringify(canonical(entry)) === JSON.stringify(canonical(referrer));
}
