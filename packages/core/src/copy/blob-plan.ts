/**
 * Which blobs the target has, and how the others get there.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Digest } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import type { Call } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { inImage } from './fault.js';
import type { ImagePart } from './image-tree.js';
import { questionsAtOnce, type CopyRequest } from './request.js';

export interface PlannedBlob extends ImagePart {
  readonly action: 'copy' | 'mount' | 'present';
}

/** Sending so little costs hardly more than asking whether it must be sent. */
const unaskedBytes = 2 * 1024 * 1024;
/** So many small blobs that the target lacks make it likely that it lacks the others, too. */
const probes = 8;

export interface BlobPlanOptions {
  /** Blobs that the target affirmed and then denied: they are uploaded without asking again. */
  readonly doubted: ReadonlySet<Digest>;
  /** Ask for every blob. Otherwise the answer may name blobs to be copied or mounted that the target has: that costs a little, and saves a request for each. */
  readonly exact: boolean;
  /** None of a good many blobs of the same image was there: small ones are not asked for at all. */
  readonly unlikely?: boolean;
}

/** The largest first, so that no single one is left over at the end. */
export const bySize = (a: ImagePart, b: ImagePart): number => b.descriptor.size - a.descriptor.size;

/** Whether so many blobs were looked for in vain that the others are not likely to be there. */
export const areUnlikely = (blobs: readonly PlannedBlob[]): boolean => blobs.length >= probes && blobs.every(({ action }) => action !== 'present');

/** Plans what becomes of each blob; in the order in which they are sent. */
export async function planBlobs(request: CopyRequest, parts: readonly ImagePart[], options: BlobPlanOptions, call: Call): Promise<Result<readonly PlannedBlob[], RegistryError>> {
  const { doubted, exact, unlikely = false } = options;
  const sorted = [...parts].sort(bySize);
  // A mount finds a blob that is there as well.
  if (!exact && isOneRegistry(request)) return ok(sorted.map((part) => ({ ...part, action: doubted.has(part.descriptor.digest) ? 'copy' : 'mount' })));
  const present = new Set<Digest>();
  const ask = async (some: readonly ImagePart[]): Promise<Result<unknown, RegistryError>> =>
    inParallel(some.filter(({ descriptor }) => !doubted.has(descriptor.digest)), questionsAtOnce(request), call, async (part, inner) =>
      (await isPresent(request, part, inner)).map((found) => {
        if (found) present.add(part.descriptor.digest);
      }));
  const large = sorted.filter(({ descriptor }) => descriptor.size > unaskedBytes).length;
  // Small blobs are sent beside the large ones, so that those of an interrupted copy may be there where no large one is.
  const asked = exact ? sorted.length : large + (unlikely ? 0 : probes);
  const first = await ask(sorted.slice(0, asked));
  if (first.isErr()) return err(first.error);
  if (present.size > 0 || doubted.size > 0) {
    const rest = await ask(sorted.slice(asked));
    if (rest.isErr()) return err(rest.error);
  }
  const otherwise = isOneRegistry(request) ? 'mount' : 'copy';
  return ok(sorted.map((part) => ({ ...part, action: doubted.has(part.descriptor.digest) ? 'copy' : present.has(part.descriptor.digest) ? 'present' : otherwise })));
}

/** Whether the target has a blob whole. */
export async function isPresent(request: CopyRequest, { descriptor, label }: ImagePart, call: Call): Promise<Result<boolean, RegistryError>> {
  const found = await request.target.statBlob({ ...request.to, digest: descriptor.digest }, call);
  return found.map((size) => size === descriptor.size).mapErr((error) => inImage(request.name, label, error, descriptor));
}

const isOneRegistry = ({ from, to }: CopyRequest): boolean => from.registry === to.registry && from.repository !== to.repository;
