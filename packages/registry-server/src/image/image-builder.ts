/**
 * Builds small real images: true layers, configurations, manifests and indexes. The same input gives the same digests.
 * @see https://github.com/opencontainers/image-spec/blob/main/spec.md
 * @module
 */
import { gzipSync } from 'node:zlib';
import { digestOf, formatPlatform, isUnknownPlatform, mediaTypes, type Digest, type Platform } from '@davit/core';
import { tar, type TarFile } from './tar.js';

/** The part of an image's configuration that says how to run it. */
export interface RunConfig {
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Healthcheck?: Readonly<Record<string, unknown>>;
  readonly StopSignal?: string;
  readonly User?: string;
  readonly WorkingDir?: string;
}

export interface ImageSpec {
  /** Path → content: one layer, a gzipped tar archive. */
  readonly files?: Readonly<Record<string, string | Uint8Array | TarFile>>;
  /** More layers, below `files`. Bytes become a blob as they are, typed as an uncompressed tar archive whether they are one or not. */
  readonly layers?: readonly (Uint8Array | { readonly files: NonNullable<ImageSpec['files']> })[];
  readonly config?: RunConfig;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the manifest, or of the index where there is one. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Makes an index with one image for each, as `os/architecture[/variant]`. Without it: one manifest for linux/amd64. */
  readonly platforms?: readonly string[];
  /** Adds an attestation to the index for each platform, as BuildKit does. Only with `platforms`. Default false. */
  readonly attestations?: boolean;
  /** RFC 3339. Default 2024-01-01T00:00:00Z. */
  readonly created?: string;
  /** Docker's media types instead of OCI's. Default 'oci'. */
  readonly format?: 'oci' | 'docker';
}

export interface BuiltContent {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly bytes: Buffer;
}

export interface BuiltManifest extends BuiltContent {
  readonly platform: Platform;
  readonly config: BuiltContent;
  /** Base first. */
  readonly layers: readonly BuiltContent[];
}

export interface BuiltImage {
  /** What a tag names: the index, else the only manifest. */
  readonly root: BuiltContent;
  /** The images; attestations are not among them. */
  readonly manifests: readonly BuiltManifest[];
  readonly attestations: readonly BuiltManifest[];
  /** Every blob once. */
  readonly blobs: readonly BuiltContent[];
}

export function buildImage(spec: ImageSpec = {}): BuiltImage {
  const docker = spec.format === 'docker';
  const layers = [...(spec.layers ?? []).map((layer) => buildLayer(layer, docker)), ...(spec.files === undefined ? [] : [buildLayer({ files: spec.files }, docker)])];
  const manifests = (spec.platforms ?? ['linux/amd64']).map((platform) => buildManifest(spec, platformOf(platform), layers, docker));
  const attestations = spec.platforms !== undefined && spec.attestations === true ? manifests.map((manifest) => buildAttestation(spec, manifest)) : [];
  const first = manifests[0];
  if (first === undefined) throw new TypeError('an image has at least one platform');
  const root = spec.platforms === undefined ? first : buildIndex(spec, manifests, attestations, docker);
  const blobs = new Map([...manifests, ...attestations].flatMap(({ config, layers: own }) => [config, ...own]).map((blob) => [blob.digest, blob]));
  return { root, manifests, attestations, blobs: [...blobs.values()] };
}

export function builtContent(mediaType: string, bytes: Buffer): BuiltContent {
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes };
}

export function descriptorOf({ mediaType, digest, size }: BuiltContent): Pick<BuiltContent, 'mediaType' | 'digest' | 'size'> {
  return { mediaType, digest, size };
}

interface BuiltLayer extends BuiltContent {
  readonly diffId: Digest;
}

function buildLayer(layer: Uint8Array | { readonly files: NonNullable<ImageSpec['files']> }, docker: boolean): BuiltLayer {
  if (layer instanceof Uint8Array) {
    const bytes = Buffer.from(layer);
    return { ...builtContent(docker ? 'application/vnd.docker.image.rootfs.diff.tar' : mediaTypes.ociLayer, bytes), diffId: digestOf(bytes) };
  }
  const archive = tar(layer.files);
  return { ...builtContent(docker ? mediaTypes.dockerLayerGzip : mediaTypes.ociLayerGzip, gzipSync(archive)), diffId: digestOf(archive) };
}

function buildManifest(spec: ImageSpec, platform: Platform, layers: readonly BuiltLayer[], docker: boolean): BuiltManifest {
  const created = spec.created ?? '2024-01-01T00:00:00Z';
  const config = builtContent(
    docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig,
    json({
      created,
      architecture: platform.architecture,
      os: platform.os,
      ...(platform.variant === undefined ? {} : { variant: platform.variant }),
      config: { ...spec.config, ...(spec.labels === undefined ? {} : { Labels: spec.labels }) },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map((_, at) => ({ created, created_by: `layer ${String(at + 1)}` })),
    }),
  );
  const mediaType = docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest;
  const annotations = spec.platforms === undefined ? spec.annotations : undefined;
  const manifest = json({ schemaVersion: 2, mediaType, config: descriptorOf(config), layers: layers.map(descriptorOf), ...(annotations === undefined ? {} : { annotations }) });
  return { ...builtContent(mediaType, manifest), platform, config, layers };
}

/** A stand-in for provenance: an in-toto statement about the image, in an image of its own without a platform. */
function buildAttestation(spec: ImageSpec, subject: BuiltManifest): BuiltManifest {
  const statement = json({ _type: 'https://in-toto.io/Statement/v0.1', predicateType: 'https://slsa.dev/provenance/v0.2', subject: [{ name: 'image', digest: { sha256: subject.digest.slice('sha256:'.length) } }], predicate: {} });
  const layer = { ...builtContent('application/vnd.in-toto+json', statement), diffId: digestOf(statement) };
  return buildManifest({ ...(spec.created === undefined ? {} : { created: spec.created }) }, { os: 'unknown', architecture: 'unknown' }, [layer], false);
}

function buildIndex(spec: ImageSpec, manifests: readonly BuiltManifest[], attestations: readonly BuiltManifest[], docker: boolean): BuiltContent {
  const mediaType = docker ? mediaTypes.dockerIndex : mediaTypes.ociIndex;
  return builtContent(
    mediaType,
    json({
      schemaVersion: 2,
      mediaType,
      manifests: [
        ...manifests.map((manifest) => ({ ...descriptorOf(manifest), platform: manifest.platform })),
        ...attestations.map((attestation, at) => ({
          ...descriptorOf(attestation),
          annotations: { 'vnd.docker.reference.digest': manifests[at]?.digest, 'vnd.docker.reference.type': 'attestation-manifest' },
          platform: attestation.platform,
        })),
      ],
      ...(spec.annotations === undefined ? {} : { annotations: spec.annotations }),
    }),
  );
}

function platformOf(text: string): Platform {
  const [os, architecture, variant] = text.split('/');
  if (!os || !architecture) throw new TypeError(`not a platform: ${JSON.stringify(text)}`);
  const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  if (isUnknownPlatform(platform)) throw new TypeError(`${formatPlatform(platform)} is kept for attestations`);
  return platform;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
