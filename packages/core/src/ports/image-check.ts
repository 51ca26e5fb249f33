/**
 * Checks of an image before it is promoted (specification: chart 1; R36–R49).
 * @module
 */
import type { CheckError, RegistryError } from '../errors/index.js';
import type { Json } from '../json.js';
import type { Digest, DigestReference, ImageConfig, ImageManifest, Platform } from '../image/index.js';
import type { ResultAsync } from '../result.js';
import type { Call } from './call.js';
import type { ImageSource } from './image-source.js';

/** One image of a release, read as far as manifests and configurations go. */
export interface InspectedImage {
  readonly name: string;
  readonly reference: DigestReference;
  /** The tested revision, where the caller named one. */
  readonly revision?: string;
  readonly platforms: readonly InspectedPlatform[];
  /** Build attestations that stand in the index beside the images. They are no images; they are only complete or not. */
  readonly attestations?: readonly InspectedAttestation[];
  /** Of the index, where the reference names one. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** What could not be read because the image itself is at fault; `platforms` lacks it. Reported by core's own checks. */
  readonly faults?: readonly Finding[];
}

export interface InspectedPlatform {
  readonly platform: Platform;
  readonly digest: Digest;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

export interface InspectedAttestation {
  readonly digest: Digest;
  /** The image that it speaks of, where it says so. */
  readonly of?: string;
  readonly manifest: ImageManifest;
}

export interface Finding {
  /** Stable name of what is wrong: `layer_missing`, `label_missing`. */
  readonly code: string;
  /** Where in the image: `linux/amd64 layers[3]`. */
  readonly path: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly expected?: Json;
  readonly actual?: Json;
}

/** One kind of check. Findings are the image's faults; an error means that the check could not be made. */
export interface ImageCheck {
  readonly name: string;
  check(image: InspectedImage, source: ImageSource, call: Call): ResultAsync<readonly Finding[], CheckError | RegistryError>;
}
