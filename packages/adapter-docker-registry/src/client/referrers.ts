/**
 * Referrers: what refers to a manifest, read and written. By the API, else by the fallback tag.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject
 * @module
 */
import { err, failure, maxManifestBytes, mediaTypes, ok, parseManifest, type Call, type Descriptor, type Digest, type ImageSource, type ImageTarget, type RawManifest, type RegistryError, type Repository, type Result, digestOf, ResultAsync } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';
import type { Dialect } from './dialect.js';
import { protocolError } from './errors.js';
import type { Exchange } from './exchange.js';
import { fallbackLists, fallbackTag, referrerOf } from './fallback-list.js';
import type { HttpAnswer } from './http.js';
import { nextPage } from './link.js';
import type { ManifestOperations } from './manifests.js';
import { repositoryScope } from './scope.js';

export { fallbackTag };

/** More pages than anybody has signatures; a registry that goes on is in a loop. */
const mostPages = 100;
/** No such endpoint, or one that leads away from the registry. */
const unsupported = [301, 302, 303, 307, 308, 400, 404, 405, 501];

export function referrerOperations(exchange: Exchange, manifests: ManifestOperations, dialect: Dialect): Pick<ImageSource, 'listReferrers'> & Pick<ImageTarget, 'writeManifest'> {
  /** Repositories whose registry was found to have no referrers API. */
  const withoutApi = new Set<string>();
  const fallback = fallbackLists(exchange, manifests);

  /** Null where the registry has no referrers API. */
  const byApi = async (asked: Asked, digest: Digest, call: Call): Promise<Result<readonly Descriptor[] | null, RegistryError>> => {
    const base = exchange.endpoint(asked);
    if (base.isErr()) return err(base.error);
    const found: Descriptor[] = [];
    let at: string | URL = `${asked.repository}/referrers/${digest}`;
    for (let page = 0; page < mostPages; page += 1) {
      const answer: Result<HttpAnswer, RegistryError> = await exchange.once({ asked, method: 'GET', at, scopes: [repositoryScope(asked.repository, 'pull')], side: 'read', accept: [200, ...unsupported], headers: { accept: mediaTypes.ociIndex }, redirects: 'at home' }, call);
      if (answer.isErr()) return err(answer.error);
      if (answer.value.status !== 200) {
        await answer.value.discard();
        return page === 0 ? ok(null) : err(protocolError(asked, `the registry names a next page and answers ${String(answer.value.status)} to it`));
      }
      const bytes = await exchange.bytes(asked, answer.value, maxManifestBytes, call);
      if (bytes.isErr()) return err(bytes.error);
      if (bytes.value === null) return err(failure('manifest_too_large', `${sentence(asked)}: the list is larger than ${String(maxManifestBytes)} bytes`, factsOf(asked)));
      const list = entriesOf({ mediaType: '', digest: digestOf(bytes.value), bytes: bytes.value });
      // Something that answers 200 to everything, such as a web page, has no referrers API either.
      if (list === null) return page === 0 ? ok(null) : err(protocolError(asked, 'a page of the list is no index'));
      found.push(...list);
      const next = nextPage(answer.value.header('link'));
      if (next === null) return ok(found);
      const url: URL | null = URL.canParse(next, new URL(`/v2/${asked.repository}/referrers/${digest}`, base.value.origin).href) ? new URL(next, new URL(`/v2/${asked.repository}/referrers/${digest}`, base.value.origin)) : null;
      if (url?.origin !== base.value.origin) return err(protocolError(asked, 'the registry names a next page elsewhere'));
      at = url;
    }
    return err(protocolError(asked, `the list has more than ${String(mostPages)} pages`));
  };

  const byTag = async (asked: Asked, digest: Digest, call: Call): Promise<Result<readonly Descriptor[], RegistryError>> => {
    const manifest = await manifests.readAny(asked, fallbackTag(digest), call);
    if (manifest.isErr()) return manifest.error.code === 'manifest_not_found' ? ok([]) : err(manifest.error);
    // Anything may stand under that tag; only an index is a list of referrers.
    return ok(entriesOf(manifest.value.manifest) ?? []);
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
        const listed = dialect.referrersApi === false || withoutApi.has(place) ? ok(null) : await byApi(asked, digest, call);
        if (listed.isErr()) return err(listed.error);
        if (listed.value === null) withoutApi.add(place);
        return listed.value === null ? byTag(asked, digest, call) : ok(unique(listed.value));
      });
    },
    writeManifest: (to, manifest, call) => new ResultAsync(write(to, manifest, call)),
  };
}

function entriesOf(raw: RawManifest): readonly Descriptor[] | null {
  const parsed = parseManifest(raw);
  return parsed.isOk() && parsed.value.kind === 'index' ? parsed.value.manifests : null;
}

function unique(list: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(list.map((descriptor) => [descriptor.digest, descriptor])).values()];
}
