/**
 * Blobs: whether they are there, their bytes or a part of them, and their removal.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-blobs
 * @module
 */
import type { Digest } from '@davit/core';
import type { Answer, RegistryRequest } from '../answer.js';
import { Problem } from '../problem.js';
import type { Registry } from '../registry.js';

export async function readBlob(registry: Registry, request: RegistryRequest, repository: string, digest: Digest): Promise<Answer> {
  const size = registry.catalog.hasBlob(repository, digest) ? await registry.blobs.size(digest) : undefined;
  if (size === undefined) throw new Problem(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  if (registry.features.blobRedirects) return { status: 307, headers: { location: storageUrl(registry.origin(), digest) } };
  return contentOf(registry, request, digest, size);
}

/** Another name for this very server, which makes it another host to clients; what is signed is good for the digest. */
function storageUrl(origin: string, digest: Digest): string {
  const url = new URL(`/storage/${digest}?signature=0`, origin);
  url.hostname = 'localhost';
  return url.href;
}

/** The storage behind the registry: takes no login beside the signed address, as the storage of clouds does. */
export async function readStorage(registry: Registry, request: RegistryRequest, digest: Digest): Promise<Answer> {
  if (request.headers.authorization !== undefined) throw new Problem(400, 'UNSUPPORTED', 'only one way of logging in may be used');
  const size = await registry.blobs.size(digest);
  if (size === undefined) throw new Problem(404, 'BLOB_UNKNOWN', 'blob unknown to storage');
  return contentOf(registry, request, digest, size);
}

function contentOf(registry: Registry, request: RegistryRequest, digest: Digest, size: number): Answer {
  const headers = { 'content-type': 'application/octet-stream', 'docker-content-digest': digest, ...(registry.features.ranges ? { 'accept-ranges': 'bytes' } : {}) };
  const range = registry.features.ranges && request.method === 'GET' ? parseRange(request.headers.range, size) : undefined;
  if (range === 'outside') throw new Problem(416, 'SIZE_INVALID', 'range not satisfiable', { 'content-range': `bytes */${String(size)}` });
  if (range === undefined) return { status: 200, headers, body: { size, chunks: registry.blobs.read(digest, 0, size) } };
  const { start, end } = range;
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${String(start)}-${String(end - 1)}/${String(size)}` },
    body: { size: end - start, chunks: registry.blobs.read(digest, start, end) },
  };
}

export async function deleteBlob(registry: Registry, repository: string, digest: Digest): Promise<Answer> {
  if (!registry.features.delete) throw new Problem(405, 'UNSUPPORTED', 'deleting is switched off');
  if (!registry.catalog.hasBlob(repository, digest)) throw new Problem(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  await registry.catalog.unlinkBlob(repository, digest);
  return { status: 202 };
}

/** One range of bytes (RFC 9110, 14.1.2), `end` not included. What is no such range is ignored, as that section says. */
export function parseRange(header: string | undefined, size: number): { readonly start: number; readonly end: number } | 'outside' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'outside' : { start: size - length, end: size };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'outside' : { start, end };
}
