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
