/**
 * Layers and images as tools make them, for the checks that read content.
 */
import { gzipSync } from 'node:zlib';
import { digestOf, mediaTypes, type Platform } from '@davit/core';
import { buildImage, type BuiltImage, type ImageOptions } from '@davit/core/testing';

const block = 512;

export interface Entry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly type?: string;
  /** What the header says, where it is not the length of the content. */
  readonly size?: number | Buffer;
}

const padded = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, Buffer.alloc((block - (bytes.length % block)) % block)]);

export function entry({ name, content = '', type = '0', size }: Entry): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(block);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  const stated = size ?? bytes.length;
  if (typeof stated === 'number') header.write(`${stated.toString(8).padStart(11, '0')}\0`, 124);
  else stated.copy(header, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\u000000', 257, 'latin1');
  return Buffer.concat([summed(header), padded(bytes)]);
}

/** The header with its checksum. */
export function summed(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

export const endOfArchive = Buffer.alloc(2 * block);
export const tarOf = (...entries: readonly Entry[]): Buffer => Buffer.concat([...entries.map(entry), endOfArchive]);

/** One frame with one raw block: zstd, although nothing is made smaller. For 256 bytes to 64 KiB. */
export function zstdOf(bytes: Uint8Array): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x60, 0, 0, 0, 0, 0]);
  header.writeUInt16LE(bytes.length - 256, 5);
  header.writeUIntLE((bytes.length << 3) | 1, 7, 3);
  return Buffer.concat([header, bytes]);
}

export interface Layer {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly diffId: string;
}

export function layer(archive: Uint8Array = tarOf({ name: 'etc/release', content: 'one' }), packing: 'gzip' | 'none' | 'zstd' = 'gzip'): Layer {
  const mediaType = { gzip: mediaTypes.ociLayerGzip, none: mediaTypes.ociLayer, zstd: mediaTypes.ociLayerZstd }[packing];
  return { bytes: packing === 'gzip' ? gzipSync(archive) : packing === 'zstd' ? zstdOf(archive) : archive, mediaType, diffId: digestOf(archive) };
}

type Document = Record<string, unknown>;

/** An image of these layers, as a tool would make it; then spoilt. */
export function imageOf(layers: readonly Layer[], { changeConfig, changeManifest, ...more }: ImageOptions = {}): BuiltImage {
  return buildImage({
    ...more,
    layers: layers.map(({ bytes }) => bytes),
    changeConfig: (config) => {
      const real = { ...config, rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) } };
      return changeConfig?.(real) ?? real;
    },
    changeManifest: (manifest) => {
      const real = { ...manifest, layers: (manifest['layers'] as Document[]).map((descriptor, at) => ({ ...descriptor, mediaType: layers[at]?.mediaType })) };
      return changeManifest?.(real) ?? real;
    },
  });
}

export const arm64: Platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
