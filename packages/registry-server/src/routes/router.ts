/**
 * From a path to what answers it, and to what the caller must be allowed to do.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
 * @module
 */
import { isDigest, type Digest } from '@davit/core';
import { jsonAnswer, type Answer, type RegistryRequest } from '../answer.js';
import type { Access } from '../auth/access.js';
import { Problem } from '../problem.js';
import type { Registry } from '../registry.js';
import { deleteBlob, readBlob, readStorage } from './blobs.js';
import { listReferrers, listTags } from './listings.js';
import { deleteManifest, readManifest, writeManifest } from './manifests.js';
import { appendUpload, beginUpload, cancelUpload, findUpload, finishUpload, uploadStatus } from './uploads.js';

export interface Route {
  /** All that the caller must be allowed to do; nothing where being known is enough. */
  readonly needs: readonly Access[];
  readonly answer: (mayRead: (repository: string) => boolean) => Answer | Promise<Answer>;
}

type Answering = Route['answer'];

/** Finds the route of a request. Malformed names and digests are refused here, before anybody is asked who they are. */
export function routeOf(registry: Registry, request: RegistryRequest): Route {
  const { path } = request;
  if (/^\/v2\/?$/.test(path)) return { needs: [], answer: byMethod(request, { GET: () => jsonAnswer(200, {}) }) };
  // Names may contain the words of the endpoints: the last one in the path counts.
  const [, name, kind, reference] = /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests|tags|referrers)(?:\/([^/]*))?$/.exec(path) ?? [];
  if (name === undefined || kind === undefined) throw new Problem(404, 'UNSUPPORTED', 'no such endpoint');
  const repository = checkName(name);
  const answer = endpoint(registry, request, repository, kind, reference ?? '');
  return { needs: accessOf(request, repository, kind), answer };
}

/** The storage to which readers of blobs are sent, where the registry does so; undefined for every other path. */
export function storageOf(registry: Registry, request: RegistryRequest): Promise<Answer> | undefined {
  const digest = registry.features.blobRedirects ? /^\/storage\/(.+)$/.exec(request.path)?.[1] : undefined;
  return digest === undefined ? undefined : readStorage(registry, request, checkDigest(digest));
}

function endpoint(registry: Registry, request: RegistryRequest, repository: string, kind: string, reference: string): Answering {
  if (kind === 'blobs/uploads') {
    if (reference === '') return byMethod(request, { POST: (mayRead) => beginUpload(registry, request, repository, mayRead) });
    const upload = () => findUpload(registry, request, repository, reference);
    return byMethod(request, {
      GET: () => uploadStatus(registry, upload()),
      PATCH: () => appendUpload(registry, request, upload()),
      PUT: () => finishUpload(registry, request, upload()),
      DELETE: () => cancelUpload(registry, upload()),
    });
  }
  if (kind === 'blobs') {
    const digest = checkDigest(reference);
    return byMethod(request, { GET: () => readBlob(registry, request, repository, digest), DELETE: () => deleteBlob(registry, repository, digest) });
  }
  if (kind === 'manifests') {
    return byMethod(request, {
      GET: () => readManifest(registry, request, repository, reference),
      PUT: () => writeManifest(registry, request, repository, reference),
      DELETE: () => deleteManifest(registry, repository, reference),
    });
  }
  if (kind === 'tags' && reference === 'list') return byMethod(request, { GET: () => listTags(registry, request, repository) });
  if (kind === 'referrers') {
    const digest = checkDigest(reference);
    return byMethod(request, { GET: () => listReferrers(registry, request, repository, digest) });
  }
  throw new Problem(404, 'UNSUPPORTED', 'no such endpoint');
}

function byMethod({ method }: RegistryRequest, methods: Readonly<Partial<Record<string, Answering>>>): Answering {
  const answer = methods[method === 'HEAD' ? 'GET' : method];
  if (answer === undefined) throw new Problem(405, 'UNSUPPORTED', 'the operation is unsupported');
  return answer;
}

/** Reading needs `pull`, writing both, deleting content `delete`; a mount also asks for `pull` on where it mounts from. */
function accessOf({ method, query }: RegistryRequest, repository: string, kind: string): readonly Access[] {
  const uploads = kind === 'blobs/uploads';
  if (!uploads && (method === 'GET' || method === 'HEAD')) return [{ repository, action: 'pull' }];
  if (!uploads && method === 'DELETE') return [{ repository, action: 'delete' }];
  const from = method === 'POST' && query.has('mount') ? query.get('from') : null;
  const push: readonly Access[] = [{ repository, action: 'pull' }, { repository, action: 'push' }];
  return from === null ? push : [...push, { repository: checkName(from), action: 'pull', optional: true }];
}

const namePattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

function checkName(name: string): string {
  if (name.length > 255 || !namePattern.test(name)) throw new Problem(400, 'NAME_INVALID', 'invalid repository name');
  return name;
}

function checkDigest(text: string): Digest {
  if (!isDigest(text)) throw new Problem(400, 'DIGEST_INVALID', 'not a digest of a known algorithm');
  return text;
}
