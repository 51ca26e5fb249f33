/**
 * Referrers: what refers to a manifest, read and written. By the API, else by the fallback tag.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject
 * @module
 */
import { err, failure, isIndexType, maxManifestBytes, mediaTypes, ok, parseManifest, type Call, type Descriptor, type Digest, type ImageSource, type ImageTarget, type RawManifest, type RegistryError, type Repository, type Result, ResultAsync } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';
import type { Dialect } from './dialect.js';
import { protocolError } from './errors.js';
import type { Exchange } from './exchange.js';
import { fallbackLists, fallbackTag, referrerOf } from './fallback-list.js';
import type { HttpAnswer } from './http.js';
import { nextPage } from './link.js';
import { mediaTypeOf, type ManifestOperations } from './manifests.js';
import { readList, referrersIn, type ListDocument } from './referrer-list.js';
import { maxErrorBytes, readWords } from './registry-words.js';
import { repositoryScope } from './scope.js';

export { fallbackTag };

/** More pages than anybody has signatures; a registry that goes on is in a loop. */
const mostPages = 100;
/** No such endpoint, or one that leads away from the registry. */
const unsupported = [301, 302, 303, 307, 308, 400, 404, 405, 501];
/** What a registry with the API may say of what is not there yet: nothing of whether it has the API. */
const notThere: readonly (string | null)[] = ['NAME_UNKNOWN', 'MANIFEST_UNKNOWN'];

export function referrerOperations(exchange: Exchange, manifests: ManifestOperations, dialect: Dialect): Pick<ImageSource, 'listReferrers'> & Pick<ImageTarget, 'writeManifest'> {
  /** Repositories whose registry was found to have no referrers API. */
  const withoutApi = new Set<string>();
  const fallback = fallbackLists(exchange, manifests);

  const byApi = async (asked: Asked, digest: Digest, call: Call): Promise<Result<readonly Descriptor[] | 'no API' | 'not there', RegistryError>> => {
    const base = exchange.endpoint(asked);
    if (base.isErr()) return err(base.error);
    const found: Descriptor[] = [];
    const first = new URL(`/v2/${asked.repository}/referrers/${digest}`, base.value.origin);
    let at: string | URL = `${asked.repository}/referrers/${digest}`;
    for (let page = 0; page < mostPages; page += 1) {
      const answer: Result<HttpAnswer, RegistryError> = await exchange.once({ asked, method: 'GET', at, scopes: [repositoryScope(asked.repository, 'pull')], side: 'read', accept: [200, ...unsupported], headers: { accept: mediaTypes.ociIndex }, redirects: 'at home' }, call);
      if (answer.isErr()) return err(answer.error);
      if (answer.value.status !== 200) {
        if (page === 0) return withoutList(asked, answer.value, call);
        await answer.value.discard();
        return err(protocolError(asked, `the registry names a next page and answers ${String(answer.value.status)} to it`));
      }
      const bytes = await exchange.bytes(asked, answer.value, maxManifestBytes, call);
      if (bytes.isErr()) return err(bytes.error);
      if (bytes.value === null) return err(failure('manifest_too_large', `${sentence(asked)}: the list is larger than ${String(maxManifestBytes)} bytes`, factsOf(asked)));
      const list = readList(bytes.value);
      if (list === null && isIndexType(mediaTypeOf(answer.value))) return err(noList(asked));
      // Something that answers 200 to everything, such as a web page, has no referrers API either.
      if (list === null) return page === 0 ? ok('no API') : err(protocolError(asked, 'a page of the list is no index'));
      const entries = entriesOf(asked, list);
      if (entries.isErr()) return err(entries.error);
      found.push(...entries.value);
      const next = nextPage(answer.value.header('link'));
      if (next.isErr()) return err(protocolError(asked, next.error));
      if (next.value === null) return ok(found);
      const url: URL | null = URL.canParse(next.value, first.href) ? new URL(next.value, first) : null;
      if (url?.origin !== base.value.origin) return err(protocolError(asked, 'the registry names a next page elsewhere'));
      at = url;
    }
    return err(protocolError(asked, `the list has more than ${String(mostPages)} pages`));
  };

  /** Why there is none. */
  const withoutList = async (asked: Asked, answer: HttpAnswer, call: Call): Promise<Result<'no API' | 'not there', RegistryError>> => {
    if (answer.status !== 404) {
      await answer.discard();
      return ok('no API');
    }
    const bytes = await exchange.bytes(asked, answer, maxErrorBytes, call);
    return bytes.map((body) => (notThere.includes(readWords(body, answer.header('content-type')).code) ? 'not there' : 'no API'));
  };

  const byTag = async (asked: Asked, digest: Digest, call: Call): Promise<Result<readonly Descriptor[], RegistryError>> => {
    const manifest = await manifests.readAny(asked, fallbackTag(digest), call);
    if (manifest.isErr()) return manifest.error.code === 'manifest_not_found' ? ok([]) : err(manifest.error);
    const { mediaType, bytes } = manifest.value.manifest;
    // Anything may stand under that tag; only an index is a list of referrers.
    if (!isIndexType(mediaType)) return ok([]);
    const list = readList(bytes);
    return list === null ? err(noList(asked)) : entriesOf(asked, list);
  };

  /** A registry that does not say that it lists the referrer leaves that to its clients. */
  const write = async (to: Repository, manifest: RawManifest, call: Call): Promise<Result<void, RegistryError>> => {
    const stored = await manifests.store(to, manifest, call);
    if (stored.isErr()) return err(stored.error);
    const parsed = stored.value.listsReferrers ? null : parseManifest(manifest);
    if (parsed?.isOk() !== true || parsed.value.subject === undefined) return ok(undefined);
    return fallback.add(to, parsed.value.subject.digest, referrerOf(manifest, parsed.value), call);
  };

  return {
    listReferrers: ({ registry, repository, digest }, call) => {
      const asked: Asked = { registry, repository, subject: 'manifest', what: `list what refers to ${digest}`, facts: { digest } };
      return exchange.again(asked, call, async () => {
        const place = `${registry}/${repository}`;
        const listed = dialect.referrersApi === false || withoutApi.has(place) ? ok('no API' as const) : await byApi(asked, digest, call);
        if (listed.isErr()) return err(listed.error);
        // What is not there today may be tomorrow; that there is no API is kept for good.
        if (listed.value === 'no API') withoutApi.add(place);
        return typeof listed.value === 'string' ? byTag(asked, digest, call) : ok(unique(listed.value));
      });
    },
    writeManifest: (to, manifest, call) => new ResultAsync(write(to, manifest, call)),
  };
}

/** Entries that name nothing we can read are not passed over: what they stood for would be missing without a word. */
function entriesOf(asked: Asked, list: ListDocument): Result<readonly Descriptor[], RegistryError> {
  const { found, unreadable } = referrersIn(list);
  const [entry] = unreadable;
  if (entry === undefined) return ok(found);
  if (!entry.unsupported) return err(protocolError(asked, `the list has an entry that cannot be read: ${entry.fault}`, true));
  return err(failure('manifest_unsupported', `${sentence(asked)}: the list has an entry that cannot be read: ${entry.fault}`, factsOf(asked)));
}

/** Retryable: no digest vouches for a list, and it may have been damaged on the way. */
function noList(asked: Asked): RegistryError {
  return protocolError(asked, 'the registry calls it an index, and it is none', true);
}

function unique(list: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(list.map((descriptor) => [descriptor.digest, descriptor])).values()];
}
