/**
 * The blobs that an image consists of, each with its place in it.
 * @module
 */
import { formatPlatform, shortDigest, type Descriptor } from '../image/index.js';
import type { InspectedImage } from '../ports/index.js';

export interface ImagePart {
  readonly descriptor: Descriptor;
  /** `linux/amd64 layers[2]` */
  readonly path: string;
  readonly kind: 'config' | 'layer';
  /** False for what belongs to a build attestation: documents, no archives. */
  readonly isArchive: boolean;
  /** What a layer unpacks to, as the configuration says. */
  readonly diffId?: string;
}

/** Configurations and layers of every platform, then those of the attestations beside them. A blob may be in several places. */
export function partsOf(image: Pick<InspectedImage, 'platforms' | 'attestations'>): readonly ImagePart[] {
  return [
    ...image.platforms.flatMap(({ platform, manifest, config }) => {
      const at = formatPlatform(platform);
      return [
        { descriptor: manifest.config, path: `${at} config`, kind: 'config' as const, isArchive: false },
        ...manifest.layers.map((descriptor, index) => {
          const diffId = config.diffIds[index];
          return { descriptor, path: `${at} layers[${String(index)}]`, kind: 'layer' as const, isArchive: true, ...(diffId === undefined ? {} : { diffId }) };
        }),
      ];
    }),
    ...(image.attestations ?? []).flatMap(({ digest, manifest }) => {
      const at = `attestation ${shortDigest(digest)}`;
      return [
        { descriptor: manifest.config, path: `${at} config`, kind: 'config' as const, isArchive: false },
        ...manifest.layers.map((descriptor, index) => ({ descriptor, path: `${at} layers[${String(index)}]`, kind: 'layer' as const, isArchive: false })),
      ];
    }),
  ];
}
