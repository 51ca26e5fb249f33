/**
 * Copies an image from one repository to another, digest for digest: blobs first, then manifests, the index after its
 * images, and last what refers to them (R16, G6). Nothing that anybody pulls by name changes: tags come later.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Digest } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import { systemClock, type Call, type Clock } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { copyBlob } from './copy-blob.js';
import { inImage } from './fault.js';
import type { MissingManifest } from './image-tree.js';
import { makePlan, type CopyPlan } from './plan.js';
import { defaultParallel, type CopyRequest } from './request.js';

/** What a copy did. Plain data, for the journal. */
export interface CopyReport {
  readonly digest: Digest;
  /** The target had the image before. */
  readonly present: boolean;
  readonly manifests: { readonly written: number; readonly present: number };
  readonly blobs: { readonly copied: number; readonly mounted: number; readonly present: number; readonly foreign: number };
  readonly bytesCopied: number;
  readonly referrers: number;
  readonly skippedReferrers: readonly { readonly digest: Digest; readonly reason: string }[];
  /** True where the target had to be repaired: it affirmed something that it did not have. */
  readonly repaired: boolean;
}

export interface CopyOptions extends CopyRequest {
  /** For the rate of progress. Default: the system's clock. */
  readonly clock?: Clock;
}

/** A failure, and the manifest that could not be written because the target lacks a part of it. */
interface Stopped {
  readonly error: RegistryError;
  readonly incomplete?: MissingManifest;
}

/**
 * Copies an image with everything below it. Asked again it does what is left: blobs and manifests that are there are not
 * sent. The first error stops the rest of the copy and is returned when nothing runs any more.
 */
export function copyImage(options: CopyOptions, call: Call): ResultAsync<CopyReport, RegistryError> {
  return new ResultAsync(copy(options, call));
}

async function copy(options: CopyOptions, call: Call): Promise<Result<CopyReport, RegistryError>> {
  const plan = await makePlan(options, new Set(), call);
  if (plan.isErr()) return err(plan.error);
  const done = await carryOut(plan.value, options, call);
  if (done.isOk()) return ok({ ...done.value, repaired: false });
  const { error, incomplete } = done.error;
  if (incomplete === undefined) return err(error);
  // The target said that a part was there and now says that it is not: trust nothing it said, once.
  const deeper: CopyOptions = { ...options, deep: true };
  const again = await makePlan(deeper, new Set(incomplete.parts.map(({ descriptor }) => descriptor.digest)), call);
  if (again.isErr()) return err(again.error);
  const repaired = await carryOut(again.value, deeper, call);
  return repaired.map((report) => ({ ...report, repaired: true })).mapErr((stopped) => stopped.error);
}

async function carryOut(plan: CopyPlan, options: CopyOptions, call: Call): Promise<Result<Omit<CopyReport, 'repaired'>, Stopped>> {
  const { parallel = defaultParallel, clock = systemClock, name } = options;
  call.progress?.({ type: 'copy.planned', image: name, bytes: plan.bytes.copy, blobs: plan.blobs.length, present: plan.blobs.filter(({ action }) => action === 'present').length });
  // The largest first, so that no single one is left over at the end.
  const blobs = [...plan.blobs].sort((a, b) => b.descriptor.size - a.descriptor.size);
  const moved = await inParallel(blobs, parallel, call, async (blob, inner) => (await copyBlob(options, blob, clock, inner)).map((how) => ({ how, size: blob.descriptor.size })));
  if (moved.isErr()) return err({ error: moved.error });
  const written = await writeManifests(plan.manifests, options, call);
  if (written.isErr()) return err(written.error);
  const count = (how: 'copied' | 'mounted' | 'present'): number => moved.value.filter((blob) => blob.how === how).length;
  return ok({
    digest: plan.digest,
    present: plan.present,
    manifests: { written: plan.manifests.length, present: plan.presentManifests },
    blobs: { copied: count('copied'), mounted: count('mounted'), present: count('present'), foreign: plan.foreignBlobs },
    bytesCopied: moved.value.reduce((sum, { how, size }) => (how === 'copied' ? sum + size : sum), 0),
    referrers: plan.referrers,
    skippedReferrers: plan.skippedReferrers,
  });
}

async function writeManifests(manifests: readonly MissingManifest[], options: CopyOptions, call: Call): Promise<Result<void, Stopped>> {
  const write = async (manifest: MissingManifest, inner: Call): Promise<Result<void, Stopped>> => {
    const result = await options.target.writeManifest(options.to, manifest.raw, inner);
    return result.mapErr((error) => ({
      error: inImage(options.name, manifest.label, error, manifest.raw),
      ...(error.code === 'blob_not_found' || error.code === 'manifest_not_found' ? { incomplete: manifest } : {}),
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
