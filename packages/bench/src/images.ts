/**
 * Images for the measurements: layers of random bytes, which nothing on the way can compress or guess.
 * @module
 */
import { createHash, createCipheriv, randomBytes } from 'node:crypto';
import { dockerRegistry } from '@davit/adapter-docker-registry';
import { digestOf, mediaTypes, okAsync, parseReference, type BlobContent, type Descriptor, type Digest } from '@davit/core';

export interface ImageShape {
  readonly layers: number;
  readonly layerBytes: number;
}

const megabyte = 1024 * 1024;
const zeroes = Buffer.alloc(megabyte);

/** Random bytes that can be made again from their seed, so that no layer is held in memory. */
async function* randomContent(seed: Buffer, size: number): AsyncGenerator<Buffer> {
  const stream = createCipheriv('aes-128-ctr', seed, Buffer.alloc(16));
  for (let left = size; left > 0; left -= megabyte) yield stream.update(left < megabyte ? zeroes.subarray(0, left) : zeroes);
  await Promise.resolve();
}

async function layerOf(size: number): Promise<BlobContent> {
  const seed = randomBytes(16);
  const hash = createHash('sha256');
  for await (const piece of randomContent(seed, size)) hash.update(piece);
  const descriptor: Descriptor = { mediaType: mediaTypes.ociLayerGzip, digest: `sha256:${hash.digest('hex')}` as Digest, size };
  return { descriptor, open: () => okAsync({ offset: 0, body: randomContent(seed, size) }) };
}

/** Pushes an image of random layers under a reference. */
export async function pushRandomImage(reference: string, { layers, layerBytes }: ImageShape): Promise<void> {
  const registry = dockerRegistry();
  const call = { signal: new AbortController().signal };
  const to = parseReference(reference)._unsafeUnwrap();
  const write = async (content: BlobContent): Promise<Descriptor> => {
    (await registry.writeBlob({ ...to, digest: content.descriptor.digest }, content, call))._unsafeUnwrap();
    return content.descriptor;
  };
  const descriptors: Descriptor[] = [];
  for (let number = 0; number < layers; number += 1) descriptors.push(await write(await layerOf(layerBytes)));
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: descriptors.map(({ digest }) => digest) } }));
  const configDescriptor = await write({ descriptor: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length }, open: () => okAsync({ offset: 0, body: once(config) }) });
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: configDescriptor, layers: descriptors }));
  const manifest = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), bytes };
  (await registry.tag(to, to.tag ?? 'latest', manifest, call))._unsafeUnwrap();
  await registry.close();
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
}
