/**
 * Puts built images into a registry of this process, past HTTP: nothing of it is in the request log, and no rights are asked.
 * @module
 */
import { mediaTypes, type Digest } from '@davit/core';
import type { RegistryStore, StoredContent } from '../registry-store.js';
import { buildImage, type BuiltImage, type BuiltManifest, type ImageSpec } from './image-builder.js';

export interface PushedImage {
  /** What the tag names: the digest of the index, else of the only manifest. */
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes of that index or manifest. */
  readonly size: number;
  /** `127.0.0.1:41234/app:1.0`, or by digest where no tag was given. */
  readonly reference: string;
  /** `127.0.0.1:41234/app@sha256:…`. */
  readonly digestReference: string;
  readonly manifests: readonly BuiltManifest[];
  /** Digests of the layers of the first platform, base first. */
  readonly layers: readonly Digest[];
  /** Digest of the configuration of the first platform. */
  readonly config: Digest;
  readonly built: BuiltImage;
}

export interface PushImageOptions extends ImageSpec {
  readonly repository: string;
  readonly tag?: string;
  readonly tags?: readonly string[];
}

interface RegistryOf {
  readonly host: string;
  readonly store: RegistryStore;
}

/** Builds an image and stores it. Without files and layers it gets one small layer that depends on repository and tag. */
export async function pushImage(server: RegistryOf, options: PushImageOptions): Promise<PushedImage> {
  const { repository, tag, tags = [], ...given } = options;
  const spec = given.files === undefined && given.layers === undefined ? { ...given, files: { 'etc/release': `${repository} ${tag ?? tags[0] ?? ''}\n` } } : given;
  const built = buildImage(spec);
  const names = [...(tag === undefined ? [] : [tag]), ...tags];
  await storeImage(server.store, repository, built, names);
  const { digest, mediaType, size } = built.root;
  const first = built.manifests[0];
  if (first === undefined) throw new TypeError('an image has at least one platform');
  const digestReference = `${server.host}/${repository}@${digest}`;
  return {
    digest,
    mediaType,
    size,
    reference: names[0] === undefined ? digestReference : `${server.host}/${repository}:${names[0]}`,
    digestReference,
    manifests: built.manifests,
    layers: first.layers.map((layer) => layer.digest),
    config: first.config.digest,
    built,
  };
}

export async function storeImage(store: RegistryStore, repository: string, built: BuiltImage, tags: readonly string[] = []): Promise<void> {
  for (const blob of built.blobs) await store.putBlob(repository, blob.bytes, blob.mediaType);
  for (const manifest of [...built.manifests, ...built.attestations, built.root]) await store.putManifest(repository, manifest.bytes, { mediaType: manifest.mediaType });
  for (const tag of tags) await store.tag(repository, tag, built.root.digest);
}

/** Stores an artifact that refers to a manifest, such as a signature. */
export async function pushReferrer(
  server: RegistryOf,
  options: { readonly repository: string; readonly subject: { readonly mediaType: string; readonly digest: string; readonly size: number }; readonly artifactType: string; readonly payload: string | Uint8Array; readonly annotations?: Readonly<Record<string, string>> },
): Promise<StoredContent> {
  const { repository, subject, artifactType, payload, annotations } = options;
  const config = await server.store.putBlob(repository, Buffer.from('{}'), mediaTypes.ociEmpty);
  const layer = await server.store.putBlob(repository, Buffer.from(payload), artifactType);
  const { mediaType, digest, size } = subject;
  return server.store.putManifest(repository, { schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType, config, layers: [layer], subject: { mediaType, digest, size }, ...(annotations === undefined ? {} : { annotations }) });
}
