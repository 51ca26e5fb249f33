/**
 * Lists: the tags of a repository, and what refers to a manifest.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#content-discovery
 * @module
 */
import { mediaTypes, type Digest } from '@davit/core';
import { jsonAnswer, type Answer, type RegistryRequest } from '../answer.js';
import { Problem } from '../problem.js';
import type { Registry } from '../registry.js';
import { compareTags } from '../store/catalog.js';
import { manifestLinks } from '../store/manifest-links.js';

export function listTags(registry: Registry, request: RegistryRequest, repository: string): Answer {
  if (!registry.catalog.knows(repository)) throw new Problem(404, 'NAME_UNKNOWN', 'repository name not known to registry');
  const n = request.query.get('n');
  if (n !== null && !/^\d{1,9}$/.test(n)) throw new Problem(400, 'UNSUPPORTED', 'n is not a number');
  const last = request.query.get('last');
  const all = registry.catalog.tags(repository).filter((tag) => last === null || compareTags(tag, last) > 0);
  const limit = Math.min(n === null ? Number.POSITIVE_INFINITY : Number(n), registry.features.pageSize);
  const tags = all.slice(0, limit);
  const next = tags.at(-1);
  const more = next !== undefined && tags.length < all.length;
  return jsonAnswer(200, { name: repository, tags }, more ? { link: `</v2/${repository}/tags/list?n=${String(limit)}&last=${encodeURIComponent(next)}>; rel="next"` } : {});
}

/** Always an index, also of a manifest that is not there: its referrers may have come first. */
export function listReferrers(registry: Registry, request: RegistryRequest, repository: string, subject: Digest): Answer {
  if (registry.features.referrersApi === 'redirect') return { status: 303, headers: { location: 'https://elsewhere.invalid/packages' } };
  if (!registry.features.referrersApi) throw new Problem(404, 'UNSUPPORTED', 'the referrers API is switched off');
  const wanted = request.query.get('artifactType');
  const after = request.query.get('after');
  const all = registry.catalog.manifests(repository).flatMap(({ digest, mediaType, bytes }) => {
    const links = manifestLinks(bytes);
    if (links?.subject !== subject || (wanted !== null && links.artifactType !== wanted)) return [];
    return [{ mediaType, digest, size: bytes.length, ...(links.artifactType === undefined ? {} : { artifactType: links.artifactType }), ...(links.annotations === undefined ? {} : { annotations: links.annotations }) }];
  });
  const start = after === null ? 0 : all.findIndex(({ digest }) => digest === after) + 1;
  const manifests = all.slice(start, start + registry.features.pageSize);
  const filter = wanted === null ? '' : `&artifactType=${encodeURIComponent(wanted)}`;
  const next = start + manifests.length < all.length ? manifests.at(-1)?.digest : undefined;
  return jsonAnswer(
    200,
    { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests },
    {
      'content-type': mediaTypes.ociIndex,
      ...(wanted === null ? {} : { 'oci-filters-applied': 'artifactType' }),
      ...(next === undefined ? {} : { link: `</v2/${repository}/referrers/${subject}?after=${next}${filter}>; rel="next"` }),
    },
  );
}
