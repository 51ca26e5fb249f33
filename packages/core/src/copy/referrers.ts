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
import { defaultParallel, type CopyRequest } from './request.js';

/** A referrer that cannot be copied because it is not as it should be. It does not stop the image. */
export interface SkippedReferrer {
  readonly digest: Digest;
  readonly reason: string;
}

/** Faults of the referrer itself; a fallback list may also name one that was deleted. */
const ownFaults: readonly string[] = ['document_invalid', 'manifest_unsupported', 'manifest_too_large', 'manifest_not_found'];

/** Reads the referrers of everything that the tree met, and theirs, into the same tree. */
export async function readReferrers(request: CopyRequest, tree: TreeReader, call: Call): Promise<Result<{ readonly count: number; readonly skipped: readonly SkippedReferrer[] }, RegistryError>> {
  const skipped: SkippedReferrer[] = [];
  const seen = new Set<Digest>(tree.subjects.keys());
  const parallel = request.parallel ?? defaultParallel;
  let round: readonly ManifestSubject[] = [...tree.subjects.values()];
  let count = 0;
  while (round.length > 0) {
    const listed = await inParallel(round, parallel, call, (subject, inner) =>
      request.source.listReferrers({ ...request.from, digest: subject.digest }, inner).mapErr((error) => inImage(request.name, `referrers of ${subject.label}`, error, subject)));
    if (listed.isErr()) return err(listed.error);
    const found: ManifestSubject[] = [];
    for (const { digest, artifactType, mediaType } of listed.value.flat()) {
      // Also what ends a circle of manifests that refer to one another by a registry's fault.
      if (seen.has(digest)) continue;
      seen.add(digest);
      found.push({ digest, label: `referrer ${artifactType ?? mediaType}` });
    }
    const read = await inParallel(found, parallel, call, async (referrer): Promise<Result<ManifestSubject | null, RegistryError>> => {
      const node = await tree.read(referrer, 'referrer');
      if (node.isOk()) return ok(referrer);
      if (!ownFaults.includes(node.error.code)) return err(node.error);
      skipped.push({ digest: referrer.digest, reason: node.error.message });
      return ok(null);
    });
    if (read.isErr()) return err(read.error);
    round = read.value.filter((referrer) => referrer !== null);
    count += round.length;
  }
  return ok({ count, skipped });
}
