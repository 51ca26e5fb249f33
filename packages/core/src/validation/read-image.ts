/**
 * An image as core's own checks know it: also those parts of which only the manifest could be read.
 * @module
 */
import { formatPlatform, type Descriptor, type Digest, type ImageConfig, type ImageManifest, type Platform } from '../image/index.js';
import type { InspectedImage } from '../ports/index.js';

/** What {@link inspectImage} found. */
export interface ReadImage extends InspectedImage {
  /** Images whose configuration cannot be read, which `faults` says: their sizes and layers are known all the same. */
  readonly unconfigured?: readonly UnconfiguredImage[];
  /** Entries of indexes of which nothing could be read, which `faults` says. */
  readonly unread?: readonly Descriptor[];
}

export interface UnconfiguredImage {
  /** As the index says; without an index only the configuration would know. */
  readonly platform?: Platform;
  readonly digest: Digest;
  readonly manifest: ImageManifest;
}

/** An image's manifest, and its configuration where that could be read. */
interface NamedManifest {
  /** `linux/amd64`, or `image` where nobody says what it is for. */
  readonly path: string;
  readonly digest: Digest;
  readonly manifest: ImageManifest;
  readonly config?: ImageConfig;
}

/** What an image is called in findings. */
export const pathOf = (platform: Platform | undefined): string => (platform === undefined ? 'image' : formatPlatform(platform));

/** Every image that is named, attestations left out; one that is named for two platforms stands here twice. */
export function manifestsOf({ platforms, unconfigured = [] }: Pick<ReadImage, 'platforms' | 'unconfigured'>): readonly NamedManifest[] {
  return [...platforms, ...unconfigured].map(({ platform, ...image }) => ({ path: pathOf(platform), ...image }));
}

/** The first of those that have the same key. */
export function distinct<T>(list: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const first = new Map<string, T>();
  for (const item of list) if (!first.has(keyOf(item))) first.set(keyOf(item), item);
  return [...first.values()];
}
