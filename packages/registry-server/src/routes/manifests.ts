/**
 * Manifests: by tag and by digest. Bytes are kept as they came; of their content only what the specification demands is checked.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
 * @module
 */
import { digestAlgorithm, digestOf, isDigest, isForeignLayer, isTag, maxManifestBytes, type Digest } from '@davit/core';
import { bytesBody, readBytes, type Answer, type RegistryRequest } from '../answer.js';
import { Problem } from '../problem.js';
import { locationOf, type Registry } from '../registry.js';
import { manifestLinks } from '../store/manifest-links.js';
import type { StoredManifest } from '../store/catalog.js';

export function readManifest(registry: Registry, request: RegistryRequest, repository: string, reference: string): Answer {
  const manifest = findManifest(registry, repository, reference);
  const accept = request.headers.accept;
  // As distribution does: a client that does not ask for what is there gets nothing rather than a surprise.
  if (accept !== undefined && !accepts(accept, manifest.mediaType)) throw new Problem(404, 'MANIFEST_UNKNOWN', `the manifest is ${manifest.mediaType}, which the Accept header does not name`);
  return { status: 200, headers: { 'content-type': manifest.mediaType, 'docker-content-digest': manifest.digest, etag: `"${manifest.digest}"` }, body: bytesBody(manifest.bytes) };
}

export async function writeManifest(registry: Registry, request: RegistryRequest, repository: string, reference: string): Promise<Answer> {
  const wanted = isDigest(reference) ? reference : undefined;
  // Only a PUT by digest may name tags beside it (end-7b).
  const tags = wanted === undefined ? [reference] : request.query.getAll('tag');
  if (!tags.every(isTag)) throw new Problem(400, reference.includes(':') ? 'DIGEST_INVALID' : 'MANIFEST_INVALID', 'neither a tag nor a digest');
  const bytes = await readBytes(request.body, maxManifestBytes);
  if (bytes === undefined) throw new Problem(413, 'SIZE_INVALID', `a manifest has at most ${String(maxManifestBytes)} bytes`);
  const digest = digestOf(bytes, wanted === undefined ? 'sha256' : digestAlgorithm(wanted));
  if (wanted !== undefined && wanted !== digest) throw new Problem(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  const links = manifestLinks(bytes);
  if (links === undefined) throw new Problem(400, 'MANIFEST_INVALID', 'the manifest is not a JSON object, or its lists are none');
  const contentType = request.headers['content-type']?.split(';')[0]?.trim();
  if (contentType !== undefined && links.mediaType !== undefined && contentType !== links.mediaType) throw new Problem(400, 'MANIFEST_INVALID', 'mediaType and Content-Type differ');
  const mediaType = contentType ?? links.mediaType;
  if (mediaType === undefined) throw new Problem(400, 'MANIFEST_INVALID', 'neither mediaType nor Content-Type says what it is');
  await requireContent(registry, repository, links);
  const { 'if-match': condition } = request.headers;
  if (registry.features.ifMatch && condition !== undefined && wanted === undefined && condition !== `"${registry.catalog.tag(repository, reference) ?? ''}"`) throw new Problem(412, 'MANIFEST_INVALID', 'the tag names something else by now');
  await registry.catalog.putManifest(repository, { digest, mediaType, bytes });
  for (const tag of tags) await registry.catalog.setTag(repository, tag, digest);
  return {
    status: 201,
    headers: {
      location: locationOf(registry, `/v2/${repository}/manifests/${reference}`),
      'docker-content-digest': digest,
      ...(wanted !== undefined && tags.length > 0 ? { 'oci-tag': tags } : {}),
      ...(links.subject !== undefined && registry.features.referrersApi === true ? { 'oci-subject': links.subject } : {}),
    },
  };
}

export async function deleteManifest(registry: Registry, repository: string, reference: string): Promise<Answer> {
  if (!registry.features.delete) throw new Problem(405, 'UNSUPPORTED', 'deleting is switched off');
  const manifest = findManifest(registry, repository, reference);
  if (isDigest(reference)) await registry.catalog.deleteManifest(repository, manifest.digest);
  else await registry.catalog.deleteTag(repository, reference);
  return { status: 202 };
}

function findManifest(registry: Registry, repository: string, reference: string): StoredManifest {
  if (!isDigest(reference) && !isTag(reference)) throw new Problem(400, reference.includes(':') ? 'DIGEST_INVALID' : 'MANIFEST_INVALID', 'neither a tag nor a digest');
  const digest: Digest | undefined = isDigest(reference) ? reference : registry.catalog.tag(repository, reference);
  const manifest = digest === undefined ? undefined : registry.catalog.manifest(repository, digest);
  if (manifest === undefined) throw new Problem(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  return manifest;
}

async function requireContent(registry: Registry, repository: string, links: NonNullable<ReturnType<typeof manifestLinks>>): Promise<void> {
  for (const { digest, mediaType, urls } of links.blobs) {
    const present = registry.catalog.hasBlob(repository, digest) && (await registry.blobs.size(digest)) !== undefined;
    // Foreign layers lie elsewhere by design.
    if (!present && !isForeignLayer({ mediaType, urls })) throw new Problem(404, 'MANIFEST_BLOB_UNKNOWN', `blob unknown to registry: ${digest}`);
  }
  for (const { digest } of links.manifests) {
    if (registry.catalog.manifest(repository, digest) === undefined) throw new Problem(404, 'MANIFEST_UNKNOWN', `manifest unknown: ${digest}`);
  }
}

function accepts(accept: string, mediaType: string): boolean {
  return accept.split(',').some((part) => {
    const type = part.split(';')[0]?.trim().toLowerCase();
    return type === mediaType.toLowerCase() || type === '*/*' || type === 'application/*';
  });
}
