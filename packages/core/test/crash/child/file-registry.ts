/**
 * A registry in a directory, for processes that come and go. One repository is all it keeps.
 * @module
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, errAsync, failure, ok, okAsync, ResultAsync, type Descriptor, type Digest, type ImageTarget, type RawManifest, type RegistryError } from '@davit/core';
import type { BuiltImage } from '@davit/core/testing';
import { effect } from './reached.js';

interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: string;
}

const fileOf = (digest: string): string => digest.replace(':', '-');

function put(path: string, content: string | Uint8Array): void {
  writeFileSync(`${path}.${String(process.pid)}`, content);
  renameSync(`${path}.${String(process.pid)}`, path);
}

export function fileRegistry(directory: string, log: string): ImageTarget {
  const at = (kind: 'blobs' | 'manifests' | 'tags', name: string): string => join(directory, kind, name);
  const missing = (what: string): RegistryError => failure('manifest_not_found', `there is no ${what} in ${directory}`);
  const manifestOf = (digest: Digest): RawManifest | undefined => {
    const path = at('manifests', fileOf(digest));
    if (!existsSync(path)) return undefined;
    const { mediaType, bytes } = JSON.parse(readFileSync(path, 'utf8')) as StoredManifest;
    return { mediaType, digest, bytes: Buffer.from(bytes, 'base64') };
  };
  return {
    name: 'file-registry',
    resolve: ({ digest, tag }) => {
      const path = at('tags', tag ?? 'latest');
      const named = digest ?? (existsSync(path) ? (readFileSync(path, 'utf8') as Digest) : undefined);
      const raw = named === undefined ? undefined : manifestOf(named);
      return raw === undefined ? errAsync(missing(tag ?? named ?? '')) : okAsync<Descriptor, RegistryError>({ mediaType: raw.mediaType, digest: raw.digest, size: raw.bytes.length });
    },
    readManifest: ({ digest }) => {
      const raw = manifestOf(digest);
      return raw === undefined ? errAsync(missing(digest)) : okAsync(raw);
    },
    readBlob: ({ digest }, offset) => {
      const bytes = readFileSync(at('blobs', fileOf(digest))).subarray(offset);
      return okAsync({ offset, body: (async function* () { yield bytes; })() });
    },
    statBlob: ({ digest }) => okAsync(existsSync(at('blobs', fileOf(digest))) ? statSync(at('blobs', fileOf(digest))).size : null),
    listReferrers: () => okAsync([]),
    mountBlob: () => okAsync(false),
    writeBlob: ({ digest }, content, call) =>
      new ResultAsync(
        (async () => {
          const opened = await content.open(0, call);
          if (opened.isErr()) return err(opened.error);
          const parts: Uint8Array[] = [];
          for await (const part of opened.value.body) parts.push(part);
          effect(log, `writeBlob ${digest}`, () => { put(at('blobs', fileOf(digest)), Buffer.concat(parts)); });
          return ok(undefined);
        })(),
      ),
    writeManifest: (_to, { digest, mediaType, bytes }) => {
      effect(log, `writeManifest ${digest}`, () => { put(at('manifests', fileOf(digest)), JSON.stringify({ mediaType, bytes: Buffer.from(bytes).toString('base64') } satisfies StoredManifest)); });
      return okAsync(undefined);
    },
    tag: (_to, tag, { digest }) => {
      effect(log, `tag ${tag} ${digest}`, () => { put(at('tags', tag), digest); });
      return okAsync(undefined);
    },
  };
}

/** Makes the directory, with these images by their tags. */
export function makeFileRegistry(directory: string, images: Readonly<Record<string, BuiltImage>>): void {
  for (const kind of ['blobs', 'manifests', 'tags']) mkdirSync(join(directory, kind), { recursive: true });
  for (const [tag, { raw, blobs }] of Object.entries(images)) {
    for (const [digest, bytes] of blobs) writeFileSync(join(directory, 'blobs', fileOf(digest)), bytes);
    writeFileSync(join(directory, 'manifests', fileOf(raw.digest)), JSON.stringify({ mediaType: raw.mediaType, bytes: Buffer.from(raw.bytes).toString('base64') } satisfies StoredManifest));
    writeFileSync(join(directory, 'tags', tag), raw.digest);
  }
}

/** What each tag names. */
export function tagsOf(directory: string): Readonly<Record<string, string>> {
  return Object.fromEntries(readdirSync(join(directory, 'tags')).sort().map((tag) => [tag, readFileSync(join(directory, 'tags', tag), 'utf8')]));
}
