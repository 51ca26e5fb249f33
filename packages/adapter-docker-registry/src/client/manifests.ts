/**
 * Manifests and tags. Bytes stay as they are: what is read is verified, what is written is what was read.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 * @module
 */
import { digestAlgorithm, digestOf, err, errAsync, failure, isDigest, isIndexType, isManifestType, isSchema1Type, isTag, manifestAccept, maxManifestBytes, mediaTypes, ok, parseDigest, type Call, type Descriptor, type Digest, type ImageSource, type ImageTarget, type RawManifest, type RegistryError, type Repository, type Result, type ResultAsync } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';
import { protocolError } from './errors.js';
import type { Exchange, Question } from './exchange.js';
import type { HttpAnswer } from './http.js';
import { repositoryScope } from './scope.js';

export interface ManifestOperations extends Pick<ImageSource, 'resolve' | 'readManifest'>, Pick<ImageTarget, 'tag'> {
  /** The manifest under a tag or digest; the digest is the one of its bytes. */
  readonly readAny: (asked: Asked, name: string, call: Call) => Promise<Result<ServedManifest, RegistryError>>;
  /** Stores a manifest under its digest. */
  readonly store: (to: Repository, manifest: RawManifest, call: Call) => ResultAsync<StoredAnswer, RegistryError>;
  /** Puts a manifest once. */
  readonly putOnce: (asked: Asked, name: string, manifest: RawManifest, call: Call, put?: PutOptions) => Promise<Result<StoredAnswer, RegistryError>>;
}

/** A manifest, and the entity tag of this state of it where the registry gives one. */
export interface ServedManifest {
  readonly manifest: RawManifest;
  readonly etag: string | undefined;
}

export interface PutOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that are answers beside those of success. */
  readonly accept?: readonly number[];
}

/** What the registry said of a manifest that it took. */
export interface StoredAnswer {
  readonly status: number;
  /** It named the digest that was sent. */
  readonly confirmed: boolean;
  /** It keeps the list of what refers to that manifest. */
  readonly listsReferrers: boolean;
}

export function manifestOperations(exchange: Exchange): ManifestOperations {
  const question = (asked: Asked, method: 'GET' | 'HEAD', name: string): Question => ({
    asked,
    method,
    at: `${asked.repository}/manifests/${name}`,
    scopes: [repositoryScope(asked.repository, 'pull')],
    side: 'read',
    accept: [200],
    headers: { accept: manifestAccept.join(', ') },
  });

  const readAny: ManifestOperations['readAny'] = async (asked, name, call) => {
    const answer = await exchange.once(question(asked, 'GET', name), call);
    if (answer.isErr()) return err(answer.error);
    const mediaType = mediaTypeOf(answer.value);
    if (Number(answer.value.header('content-length') ?? 0) > maxManifestBytes) {
      await answer.value.discard();
      return err(tooLarge(asked));
    }
    const bytes = await exchange.bytes(asked, answer.value, maxManifestBytes, call);
    if (bytes.isErr()) return err(bytes.error);
    if (bytes.value === null) return err(tooLarge(asked));
    if (isSchema1Type(mediaType)) return err(schema1(asked));
    const served = verified(asked, { mediaType: known(mediaType) ? mediaType : ownMediaType(bytes.value, mediaType), bytes: bytes.value }, isDigest(name) ? name : null, answer.value.header('docker-content-digest'));
    return served.map((manifest) => ({ manifest, etag: answer.value.header('etag') }));
  };

  const head = async (asked: Asked, name: string, call: Call): Promise<Result<Descriptor | null, RegistryError>> => {
    // Registries that know no HEAD, or leave out what it is for, are asked by GET.
    const answer = await exchange.once({ ...question(asked, 'HEAD', name), accept: [200, 400, 405, 501] }, call);
    if (answer.isErr()) return err(answer.error);
    await answer.value.discard();
    const mediaType = mediaTypeOf(answer.value);
    const digest = answer.value.header('docker-content-digest');
    const length = answer.value.header('content-length');
    if (isSchema1Type(mediaType)) return err(schema1(asked));
    if (answer.value.status !== 200 || digest === undefined || !isDigest(digest) || length === undefined || !/^\d{1,15}$/.test(length) || !known(mediaType)) return ok(null);
    if (isDigest(name) && digestAlgorithm(name) === digestAlgorithm(digest) && name !== digest) return err(otherDigest(asked, name, digest));
    if (Number(length) > maxManifestBytes) return err(tooLarge(asked));
    return ok({ mediaType, digest: isDigest(name) ? name : digest, size: Number(length) });
  };

  const putOnce: ManifestOperations['putOnce'] = async (asked, name, manifest, call, { headers = {}, accept = [] } = {}) => {
    const answer = await exchange.once({ asked, method: 'PUT', at: `${asked.repository}/manifests/${name}`, scopes: [repositoryScope(asked.repository, 'push')], side: 'write', accept: [200, 201, 202, ...accept], headers: { 'content-type': manifest.mediaType, ...headers }, body: manifest.bytes }, call);
    if (answer.isErr()) return err(answer.error);
    await answer.value.discard();
    const stored = answer.value.header('docker-content-digest');
    const comparable = stored !== undefined && isDigest(stored) && digestAlgorithm(stored) === digestAlgorithm(manifest.digest);
    if (comparable && stored !== manifest.digest) return err(otherDigest(asked, manifest.digest, stored));
    return ok({ status: answer.value.status, confirmed: comparable, listsReferrers: answer.value.header('oci-subject') !== undefined });
  };

  /** A registry that does not say in its answer what the tag names now is asked. */
  const tagOnce = async (asked: Asked, tag: string, manifest: RawManifest, call: Call): Promise<Result<void, RegistryError>> => {
    const stored = await putOnce(asked, tag, manifest, call);
    if (stored.isErr() || stored.value.confirmed) return stored.map(() => undefined);
    const named = await readAny(asked, tag, call);
    if (named.isErr()) return err(named.error);
    const actual = digestOf(named.value.manifest.bytes, digestAlgorithm(manifest.digest));
    return actual === manifest.digest ? ok(undefined) : err(failure('tag_mismatch', `${sentence(asked)}: the tag names ${actual} afterwards`, { ...factsOf(asked), expected: manifest.digest, actual, retryable: true }));
  };

  return {
    readAny,
    resolve: (reference, call) => {
      const name = reference.digest ?? reference.tag ?? 'latest';
      const asked: Asked = { ...place(reference), subject: 'manifest', what: `resolve ${reference.digest === undefined ? `the tag ${name}` : name}`, facts: reference.digest === undefined ? { tag: name } : { digest: name } };
      return exchange.again(asked, call, async () => {
        if (!isDigest(name) && !isTag(name)) return err(noTag(asked, name));
        const found = await head(asked, name, call);
        if (found.isErr() || found.value !== null) return found as Result<Descriptor, RegistryError>;
        return (await readAny(asked, name, call)).map(({ manifest: { mediaType, digest, bytes } }) => ({ mediaType, digest, size: bytes.length }));
      });
    },
    readManifest: (manifest, call) => {
      const asked: Asked = { ...place(manifest), subject: 'manifest', what: `read the manifest ${manifest.digest}`, facts: { digest: manifest.digest } };
      return exchange.again(asked, call, async () => (await readAny(asked, manifest.digest, call)).map((served) => served.manifest));
    },
    putOnce,
    store: (to, manifest, call) => {
      const asked: Asked = { ...place(to), subject: 'manifest upload', what: `store the manifest ${manifest.digest}`, facts: { digest: manifest.digest } };
      return exchange.again(asked, call, () => putOnce(asked, manifest.digest, manifest, call));
    },
    tag: (to, tag, manifest, call) => {
      const asked: Asked = { ...place(to), subject: 'manifest upload', what: `let the tag ${tag} name ${manifest.digest}`, facts: { tag, digest: manifest.digest } };
      return isTag(tag) ? exchange.again(asked, call, () => tagOnce(asked, tag, manifest, call)) : errAsync(noTag(asked, tag));
    },
  };
}

const place = ({ registry, repository }: Repository): Repository => ({ registry, repository });

const known = (mediaType: string): boolean => isIndexType(mediaType) || isManifestType(mediaType);

/** What the registry calls what it sends. */
export function mediaTypeOf(answer: HttpAnswer): string {
  return (answer.header('content-type') ?? '').replace(/;.*$/, '').trim().toLowerCase();
}

/** What the document calls itself, where the registry serves it under a general type such as `application/json`. */
function ownMediaType(bytes: Uint8Array, called: string): string {
  try {
    const { mediaType, manifests } = JSON.parse(new TextDecoder().decode(bytes)) as { mediaType?: unknown; manifests?: unknown };
    if (typeof mediaType === 'string') return mediaType;
    return Array.isArray(manifests) ? mediaTypes.ociIndex : mediaTypes.ociManifest;
  } catch {
    return called;
  }
}

/** The bytes must be the ones that were asked for, and the ones that the registry says they are. */
function verified(asked: Asked, { mediaType, bytes }: { readonly mediaType: string; readonly bytes: Uint8Array }, wanted: Digest | null, header: string | undefined): Result<RawManifest, RegistryError> {
  const said = header === undefined ? null : parseDigest(header).unwrapOr(null);
  if (header !== undefined && header !== '' && said === null && !/^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/.test(header)) return err(protocolError(asked, 'the registry gives a Docker-Content-Digest that is no digest'));
  for (const expected of [wanted, said]) {
    if (expected === null) continue;
    const actual = digestOf(bytes, digestAlgorithm(expected));
    if (actual !== expected) return err(otherDigest(asked, expected, actual));
  }
  return ok({ mediaType, digest: wanted ?? said ?? digestOf(bytes), bytes });
}

/** Retryable: the bytes may have been damaged on the way. */
function otherDigest(asked: Asked, expected: Digest, actual: string): RegistryError {
  return failure('digest_mismatch', `${sentence(asked)}: it has the digest ${actual} instead of ${expected}`, { ...factsOf(asked), expected, actual, retryable: true });
}

function tooLarge(asked: Asked): RegistryError {
  return failure('manifest_too_large', `${sentence(asked)}: it is larger than ${String(maxManifestBytes)} bytes`, { ...factsOf(asked), expected: maxManifestBytes });
}

function noTag(asked: Asked, text: string): RegistryError {
  return failure('reference_invalid', `${sentence(asked)}: ${JSON.stringify(text.slice(0, 150))} is not a tag`, factsOf(asked));
}

function schema1(asked: Asked): RegistryError {
  return failure('manifest_unsupported', `${sentence(asked)}: it is Docker schema 1; pull and push the image with a current tool to convert it`, factsOf(asked));
}

