/**
 * Uploads of blobs: in one request, in a stream, or in chunks; resumed, mounted, or given up.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs
 * @module
 */
import { isDigest, type Digest } from '@davit/core';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Answer, RegistryRequest } from '../answer.js';
import { Problem } from '../problem.js';
import { locationOf, type Registry } from '../registry.js';
import type { Upload } from '../store/uploads.js';

/** POST: begins an upload, takes a whole blob (`digest`), or mounts one (`mount` and `from`; `mayRead` says whether the caller may). */
export async function beginUpload(registry: Registry, request: RegistryRequest, repository: string, mayRead: (repository: string) => boolean): Promise<Answer> {
  const { query } = request;
  const mount = query.get('mount');
  if (mount !== null) {
    const digest = digestOf(mount);
    const from = query.get('from');
    // A refusal to mount is no error: the client uploads instead, into the session that the answer opens.
    if (from !== null && registry.features.mount && mayRead(from) && registry.catalog.hasBlob(from, digest) && (await registry.blobs.size(digest)) !== undefined) {
      await registry.catalog.linkBlob(repository, digest);
      return created(registry, repository, digest);
    }
    return accepted(registry, await registry.uploads.begin(repository));
  }
  const algorithm = query.get('digest-algorithm');
  if (algorithm !== null && algorithm !== 'sha256' && algorithm !== 'sha512') throw new Problem(400, 'DIGEST_INVALID', 'digest algorithm not supported');
  const whole = query.get('digest');
  const upload = await registry.uploads.begin(repository);
  if (whole === null || !registry.features.singlePost) return accepted(registry, upload);
  return upload.exclusive(async () => {
    try {
      const digest = digestOf(whole);
      for await (const chunk of request.body) await upload.writer.write(chunk);
      return await finish(registry, upload, digest);
    } catch (cause) {
      await giveUp(registry, upload);
      throw cause;
    }
  });
}

/** PATCH: appends, either a stream of any length or a chunk that Content-Range places. */
export function appendUpload(registry: Registry, request: RegistryRequest, upload: Upload): Promise<Answer> {
  return onUpload(registry, upload, async () => {
    await append(registry, request, upload);
    return accepted(registry, upload);
  });
}

/** PUT: appends what it carries, if anything, and checks the whole against `digest`. */
export function finishUpload(registry: Registry, request: RegistryRequest, upload: Upload): Promise<Answer> {
  return onUpload(registry, upload, async () => {
    const digest = digestOf(request.query.get('digest'));
    await append(registry, request, upload);
    return finish(registry, upload, digest);
  });
}

/** GET: how far the upload is, for a client that lost its connection. */
export function uploadStatus(registry: Registry, upload: Upload): Promise<Answer> {
  return onUpload(registry, upload, () => Promise.resolve({ status: 204, headers: progressHeaders(registry, upload) }));
}

/** DELETE: gives the upload up. */
export function cancelUpload(registry: Registry, upload: Upload): Promise<Answer> {
  return onUpload(registry, upload, async () => {
    await giveUp(registry, upload);
    return { status: 204 };
  });
}

export function findUpload(registry: Registry, request: RegistryRequest, repository: string, id: string): Upload {
  const upload = registry.uploads.find(repository, id, request.query.get('_state'));
  if (upload === undefined) throw new Problem(404, 'BLOB_UPLOAD_UNKNOWN', 'upload unknown to registry');
  return upload;
}

function onUpload(registry: Registry, upload: Upload, work: () => Promise<Answer>): Promise<Answer> {
  return upload.exclusive(() => {
    if (!registry.uploads.has(upload)) throw new Problem(404, 'BLOB_UPLOAD_UNKNOWN', 'upload unknown to registry');
    return work();
  });
}

/** Bytes that arrived stay, even when the connection breaks: that is what makes an upload resumable. */
async function append(registry: Registry, request: RegistryRequest, upload: Upload): Promise<void> {
  const { 'content-range': range, 'content-length': length } = request.headers;
  if (range !== undefined) {
    // The specification's own form, without a unit: `0-1023`.
    const match = /^(\d{1,15})-(\d{1,15})$/.exec(range);
    if (match === null) throw new Problem(400, 'BLOB_UPLOAD_INVALID', 'Content-Range is not start-end');
    const [start, end] = [Number(match[1]), Number(match[2])];
    if (end - start + 1 > registry.features.maxChunkBytes) throw new Problem(416, 'SIZE_INVALID', 'the chunk is too large');
    if (start !== upload.writer.size) throw new Problem(416, 'BLOB_UPLOAD_INVALID', 'the chunk does not begin where the upload ends', progressHeaders(registry, upload));
    if (end < start || (length !== undefined && Number(length) !== end - start + 1)) throw new Problem(400, 'SIZE_INVALID', 'Content-Length does not fit Content-Range');
  }
  for await (const chunk of request.body) await upload.writer.write(chunk);
}

async function finish(registry: Registry, upload: Upload, digest: Digest): Promise<Answer> {
  registry.uploads.end(upload);
  if (!(await upload.writer.commit(digest))) throw new Problem(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  await registry.catalog.linkBlob(upload.repository, digest);
  return created(registry, upload.repository, digest);
}

async function giveUp(registry: Registry, upload: Upload): Promise<void> {
  registry.uploads.end(upload);
  await upload.writer.discard();
}

function created(registry: Registry, repository: string, digest: Digest): Answer {
  return { status: 201, headers: { location: locationOf(registry, `/v2/${repository}/blobs/${digest}`), 'docker-content-digest': digest } };
}

function accepted(registry: Registry, upload: Upload): Answer {
  return { status: 202, headers: progressHeaders(registry, upload) };
}

function progressHeaders(registry: Registry, upload: Upload): OutgoingHttpHeaders {
  return {
    location: locationOf(registry, `/v2/${upload.repository}/blobs/uploads/${upload.id}?_state=${upload.state}`),
    // Of zero bytes and of one byte it is the same text; the specification has no other for nothing.
    range: `0-${String(Math.max(upload.writer.size - 1, 0))}`,
    'docker-upload-uuid': upload.id,
  };
}

function digestOf(text: string | null): Digest {
  if (text === null || !isDigest(text)) throw new Problem(400, 'DIGEST_INVALID', 'not a digest of a known algorithm');
  return text;
}
