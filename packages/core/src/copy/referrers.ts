/**
 * What refers to an image and goes with it: signatures, attestations, bills of materials, and what refers to those (R16).
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Digest } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import type { Call } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { inImage } from './fault.js';
import type { ManifestSubject, TreeReader } from './image-tree.js';
import { questionsAtOnce, type CopyRequest } from './request.js';

/** A referrer that cannot be copied because it is not as it should be. It does not stop the image. */
export interface SkippedReferrer {
  readonly digest: Digest;
  readonly reason: string;
}

/** Faults of the referrer itself; a fallback list may also name one that was deleted. */
export const referrersOwnFaults: readonly string[] = ['document_invalid', 'manifest_unsupported', 'manifest_too_large', 'manifest_not_found'];

export interface FoundReferrers {
  readonly found: readonly ManifestSubject[];
  readonly skipped: readonly SkippedReferrer[];
}

interface Referrer extends ManifestSubject {
  /** The target does not list it, though it may have it: a copy may have died between storing and listing. */
  readonly unlisted: boolean;
}

/** Reads the referrers of everything that the tree met, and theirs, into the same tree. */
export async function readReferrers(request: CopyRequest, tree: TreeReader, call: Call): Promise<Result<FoundReferrers, RegistryError>> {
  const skipped: SkippedReferrer[] = [];
  const found: ManifestSubject[] = [];
  const seen = new Set<Digest>(tree.subjects.keys());
  const atOnce = questionsAtOnce(request);
  let round: readonly ManifestSubject[] = [...tree.subjects.values()];
  while (round.length > 0) {
    const listed = await inParallel(round, atOnce, call, (subject, inner) => listBoth(request, subject, inner));
    if (listed.isErr()) return err(listed.error);
    // Also what ends a circle of manifests that refer to one another by a registry's fault.
    const fresh = listed.value.flat().filter(({ digest }) => !seen.has(digest) && seen.add(digest));
    const read = await inParallel(fresh, atOnce, call, async (referrer): Promise<Result<ManifestSubject | null, RegistryError>> => {
      const node = await tree.read(referrer, 'referrer', referrer.unlisted);
      if (node.isOk()) return ok(referrer);
      if (!referrersOwnFaults.includes(node.error.code)) return err(node.error);
      skipped.push({ digest: referrer.digest, reason: node.error.message });
      return ok(null);
    });
    if (read.isErr()) return err(read.error);
    round = read.value.filter((referrer) => referrer !== null);
    found.push(...round);
  }
  return ok({ found, skipped });
}

/** What the source lists, compared with what the target lists; the target is only asked where there is something to compare. */
async function listBoth(request: CopyRequest, subject: ManifestSubject, call: Call): Promise<Result<readonly Referrer[], RegistryError>> {
  const fault = (error: RegistryError): RegistryError => inImage(request.name, `referrers of ${subject.label}`, error, subject);
  const { digest } = subject;
  const there = await request.source.listReferrers({ ...request.from, digest }, call);
  if (there.isErr()) return err(fault(there.error));
  if (there.value.length === 0) return ok([]);
  const here = await request.target.listReferrers({ ...request.to, digest }, call);
  if (here.isErr()) return err(fault(here.error));
  const listed = new Set(here.value.map((descriptor) => descriptor.digest));
  return ok(there.value.map((referrer) => ({ digest: referrer.digest, label: `referrer ${referrer.artifactType ?? referrer.mediaType}`, unlisted: !listed.has(referrer.digest) })));
}
