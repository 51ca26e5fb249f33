/**
 * What copying an image would do, found out by reading only: which manifests and blobs the target lacks, how each blob
 * would get there, and what becomes of tags (R16, G6).
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { formatPlatform, formatRepository, type Digest, type RawManifest } from '../image/index.js';
import { watched, type Call } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { areUnlikely, bySize, planBlobs, type PlannedBlob } from './blob-plan.js';
import { checkRequest } from './check-request.js';
import { readCosignTags, type CosignTag } from './cosign-tags.js';
import { treeReader, type ImagePart, type MissingManifest } from './image-tree.js';
import { readReferrers, type SkippedReferrer } from './referrers.js';
import { withPlaces, type CopyRequest } from './request.js';
import { planCosignTags, planTags, type PlannedTag } from './tag-plan.js';

export interface CopyPlan {
  readonly image: string;
  /** What the target will have: the digest of the source, unless a part of an index is copied as a new one. */
  readonly digest: Digest;
  /** What was asked for. */
  readonly sourceDigest: Digest;
  /** `registry/repository` */
  readonly from: string;
  readonly to: string;
  /** Whether the target has the manifest, and so the image, already. */
  readonly present: boolean;
  /** What the target lacks, in the order in which it is written: parts before wholes, referrers last. */
  readonly manifests: readonly MissingManifest[];
  /** How many of the manifests that were asked for the target has already. */
  readonly presentManifests: number;
  /** The blobs of `manifests`, each once, the largest first. */
  readonly blobs: readonly PlannedBlob[];
  /** Layers that registries need not hold; they stay where they are. */
  readonly foreignBlobs: number;
  /** Signatures and attestations that go with the image, those that are there already included. */
  readonly referrers: number;
  readonly skippedReferrers: readonly SkippedReferrer[];
  /** Tags of cosign first, those that were asked for last. */
  readonly tags: readonly PlannedTag[];
  readonly bytes: { readonly copy: number; readonly mount: number; readonly present: number };
}

/** A plan with what carrying it out needs. */
export interface WorkingPlan extends CopyPlan {
  /** The bytes of the image's manifest, where they were read. */
  readonly root?: RawManifest;
}

/**
 * Plans a copy. Reads both sides, writes nothing.
 * @throws ConfigurationError as `copyImage` does.
 */
export function planCopy(request: CopyRequest, call: Call): ResultAsync<CopyPlan, RegistryError> {
  checkRequest('planCopy', request);
  return new ResultAsync(makePlan(withPlaces(request), { doubted: new Set(), exact: true }, watched(call))).map(({ root: _, ...plan }) => plan);
}

export interface PlanOptions {
  /** Blobs that the target affirmed and then denied: they are uploaded without asking again. */
  readonly doubted: ReadonlySet<Digest>;
  /** Ask for everything that may be asked, so that the plan is true in every number. */
  readonly exact: boolean;
}

export async function makePlan(request: CopyRequest, options: PlanOptions, call: Call): Promise<Result<WorkingPlan, RegistryError>> {
  const tree = treeReader(request, call);
  const root = await tree.read({ digest: request.from.digest, label: 'image' }, 'image');
  if (root.isErr()) return err(root.error);
  const [unmet] = tree.unmet();
  if (unmet !== undefined) return err(failure('manifest_not_found', `${request.name}: the index ${request.from.digest} has no image for ${formatPlatform(unmet)}`, { digest: request.from.digest, platform: formatPlatform(unmet) }));
  const { digest, present, raw } = root.value;
  const images = tree.missing();
  const ofImages = partsOf(images, new Set());
  const asking = { doubted: options.doubted, exact: options.exact || request.deep === true };
  // None of these waits for another: over a slow line the time is what it takes to ask, not to answer.
  const [attached, asked, own] = await Promise.all([
    request.referrers === false ? ok(nothing) : readAttached(request, tree, call),
    planTags(request, digest, present && !options.exact, call),
    planBlobs(request, ofImages, asking, call),
  ]);
  if (attached.isErr()) return err(attached.error);
  if (asked.isErr()) return err(asked.error);
  if (own.isErr()) return err(own.error);
  const cosign = await planCosignTags(request, attached.value.cosign, call);
  if (cosign.isErr()) return err(cosign.error);
  const referrers = tree.missing().filter((manifest) => !images.includes(manifest));
  const more = await planBlobs(request, partsOf(referrers, new Set(ofImages.map(({ descriptor }) => descriptor.digest))), { ...asking, unlikely: areUnlikely(own.value) }, call);
  if (more.isErr()) return err(more.error);
  const blobs = [...own.value, ...more.value].sort(bySize);
  const bytesOf = (action: PlannedBlob['action']): number => blobs.reduce((sum, blob) => (blob.action === action ? sum + blob.descriptor.size : sum), 0);
  return ok({
    image: request.name,
    digest,
    sourceDigest: request.from.digest,
    from: formatRepository(request.from),
    to: formatRepository(request.to),
    present,
    manifests: [...images, ...referrers],
    presentManifests: tree.presentCount,
    blobs,
    foreignBlobs: tree.foreign.size,
    referrers: attached.value.count,
    skippedReferrers: [...attached.value.skipped, ...cosign.value.kept],
    tags: [...cosign.value.tags, ...asked.value],
    bytes: { copy: bytesOf('copy'), mount: bytesOf('mount'), present: bytesOf('present') },
    ...(raw === undefined ? {} : { root: raw }),
  });
}

/** The blobs of manifests, each once: one may belong to several platforms. */
function partsOf(manifests: readonly MissingManifest[], known: ReadonlySet<Digest>): readonly ImagePart[] {
  const parts = new Map<Digest, ImagePart>();
  for (const part of manifests.flatMap((manifest) => manifest.parts)) if (!known.has(part.descriptor.digest) && !parts.has(part.descriptor.digest)) parts.set(part.descriptor.digest, part);
  return [...parts.values()];
}

interface Attached {
  readonly count: number;
  readonly skipped: readonly SkippedReferrer[];
  readonly cosign: readonly CosignTag[];
}

const nothing: Attached = { count: 0, skipped: [], cosign: [] };

/** By the registry's list and by cosign's tags. */
async function readAttached(request: CopyRequest, tree: Parameters<typeof readReferrers>[1], call: Call): Promise<Result<Attached, RegistryError>> {
  const [referrers, listed] = await Promise.all([readReferrers(request, tree, call), request.source.listTags?.(request.from, call)]);
  if (referrers.isErr()) return err(referrers.error);
  const { found, skipped } = referrers.value;
  const cosign = await readCosignTags(request, tree, [...tree.subjects.values(), ...found], listed, call);
  if (cosign.isErr()) return err(cosign.error);
  return ok({ count: found.length + cosign.value.found.length, skipped: [...skipped, ...cosign.value.skipped], cosign: cosign.value.found });
}
