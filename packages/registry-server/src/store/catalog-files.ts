/**
 * The catalog as files, so that a registry started on the same directory holds the same images:
 * `repositories/NAME/blobs/DIGEST` (empty), `manifests/DIGEST` and `DIGEST.type`, `tags/TAG` (a digest); slashes in names are `+`.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '@davit/core';
import { Catalog, type CatalogKeeper } from './catalog.js';

export async function openCatalog(directory: string): Promise<Catalog> {
  const root = join(directory, 'repositories');
  const catalog = new Catalog(keeperOf(root));
  for (const folder of await list(root)) {
    const repository = folder.replaceAll('+', '/');
    const inside = join(root, folder);
    for (const name of await list(join(inside, 'blobs'))) catalog.restoreBlob(repository, digestOfName(name));
    for (const name of await list(join(inside, 'manifests'))) {
      if (name.endsWith('.type')) continue;
      const [bytes, mediaType] = await Promise.all([readFile(join(inside, 'manifests', name)), readFile(join(inside, 'manifests', `${name}.type`), 'utf8')]);
      catalog.restoreManifest(repository, { digest: digestOfName(name), mediaType, bytes });
    }
    for (const tag of await list(join(inside, 'tags'))) catalog.restoreTag(repository, tag, (await readFile(join(inside, 'tags', tag), 'utf8')) as Digest);
  }
  return catalog;
}

function keeperOf(root: string): CatalogKeeper {
  const folder = (repository: string, kind: string): string => join(root, repository.replaceAll('/', '+'), kind);
  return {
    async saveLink(repository, digest, present) {
      const path = join(folder(repository, 'blobs'), nameOf(digest));
      await (present ? write(path, '') : rm(path, { force: true }));
    },
    async saveManifest(repository, digest, manifest) {
      const path = join(folder(repository, 'manifests'), nameOf(digest));
      if (manifest === undefined) {
        await rm(path, { force: true });
        await rm(`${path}.type`, { force: true });
        return;
      }
      // The type first: a manifest that can be listed can be read.
      await write(`${path}.type`, manifest.mediaType);
      await write(path, manifest.bytes);
    },
    async saveTag(repository, tag, digest) {
      const path = join(folder(repository, 'tags'), tag);
      await (digest === undefined ? rm(path, { force: true }) : write(path, digest));
    },
  };
}

/** The file has its old content or its new one, never a part. */
async function write(path: string, content: string | Uint8Array): Promise<void> {
  const directory = join(path, '..');
  await mkdir(directory, { recursive: true });
  const temporary = join(directory, `.${randomUUID()}`);
  await writeFile(temporary, content);
  await rename(temporary, path);
}

async function list(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

const nameOf = (digest: Digest): string => digest.replace(':', '-');
const digestOfName = (name: string): Digest => name.replace('-', ':') as Digest;
