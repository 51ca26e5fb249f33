/**
 * What is to be copied, from where to where.
 * @module
 */
import type { DigestReference, Platform, Repository } from '../image/index.js';
import type { ImageSource, ImageTarget } from '../ports/index.js';

export interface CopyRequest {
  /** Name of the image in its release, for progress and errors. */
  readonly name: string;
  readonly source: ImageSource;
  readonly from: DigestReference;
  readonly target: ImageTarget;
  readonly to: Repository;
  /**
   * Only these images of an index, with their attestations. The index itself keeps its bytes and so names images that the
   * target lacks, which some registries refuse. Default: the whole index.
   */
  readonly platforms?: readonly Platform[];
  /** Blobs on the way, or requests, at the same time. Default: 4. */
  readonly parallel?: number;
  /** Whether signatures and attestations that refer to the image go with it. Default: true. */
  readonly referrers?: boolean;
  /** Look below manifests that the target has already. Repairs a target that lost blobs. Default: false. */
  readonly deep?: boolean;
}

export const defaultParallel = 4;
