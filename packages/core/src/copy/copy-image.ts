/**
 * Copies an image from one repository to another, digest for digest: blobs first, then manifests, the index after its
 * images, what refers to them, and tags at the very last (R16, G6). Nothing that anybody pulls by name changes before.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Digest } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import { systemClock, watched, type Call } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { blobCopier } from './copy-blob.js';
import type { PlannedBlob } from './blob-plan.js';
import { copyTags, forbiddenTag, type CopiedTag } from './copy-tags.js';
import { inImage } from './fault.js';
import type { MissingManifest } from './image-tree.js';
import { checkRequest } from './check-request.js';
import { makePlan, type WorkingPlan } from './plan.js';
import { defaultParallel, smallBytes, smallParallel, withPlaces, type CopyOptions } from './request.js';

/** What a copy did. Plain data, for the journal. */
export interface CopyReport {
  /** What the target has. */
  readonly digest: Digest;
  /** What was copied from, where that is not the same: a part of an index, as a new one. */
  readonly sourceDigest?: Digest;
  /** The target had the image before. */
  readonly present: boolean;
  readonly manifests: { readonly written: number; readonly present: number };
  readonly blobs: { readonly copied: number; readonly mounted: number; readonly present: number; readonly foreign: number };
  readonly bytesCopied: number;
  readonly referrers: number;
  readonly skippedReferrers: readonly { readonly digest: Digest; readonly reason: string }[];
  /** What became of the tags, those of cosign included. Absent where there were none. */
  readonly tags?: readonly CopiedTag[];
  /** True where the target had to be repaired: it affirmed something that it did not have. */
  readonly repaired: boolean;
}

/** A failure, and what may be missing at the target although it affirmed it. */
interface Stopped {
  readonly error: RegistryError;
  readonly incomplete?: readonly Digest[];
}

/**
 * Copies an image with everything below it. Asked again it does what is left: blobs and manifests that are there are not
 * sent. The first error stops the rest of the copy and is returned when nothing runs any more.
 *
 * @throws ConfigurationError where the request cannot be meant: an unknown option or policy, no number of blobs at a time.
 */
export function copyImage(options: CopyOptions, call: Call): ResultAsync<CopyReport, RegistryError> {
  checkRequest('copyImage', options);
  return new ResultAsync(copy(withPlaces(options), watched(call)));
}

async function copy(options: CopyOptions, call: Call): Promise<Result<CopyReport, RegistryError>> {
  const plan = await makePlan(options, { doubted: new Set(), exact: false }, call);
  if (plan.isErr()) return err(plan.error);
  const done = await carryOut(plan.value, options, call);
  if (done.isOk()) return ok({ ...done.value, repaired: false });
  // The target said that a part was there and now says that it is not: trust nothing it said, and send what it denied.
  const doubted = new Set<Digest>();
  let stopped = done.error;
  while (stopped.incomplete !== undefined) {
    for (const digest of stopped.incomplete) doubted.add(digest);
    const deeper: CopyOptions = { ...options, deep: true };
    const again = await makePlan(deeper, { doubted, exact: true }, call);
    if (again.isErr()) return err(again.error);
    const repaired = await carryOut(again.value, deeper, call);
    if (repaired.isOk()) return ok({ ...repaired.value, repaired: true });
    stopped = repaired.error;
    // What was sent in vain is not sent once more.
    if (stopped.incomplete?.every((digest) => doubted.has(digest)) === true) break;
  }
  return err(stopped.error);
}

async function carryOut(plan: WorkingPlan, options: CopyOptions, call: Call): Promise<Result<Omit<CopyReport, 'repaired'>, Stopped>> {
  const { clock = systemClock, name } = options;
  const forbidden = forbiddenTag(plan, options);
  if (forbidden !== undefined) return err({ error: forbidden });
  call.progress?.({ type: 'copy.planned', image: name, bytes: plan.bytes.copy, blobs: plan.blobs.length, present: plan.blobs.filter(({ action }) => action === 'present').length });
  const copyBlob = blobCopier(options, clock);
  const groups = lanesOf(plan.blobs, options.parallel);
  const done = await inParallel(groups, groups.length, call, ({ blobs: group, lanes }, within) =>
    inParallel(group, lanes, within, async (blob, inner) => (await copyBlob(blob, inner)).map((how) => ({ how, size: blob.descriptor.size }))));
  if (done.isErr()) return err({ error: done.error });
  const moved = done.value.flat();
  const written = await writeManifests(plan.manifests, options, call);
  if (written.isErr()) return err(written.error);
  const tags = await copyTags(plan, options, clock, call);
  if (tags.isErr()) return err({ error: tags.error, ...(isIncomplete(tags.error) ? { incomplete: [] } : {}) });
  const count = (how: 'copied' | 'mounted' | 'present'): number => moved.filter((blob) => blob.how === how).length;
  const blobs = { copied: count('copied'), mounted: count('mounted'), present: count('present'), foreign: plan.foreignBlobs };
  const bytesCopied = moved.reduce((sum, { how, size }) => (how === 'copied' ? sum + size : sum), 0);
  call.progress?.({ type: 'copy.done', image: name, digest: plan.digest, bytes: bytesCopied, copied: blobs.copied, mounted: blobs.mounted, present: blobs.present });
  return ok({
    digest: plan.digest,
    ...(plan.sourceDigest === plan.digest ? {} : { sourceDigest: plan.sourceDigest }),
    present: plan.present,
    manifests: { written: plan.manifests.length, present: plan.presentManifests },
    blobs,
    bytesCopied,
    referrers: plan.referrers,
    skippedReferrers: plan.skippedReferrers,
    ...(tags.value.length === 0 ? {} : { tags: tags.value }),
  });
}

interface Lanes {
  readonly blobs: readonly PlannedBlob[];
  readonly lanes: number;
}

/** Small blobs wait for answers more than for bytes, so more of them are on the way; together not more than a client has connections. */
function lanesOf(blobs: readonly PlannedBlob[], parallel: number | undefined): readonly Lanes[] {
  if (parallel !== undefined) return [{ blobs, lanes: parallel }];
  const isSmall = ({ descriptor }: PlannedBlob): boolean => descriptor.size < smallBytes;
  return [
    { blobs: blobs.filter((blob) => !isSmall(blob)), lanes: defaultParallel },
    { blobs: blobs.filter(isSmall), lanes: smallParallel },
  ];
}

const isIncomplete = ({ code }: RegistryError): boolean => code === 'blob_not_found' || code === 'manifest_not_found';

async function writeManifests(manifests: readonly MissingManifest[], options: CopyOptions, call: Call): Promise<Result<void, Stopped>> {
  const write = async (manifest: MissingManifest, inner: Call): Promise<Result<void, Stopped>> => {
    const result = await options.target.writeManifest(options.to, manifest.raw, inner);
    return result.mapErr((error) => ({
      error: inImage(options.name, manifest.label, error, manifest.raw),
      ...(isIncomplete(error) ? { incomplete: manifest.parts.map(({ descriptor }) => descriptor.digest) } : {}),
    }));
  };
  const leaves = manifests.filter(({ role, children }) => role !== 'referrer' && children.length === 0);
  const wholes = manifests.filter(({ role, children }) => role !== 'referrer' && children.length > 0);
  const referrers = manifests.filter(({ role }) => role === 'referrer');
  const written = await inParallel(leaves, options.parallel ?? defaultParallel, call, write);
  if (written.isErr()) return err('error' in written.error ? written.error : { error: written.error });
  // One after another: an index needs what is below it, and a registry without the referrers API keeps one list for all referrers.
  for (const manifest of [...wholes, ...referrers]) {
    const result = await write(manifest, call);
    if (result.isErr()) return result;
  }
  return ok(undefined);
}
