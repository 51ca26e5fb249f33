/**
 * Signatures, attestations and bills of materials that cosign keeps under tags made of the image's digest:
 * `sha256-<hex>.sig`, `.att`, `.sbom`. Registries do not know that they belong to the image.
 * @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import { digestAlgorithm, digestHex, isTag, repositoryOf, type Digest } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import type { Call, TagList } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { inImage } from './fault.js';
import type { ManifestSubject, TreeReader } from './image-tree.js';
import { referrersOwnFaults, type SkippedReferrer } from './referrers.js';
import { questionsAtOnce, type CopyRequest } from './request.js';

/** A tag of the source that goes with the image, and what it names there. */
export interface CosignTag {
  readonly tag: string;
  readonly digest: Digest;
}

const suffixes = ['sig', 'att', 'sbom'] as const;

/** A digest by sha512 is longer than a tag may be: under such a one nothing can be kept. */
const tagsOf = ({ digest }: ManifestSubject): readonly string[] => suffixes.map((suffix) => `${digestAlgorithm(digest)}-${digestHex(digest)}.${suffix}`).filter(isTag);

/**
 * Finds the tags of everything that was met, and of what they name, and reads that into the tree. A repository whose tags
 * fit one page was asked once (`listed`); of a larger one each possible tag is asked by itself.
 */
export async function readCosignTags(request: CopyRequest, tree: TreeReader, met: readonly ManifestSubject[], listed: Result<TagList, RegistryError> | undefined, call: Call): Promise<Result<{ readonly found: readonly CosignTag[]; readonly skipped: readonly SkippedReferrer[] }, RegistryError>> {
  const { source, from, name } = request;
  // Not every login may list; then the tags are asked one by one.
  if (listed?.isErr() === true && (listed.error.retryable || listed.error.code === 'interrupted')) return err(inImage(name, 'cosign tags', listed.error));
  const known = listed?.isOk() === true && listed.value.complete ? new Set(listed.value.tags) : null;
  const found: CosignTag[] = [];
  const skipped: SkippedReferrer[] = [];
  let round = met;
  while (round.length > 0) {
    const wanted = round.flatMap(tagsOf).filter((tag) => known?.has(tag) !== false);
    const read = await inParallel(wanted, questionsAtOnce(request), call, async (tag, inner): Promise<Result<CosignTag | null, RegistryError>> => {
      const named = await source.resolve({ ...repositoryOf(from), tag }, inner);
      if (named.isErr()) return named.error.code === 'manifest_not_found' ? ok(null) : err(inImage(name, `tag ${tag}`, named.error));
      const { digest } = named.value;
      const node = await tree.read({ digest, label: `tag ${tag}` }, 'referrer');
      if (node.isOk()) return ok({ tag, digest });
      if (!referrersOwnFaults.includes(node.error.code)) return err(node.error);
      skipped.push({ digest, reason: node.error.message });
      return ok(null);
    });
    if (read.isErr()) return err(read.error);
    const fresh = read.value.filter((tag) => tag !== null);
    found.push(...fresh);
    // An attestation may be signed in turn. Where every tag must be asked by itself that is not looked for.
    round = known === null ? [] : fresh.map(({ digest, tag }) => ({ digest, label: `tag ${tag}` }));
  }
  return ok({ found, skipped });
}
