/**
 * What a copy would do to tags: those that were asked for, and those under which cosign keeps signatures.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Digest } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import type { TagPolicy } from '../policy/tag-policy.js';
import type { Call } from '../ports/index.js';
import { ok, type ResultAsync } from '../result.js';
import type { CosignTag } from './cosign-tags.js';
import { hasOwnSignatures } from './own-signatures.js';
import type { SkippedReferrer } from './referrers.js';
import { questionsAtOnce, type CopyRequest } from './request.js';
import { conflicts, readTag } from './tags.js';

export interface PlannedTag {
  readonly tag: string;
  /** Asked for by the caller, or kept by cosign beside the image. */
  readonly kind: 'asked' | 'cosign';
  readonly policy: TagPolicy;
  /** What it shall name. */
  readonly digest: Digest;
  /** What it names now: null where it does not exist; absent where nobody asked. */
  readonly previous?: Digest | null;
  /** `put`: it is new, or nobody asked. `conflict`: its policy forbids it. */
  readonly action: 'put' | 'move' | 'present' | 'conflict';
}

interface TagWish extends Pick<PlannedTag, 'tag' | 'kind' | 'policy' | 'digest'> {
  readonly ask: boolean;
}

/** The tags that were asked for. `unasked`: those that need not be remembered are not looked at. */
export function planTags(request: CopyRequest, root: Digest, unasked: boolean, call: Call): ResultAsync<readonly PlannedTag[], RegistryError> {
  const wishes = (request.tags ?? []).map(({ tag, policy = 'allow-move', remember = true }): TagWish => ({ tag, kind: 'asked', policy, digest: root, ask: !unasked || remember || policy !== 'allow-move' }));
  return lookAt(request, wishes, call);
}

/** Those of cosign that belong to the image; `kept` are those under which the target has signatures of its own. */
export function planCosignTags(request: CopyRequest, tags: readonly CosignTag[], call: Call): ResultAsync<{ readonly tags: readonly PlannedTag[]; readonly kept: readonly SkippedReferrer[] }, RegistryError> {
  const looked = lookAt(request, tags.map(({ tag, digest }): TagWish => ({ tag, kind: 'cosign', policy: 'allow-move', digest, ask: true })), call);
  return looked.andThen((planned) => inParallel(planned, questionsAtOnce(request), call, async (tag, inner) => (await hasOwnSignatures(request, tag, inner)).map((own) => ({ tag, own })))).map((judged) => ({
    tags: judged.filter(({ own }) => !own).map(({ tag }) => tag),
    kept: judged.filter(({ own }) => own).map(({ tag: { tag, digest } }) => ({ digest, reason: `the target has signatures of its own under the tag ${tag}, which stays as it is` })),
  }));
}

function lookAt(request: CopyRequest, wishes: readonly TagWish[], call: Call): ResultAsync<readonly PlannedTag[], RegistryError> {
  const { name, target, to } = request;
  return inParallel(wishes, questionsAtOnce(request), call, async ({ ask, ...wish }, inner) => {
    if (!ask) return ok<PlannedTag>({ ...wish, action: 'put' });
    const now = await readTag({ name, target, to, tag: wish.tag, digest: wish.digest }, inner);
    return now.map((previous): PlannedTag => ({ ...wish, previous, action: conflicts(wish.policy, previous, wish.digest) ? 'conflict' : previous === wish.digest ? 'present' : previous === null ? 'put' : 'move' }));
  });
}
