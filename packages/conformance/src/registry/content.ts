/**
 * Contents that no registry has yet, and how the cases look at answers.
 * @module
 */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { digestOf, mediaTypes, okAsync, type BlobContent, type Call, type Descriptor, type DigestReference, type RawManifest, type RegistryError, type Repository, type Result } from '@davit/core';
import type { RegistrySubject } from './subject.js';

export const call = (signal: AbortSignal = new AbortController().signal): Call => ({ signal });

/** The value of a Result that must be ok. */
export async function valueOf<T>(result: PromiseLike<Result<T, RegistryError>>): Promise<T> {
  const settled = await result;
  if (settled.isErr()) assert.fail(`the adapter answered ${settled.error.code}: ${settled.error.message}`);
  return settled.value;
}

/** The error of a Result that must have one of these codes. Every error has to be of use to a person. */
export async function errorOf<T>(result: PromiseLike<Result<T, RegistryError>>, ...codes: readonly RegistryError['code'][]): Promise<RegistryError> {
  const settled = await result;
  if (settled.isOk()) assert.fail(`the adapter succeeded where ${codes.join(' or ')} was expected`);
  const { error } = settled;
  assert.ok(codes.includes(error.code), `expected ${codes.join(' or ')}, got ${error.code}: ${error.message}`);
  assert.ok(!error.message.includes('\n') && error.message.length > 10, `not one line for people: ${JSON.stringify(error.message)}`);
  return error;
}

/**
 * Fails where `work` takes longer: a port stops within a second, and a machine that tests much at once is slow. The timer
 * keeps the process alive, since a test runner calls a test cancelled when nothing is left that could end it.
 */
export async function within<T>(work: PromiseLike<T>, what: string, ms = 3000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: `${what} took longer than ${String(ms)} ms` })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export interface Blob {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
}

export function blobOf(bytes: Uint8Array, mediaType: string = mediaTypes.ociLayer): Blob {
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

/** Bytes that no registry has. */
export const freshBlob = (size = 1000): Blob => blobOf(randomBytes(size));

export function contentOf({ bytes, descriptor }: Blob): BlobContent {
  return {
    descriptor,
    open: (offset) => okAsync({ offset, body: pieces(bytes.subarray(offset)) }),
  };
}

export async function* pieces(bytes: Uint8Array, pieceBytes = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
}

export async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Fails where bytes differ, and says where: runners print the difference of two long texts for minutes. */
export function sameBytes(actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) === 0) return;
  const first = actual.findIndex((byte, place) => byte !== expected[place]);
  assert.fail(`other bytes than were written: ${String(actual.length)} of them instead of ${String(expected.length)}, and they differ from byte ${String(first < 0 ? actual.length : first)} on`);
}

export const at = (repository: Repository, digest: DigestReference['digest']): DigestReference => ({ registry: repository.registry, repository: repository.repository, digest });

export async function write({ target }: RegistrySubject, repository: Repository, blob: Blob): Promise<void> {
  await valueOf(target.writeBlob(at(repository, blob.descriptor.digest), contentOf(blob), call()));
}

export async function read({ target }: RegistrySubject, blob: DigestReference, offset = 0): Promise<{ readonly offset: number; readonly bytes: Buffer }> {
  const stream = await valueOf(target.readBlob(blob, offset, call()));
  return { offset: stream.offset, bytes: await bytesOf(stream.body) };
}

/** A manifest from an object; the spaces of an odd layout must survive. */
export function manifestOf(document: { readonly mediaType: string; readonly [field: string]: unknown }, spaces = 3): RawManifest {
  const bytes = Buffer.from(`${JSON.stringify(document, null, spaces)}\n`);
  return { mediaType: document.mediaType, digest: digestOf(bytes), bytes };
}

/** An index over manifests that are stored. */
export const indexOf = (manifests: readonly RawManifest[], more: Readonly<Record<string, unknown>> = {}): RawManifest => manifestOf({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: manifests.map(descriptorOf), ...more });

export interface WrittenImage {
  readonly manifest: RawManifest;
  readonly config: Blob;
  readonly layer: Blob;
}

/** A small image whose blobs are written, and whose manifest is not. */
export async function imageIn(subject: RegistrySubject, repository: Repository, more: { readonly docker?: boolean; readonly subject?: RawManifest } = {}): Promise<WrittenImage> {
  const docker = more.docker === true;
  const layer = blobOf(randomBytes(100), docker ? mediaTypes.dockerLayerGzip : mediaTypes.ociLayerGzip);
  const config = blobOf(
    Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', created: '2026-01-01T00:00:00Z', config: { Labels: { fresh: randomUUID() } }, rootfs: { type: 'layers', diff_ids: [layer.descriptor.digest] } })),
    docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig,
  );
  await write(subject, repository, config);
  await write(subject, repository, layer);
  const document = {
    schemaVersion: 2,
    mediaType: docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest,
    config: config.descriptor,
    layers: [layer.descriptor],
    ...(more.subject === undefined ? {} : { subject: descriptorOf(more.subject), artifactType: 'application/vnd.davit.conformance' }),
  };
  return { manifest: manifestOf(document), config, layer };
}

export const descriptorOf = ({ mediaType, digest, bytes }: RawManifest): Descriptor => ({ mediaType, digest, size: bytes.length });

/** An image that is written whole, under its digest only. */
export async function storedImage(subject: RegistrySubject, repository: Repository): Promise<WrittenImage> {
  const image = await imageIn(subject, repository);
  await valueOf(subject.target.writeManifest(repository, image.manifest, call()));
  return image;
}

/** A tag that nobody has used. */
export const freshTag = (): string => `t-${randomUUID()}`;
