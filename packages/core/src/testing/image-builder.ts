/**
 * Small valid images and indexes, made in memory for tests.
 * @module
 */
import { digestOf, mediaTypes, type Descriptor, type Digest, type Platform, type RawManifest } from '../image/index.js';

/** What a document may say: JSON with absent fields. */
type Document = Record<string, unknown>;

export interface ImageOptions {
  /** Default: linux/amd64. */
  readonly platform?: Platform;
  /** Bytes of each layer, base first; a text is its UTF-8. Default: one layer. */
  readonly layers?: readonly (Uint8Array | string)[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** ISO date. Default: 2025-06-01T00:00:00Z. */
  readonly created?: string;
  readonly user?: string;
  /** What this manifest refers to: makes it a referrer. */
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  /** Changes the configuration before it is stored, to make a faulty one. */
  readonly changeConfig?: (config: Document) => Document;
  /** Changes the manifest before it is stored, to make a faulty one. */
  readonly changeManifest?: (manifest: Document) => Document;
  /** Default: the types of the OCI specification. */
  readonly docker?: boolean;
}

/** An image, or an index of images, with everything that belongs to it. */
export interface BuiltImage {
  readonly digest: Digest;
  readonly raw: RawManifest;
  /** How an index or a referrer names it. */
  readonly descriptor: Descriptor;
  /** Configuration and layers, by digest. */
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
  /** Manifests below this one, children before parents. Empty for a single image. */
  readonly children: readonly RawManifest[];
  readonly platform?: Platform;
}

const encode = (document: Document): Uint8Array => new TextEncoder().encode(JSON.stringify(document));
const bytesOf = (content: Uint8Array | string): Uint8Array => (typeof content === 'string' ? new TextEncoder().encode(content) : content);

/** Makes an image of one platform. */
export function buildImage(options: ImageOptions = {}): BuiltImage {
  const { platform = { os: 'linux', architecture: 'amd64' }, labels, annotations, created = '2025-06-01T00:00:00Z', user, subject, artifactType, changeConfig, changeManifest, docker = false } = options;
  const layers = (options.layers ?? ['layer of a small image']).map(bytesOf);
  const config: Document = {
    created,
    os: platform.os,
    architecture: platform.architecture,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    config: { ...(labels === undefined ? {} : { Labels: labels }), ...(user === undefined ? {} : { User: user }), Cmd: ['/app'] },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) },
    history: layers.map(() => ({ created, created_by: 'COPY . /' })),
  };
  const configBytes = encode(changeConfig?.(config) ?? config);
  const describe = (bytes: Uint8Array, mediaType: string): Descriptor => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const manifest: Document = {
    schemaVersion: 2,
    mediaType: docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest,
    ...(artifactType === undefined ? {} : { artifactType }),
    config: describe(configBytes, docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig),
    layers: layers.map((layer) => describe(layer, docker ? mediaTypes.dockerLayerGzip : mediaTypes.ociLayer)),
    ...(subject === undefined ? {} : { subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size } }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  const raw = rawManifest(changeManifest?.(manifest) ?? manifest);
  return {
    digest: raw.digest,
    raw,
    descriptor: { mediaType: raw.mediaType, digest: raw.digest, size: raw.bytes.length, platform, ...(artifactType === undefined ? {} : { artifactType }) },
    blobs: new Map([configBytes, ...layers].map((bytes) => [digestOf(bytes), bytes])),
    children: [],
    platform,
  };
}

/** Makes an artifact that refers to an image, as a signature or an attestation does. */
export function buildReferrer(subject: Descriptor, options: { readonly artifactType?: string; readonly content?: string } = {}): BuiltImage {
  const { artifactType = 'application/vnd.example.signature.v1+json', content = `about ${subject.digest}` } = options;
  const empty = new TextEncoder().encode('{}');
  const payload = new TextEncoder().encode(content);
  const raw = rawManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType,
    config: { mediaType: mediaTypes.ociEmpty, digest: digestOf(empty), size: empty.length },
    layers: [{ mediaType: 'application/json', digest: digestOf(payload), size: payload.length }],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
  });
  return { digest: raw.digest, raw, descriptor: { mediaType: raw.mediaType, digest: raw.digest, size: raw.bytes.length, artifactType }, blobs: new Map([empty, payload].map((bytes) => [digestOf(bytes), bytes])), children: [] };
}

export interface IndexOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  /** Adds a build attestation beside each image, as BuildKit does. */
  readonly attestations?: boolean;
  /** Changes the index before it is stored, to make a faulty one. */
  readonly changeIndex?: (index: Document) => Document;
  readonly docker?: boolean;
}

/** Makes an index over images, or over other indexes. */
export function buildIndex(images: readonly BuiltImage[], options: IndexOptions = {}): BuiltImage {
  const attestations = options.attestations === true ? images.map((image) => ({ of: image.digest, image: buildImage({ platform: { os: 'unknown', architecture: 'unknown' }, layers: [`provenance of ${image.digest}`] }) })) : [];
  const all = [...images, ...attestations.map(({ image }) => image)];
  const reference = new Map(attestations.map(({ of, image }) => [image.digest, of]));
  const index: Document = {
    schemaVersion: 2,
    mediaType: options.docker === true ? mediaTypes.dockerIndex : mediaTypes.ociIndex,
    manifests: all.map(({ descriptor }) => {
      const of = reference.get(descriptor.digest);
      return of === undefined ? descriptor : { ...descriptor, annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': of } };
    }),
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  };
  const raw = rawManifest(options.changeIndex?.(index) ?? index);
  return {
    digest: raw.digest,
    raw,
    descriptor: { mediaType: raw.mediaType, digest: raw.digest, size: raw.bytes.length },
    blobs: new Map(all.flatMap((image) => [...image.blobs])),
    children: all.flatMap((image) => [...image.children, image.raw]),
  };
}

/** The bytes of a document as a registry would store them. */
export function rawManifest(document: Document): RawManifest {
  const bytes = encode(document);
  const { mediaType } = document;
  return { mediaType: typeof mediaType === 'string' ? mediaType : mediaTypes.ociManifest, digest: digestOf(bytes), bytes };
}
