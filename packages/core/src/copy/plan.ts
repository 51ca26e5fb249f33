/**
 * What copying an image would do, found out by reading only: which manifests and blobs the target lacks, and how each blob
 * would get there (R16, G6).
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { formatPlatform, formatRepository, type Digest } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import type { Call } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { inImage } from './fault.js';
import { treeReader, type ImagePart, type MissingManifest } from './image-tree.js';
import { readReferrers, type SkippedReferrer } from './referrers.js';
import { defaultParallel, type CopyRequest } from './request.js';

export interface PlannedBlob extends ImagePart {
  readonly action: 'copy' | 'mount' | 'present';
}

export interface CopyPlan {
  readonly image: string;
  readonly digest: Digest;
  /** `registry/repository` */
  readonly from: string;
  readonly to: string;
  /** Whether the target has the manifest, and so the image, already. */
  readonly present: boolean;
  /** What the target lacks, in the order in which it is written: parts before wholes, referrers last. */
  readonly manifests: readonly MissingManifest[];
  /** How many of the manifests that were asked for the target has already. */
  readonly presentManifests: number;
  /** The blobs of `manifests`, each once. */
  readonly blobs: readonly PlannedBlob[];
  /** Layers that registries need not hold; they stay where they are. */
  readonly foreignBlobs: number;
  /** Signatures and attestations that go with the image, those that are there already included. */
  readonly referrers: number;
  readonly skippedReferrers: readonly SkippedReferrer[];
  readonly bytes: { readonly copy: number; readonly mount: number; readonly present: number };
}

/** Plans a copy. Reads both sides, writes nothing. */
export function planCopy(request: CopyRequest, call: Call): ResultAsync<CopyPlan, RegistryError> {
  return new ResultAsync(makePlan(request, new Set(), call));
}

/** The plan of a copy. `doubted` are blobs that the target affirmed and then denied: they are uploaded without asking again. */
export async function makePlan(request: CopyRequest, doubted: ReadonlySet<Digest>, call: Call): Promise<Result<CopyPlan, RegistryError>> {
  const tree = treeReader(request, call);
  const root = await tree.read({ digest: request.from.digest, label: 'image' }, 'image');
  if (root.isErr()) return err(root.error);
  const [unmet] = tree.unmet();
  if (unmet !== undefined) return err(failure('manifest_not_found', `${request.name}: the index ${request.from.digest} has no image for ${formatPlatform(unmet)}`, { digest: request.from.digest, platform: formatPlatform(unmet) }));
  const referrers = request.referrers === false ? ok({ count: 0, skipped: [] }) : await readReferrers(request, tree, call);
  if (referrers.isErr()) return err(referrers.error);
  const all = tree.missing();
  const manifests = [...all.filter(({ role }) => role !== 'referrer'), ...all.filter(({ role }) => role === 'referrer')];

  // One blob may belong to several platforms; it goes over once.
  const parts = new Map<Digest, ImagePart>();
  for (const part of manifests.flatMap((manifest) => manifest.parts)) if (!parts.has(part.descriptor.digest)) parts.set(part.descriptor.digest, part);
  const placed = await inParallel([...parts.values()], request.parallel ?? defaultParallel, call, (part, inner) => place(request, part, doubted, inner));
  if (placed.isErr()) return err(placed.error);
  const bytesOf = (action: PlannedBlob['action']): number => placed.value.reduce((sum, blob) => (blob.action === action ? sum + blob.descriptor.size : sum), 0);
  return ok({
    image: request.name,
    digest: request.from.digest,
    from: formatRepository(request.from),
    to: formatRepository(request.to),
    present: root.value.present,
    manifests,
    presentManifests: tree.presentCount,
    blobs: placed.value,
    foreignBlobs: tree.foreign.size,
    referrers: referrers.value.count,
    skippedReferrers: referrers.value.skipped,
    bytes: { copy: bytesOf('copy'), mount: bytesOf('mount'), present: bytesOf('present') },
  });
}

async function place(request: CopyRequest, part: ImagePart, doubted: ReadonlySet<Digest>, call: Call): Promise<Result<PlannedBlob, RegistryError>> {
  const { digest, size } = part.descriptor;
  if (doubted.has(digest)) return ok({ ...part, action: 'copy' });
  const found = await request.target.statBlob({ ...request.to, digest }, call);
  if (found.isErr()) return err(inImage(request.name, part.label, found.error, part.descriptor));
  if (found.value === size) return ok({ ...part, action: 'present' });
  const mountable = request.from.registry === request.to.registry && request.from.repository !== request.to.repository;
  return ok({ ...part, action: mountable ? 'mount' : 'copy' });
}
