/**
 * The blobs that an image consists of, and their places in it.
 * @module
 */
import { shortDigest, type Descriptor, type Digest } from '../image/index.js';
import { distinct, manifestsOf, type ReadImage } from './read-image.js';

export interface BlobPlace {
  /** What is said of the blob here. Another place may say something else. */
  readonly descriptor: Descriptor;
  /** `linux/amd64 layers[2]` */
  readonly path: string;
  readonly kind: 'config' | 'layer';
  /** False for what belongs to a build attestation: documents, no archives. */
  readonly isArchive: boolean;
  /** What a layer unpacks to, as the configuration says. */
  readonly diffId?: string;
}

/** A blob with every place where it stands. */
export interface PlacedBlob {
  readonly digest: Digest;
  readonly places: readonly [BlobPlace, ...BlobPlace[]];
}

/**
 * Configurations and layers of every image, then those of the attestations beside them. A blob may be in several places, but
 * an image that is named for several platforms has one: the first.
 */
export function placesOf(image: Pick<ReadImage, 'platforms' | 'unconfigured' | 'attestations'>): readonly BlobPlace[] {
  return [
    ...distinct(manifestsOf(image), ({ digest }) => digest).flatMap(({ path: at, manifest, config }) => {
      return [
        // Of one that cannot be read it has been said what is wrong.
        ...(config === undefined ? [] : [{ descriptor: manifest.config, path: `${at} config`, kind: 'config' as const, isArchive: false }]),
        ...manifest.layers.map((descriptor, index) => {
          const diffId = config?.diffIds[index];
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

/** Each blob once, to be asked for once, with all places that are to be compared with it. */
export function blobsAt(places: readonly BlobPlace[]): readonly PlacedBlob[] {
  const blobs = new Map<Digest, [BlobPlace, ...BlobPlace[]]>();
  for (const place of places) {
    const known = blobs.get(place.descriptor.digest);
    if (known === undefined) blobs.set(place.descriptor.digest, [place]);
    else known.push(place);
  }
  return [...blobs].map(([digest, at]) => ({ digest, places: at }));
}
