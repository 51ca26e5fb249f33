/**
 * What is to be copied, from where to where.
 * @module
 */
import { repositoryOf, type DigestReference, type Platform, type Repository } from '../image/index.js';
import type { TagPolicy } from '../policy/tag-policy.js';
import type { Clock, ImageSource, ImageTarget } from '../ports/index.js';

export interface CopyRequest {
  /** Name of the image in its release, for progress and errors. */
  readonly name: string;
  readonly source: ImageSource;
  readonly from: DigestReference;
  readonly target: ImageTarget;
  readonly to: Repository;
  /**
   * Only these images of an index, with their attestations, as a new index that names just them: its digest is another
   * one. An image that stands alone is copied as it is, and must be for all of these: an error where it is not. Default: the
   * whole index, or the image, byte for byte.
   */
  readonly platforms?: readonly Platform[];
  /**
   * With `platforms`: keep the bytes and the digest of the index. It then names images that the target lacks, which some
   * registries refuse. Default: false.
   */
  readonly sparse?: boolean;
  /** Tags that name the image at the target when all of it is there. Default: none. */
  readonly tags?: readonly CopyTag[];
  /** Blobs on the way, or requests, at the same time. Default: 4, beside them 6 that are smaller than 4 MiB, and 8 questions. */
  readonly parallel?: number;
  /** Whether signatures and attestations go with the image: what refers to it, and what cosign keeps under tags. Default: true. */
  readonly referrers?: boolean;
  /** Repair: look below manifests that the target has already, and write again what it lacks there. Default: false. */
  readonly deep?: boolean;
}

export interface CopyOptions extends CopyRequest {
  /** For the rate of progress, and for waits. Default: the system's clock. */
  readonly clock?: Clock;
}

export interface CopyTag {
  readonly tag: string;
  /** What may happen to a tag that exists. Default: `allow-move`. */
  readonly policy?: TagPolicy;
  /**
   * Whether the tag's old digest is asked for where the image is at the target already. Without that a tag that may move is
   * put without a question, which spares a request and does no harm: it names the image afterwards in either case.
   * Default: true.
   */
  readonly remember?: boolean;
}

export const defaultParallel = 4;
/** Below this more of a blob's time is waiting than sending. */
export const smallBytes = 4 * 1024 * 1024;
export const smallParallel = 6;
/** Questions have no bodies; more of them may be on their way. */
const defaultQuestions = 8;

export const questionsAtOnce = (request: CopyRequest): number => request.parallel ?? defaultQuestions;

/** The same with both places as places alone: what was parsed for them may carry a tag, and a digest of its own. */
export const withPlaces = <R extends CopyRequest>(request: R): R => ({ ...request, from: { ...repositoryOf(request.from), digest: request.from.digest }, to: repositoryOf(request.to) });
