/**
 * Tags of the production repository: immutable ones, channels that move, putting a channel back, and reading tags back
 * (main chart U–X and the rollback; R21–R24, G6, G7).
 *
 * No registry can compare and set. Every function reads before it writes and says what it found; between the two another
 * writer may come, which the environment's hold keeps away as far as Davit's own promotions go. Asked again, each finds
 * its work done and writes nothing.
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { digestAlgorithm, digestOf, formatReference, repositoryOf, type Digest, type RawManifest, type Repository } from '../image/index.js';
import type { TagPolicy } from '../policy/tag-policy.js';
import { systemClock, type Call, type Clock, type ImageTarget } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { inImage } from './fault.js';

/** A tag in a repository of the target. */
export interface TagPlace {
  /** Name of the image in its release, for errors. */
  readonly name: string;
  readonly target: ImageTarget;
  readonly to: Repository;
  readonly tag: string;
}

/** What a tag was, and whether it had to be put. */
export interface TagChange {
  readonly tag: string;
  /** What it named before; null where it did not exist. The digest itself where nothing had to be done. */
  readonly previous: Digest | null;
  readonly changed: boolean;
}

/**
 * What a tag names now; null where it does not exist. Registries name what stands under a tag by sha256: with `digest` by
 * another algorithm its bytes are read and compared, and where they are the same that digest is the answer.
 */
export function readTag(place: TagPlace & { readonly digest?: Digest }, call: Call): ResultAsync<Digest | null, RegistryError> {
  return new ResultAsync(read(place, call));
}

/**
 * Puts a tag that must never change its meaning (U, R21). A tag that names the digest already is left alone, also because
 * some registries refuse every put of an immutable tag. Error `tag_conflict` where it names another digest, unless
 * `allowRetag`.
 */
export function applyImmutableTag(place: TagPlace & { readonly digest: Digest; readonly allowRetag?: boolean }, call: Call): ResultAsync<TagChange, RegistryError> {
  return new ResultAsync(put(place, place.allowRetag === true ? 'allow-move' : 'allow-if-equal', call));
}

/**
 * Puts a tag as its policy allows. Error `tag_conflict` where it does not: an `immutable` tag that exists, or one of
 * `allow-if-equal` that names another digest. A tag that names the digest already is not put, whatever the policy. The bytes
 * of the manifest are read from the target, unless they are given because they were just written there.
 */
export function putTag(place: TagPlace & { readonly digest: Digest; readonly policy: TagPolicy; readonly manifest?: RawManifest }, call: Call): ResultAsync<TagChange, RegistryError> {
  return new ResultAsync(put(place, place.policy, call));
}

/**
 * Lets a channel tag (`production`) name the digest (V, R22). The answer says what it named before: that is what
 * {@link restoreChannelTag} needs, and only the answer of the first call knows it.
 */
export function moveChannelTag(place: TagPlace & { readonly digest: Digest }, call: Call): ResultAsync<TagChange, RegistryError> {
  return new ResultAsync(put(place, 'allow-move', call));
}

export interface TagRestoration {
  readonly tag: string;
  /**
   * - `restored`: it names the previous digest again, read back.
   * - `already`: it did so before.
   * - `not_ours`: another writer moved or removed it since; it is left as it is.
   * - `no_previous`: it was made by this promotion and still names its digest. It is left: deleting a tag is optional in
   *   the distribution specification, and some registries delete the manifest with it. The caller reports it.
   */
  readonly result: 'restored' | 'already' | 'not_ours' | 'no_previous';
  /** What the tag was found to name; null where it did not exist. */
  readonly found: Digest | null;
}

export interface TagRestorationRequest extends TagPlace {
  /** What this promotion let the tag name. Only a tag that still names it is put back. */
  readonly ours: Digest;
  /** What it named before; null where it did not exist. */
  readonly previous: Digest | null;
  readonly clock?: Clock;
}

/** Puts a channel tag back where it still is as we left it: read, compare, put, read back (X and rollback; R24, G7). */
export function restoreChannelTag(request: TagRestorationRequest, call: Call): ResultAsync<TagRestoration, RegistryError> {
  return new ResultAsync(restore(request, call));
}

export interface AwaitTagRequest extends TagPlace {
  readonly digest: Digest;
  /** How long an old answer is put up with. Milliseconds; default: 30 000. */
  readonly timeoutMs?: number;
  /** Milliseconds between two readings. Default: 1 000. */
  readonly intervalMs?: number;
  readonly clock?: Clock;
}

/**
 * Reads a tag until it names the digest (W, R23): registries behind caches serve old answers for a while. Passing faults
 * are waited out too. Errors: `tag_mismatch` when the time is over, or the registry's own.
 */
export function awaitTag(request: AwaitTagRequest, call: Call): ResultAsync<void, RegistryError> {
  return new ResultAsync(awaitDigest(request, call));
}

async function read({ name, target, to, tag, digest: wanted }: TagPlace & { readonly digest?: Digest | null }, call: Call): Promise<Result<Digest | null, RegistryError>> {
  // Of a reference with a digest only the place counts: it would be asked what the digest names.
  const found = await target.resolve({ ...repositoryOf(to), tag }, call);
  if (found.isErr()) return found.error.code === 'manifest_not_found' ? ok(null) : err(inImage(name, `tag ${tag}`, found.error));
  const { digest } = found.value;
  if (wanted == null || digestAlgorithm(wanted) === digestAlgorithm(digest)) return ok(digest);
  const stored = await target.readManifest({ ...to, digest }, call);
  if (stored.isErr()) return err(inImage(name, `tag ${tag}`, stored.error));
  return ok(digestOf(stored.value.bytes, digestAlgorithm(wanted)) === wanted ? wanted : digest);
}

async function put(place: TagPlace & { readonly digest: Digest; readonly manifest?: RawManifest }, policy: TagPolicy, call: Call): Promise<Result<TagChange, RegistryError>> {
  const { name, target, to, tag, digest } = place;
  const before = await read(place, call);
  if (before.isErr()) return err(before.error);
  const previous = before.value;
  if (conflicts(policy, previous, digest)) return err(tagConflict(place, previous));
  if (previous === digest) return ok({ tag, previous, changed: false });
  // The bytes come from the target itself: they are stored there, and are what the tag shall name.
  const manifest = place.manifest === undefined ? await target.readManifest({ ...to, digest }, call) : ok(place.manifest);
  if (manifest.isErr()) return err(inImage(name, `tag ${tag}`, manifest.error, { digest }));
  const tagged = await target.tag(to, tag, manifest.value, call);
  return tagged.map(() => ({ tag, previous, changed: true })).mapErr((error) => inImage(name, `tag ${tag}`, error, { digest }));
}

/** Whether a policy keeps a tag that names `previous` from naming `digest`. */
export function conflicts(policy: TagPolicy, previous: Digest | null, digest: Digest): previous is Digest {
  if (previous === null || policy === 'allow-move') return false;
  return policy === 'immutable' || previous !== digest;
}

export function tagConflict({ name, to, tag, digest }: Pick<TagPlace, 'name' | 'to' | 'tag'> & { readonly digest: Digest }, previous: Digest): RegistryError {
  const why = previous === digest ? `exists already, and names the same digest (its policy is immutable: it must be new)` : `names ${previous} already, not ${digest}`;
  return failure('tag_conflict', `${name}: ${formatReference({ ...to, tag })} ${why}`, { registry: to.registry, repository: to.repository, tag, digest, expected: digest, actual: previous });
}

async function restore(request: TagRestorationRequest, call: Call): Promise<Result<TagRestoration, RegistryError>> {
  const { name, target, to, tag, ours, previous } = request;
  const before = await read({ ...request, digest: ours }, call);
  if (before.isErr()) return err(before.error);
  if (before.value !== ours || previous === null) return ok(leftAlone(request, before.value));
  const manifest = await target.readManifest({ ...to, digest: previous }, call);
  if (manifest.isErr()) return err(inImage(name, `tag ${tag}`, manifest.error, { digest: previous }));
  // The bytes may have taken a while. Whoever came meanwhile keeps the tag: the last look is the one right before the put.
  const now = await read({ ...request, digest: ours }, call);
  if (now.isErr()) return err(now.error);
  if (now.value !== ours) return ok(leftAlone(request, now.value));
  const tagged = await target.tag(to, tag, manifest.value, call);
  if (tagged.isErr()) return err(inImage(name, `tag ${tag}`, tagged.error, { digest: previous }));
  const back = await awaitDigest({ ...request, digest: previous }, call);
  return back.map(() => ({ tag, result: 'restored', found: ours }));
}

function leftAlone({ tag, ours, previous }: TagRestorationRequest, found: Digest | null): TagRestoration {
  return { tag, result: found === previous ? 'already' : found === ours ? 'no_previous' : 'not_ours', found };
}

async function awaitDigest(request: AwaitTagRequest, call: Call): Promise<Result<void, RegistryError>> {
  const { name, to, tag, digest, timeoutMs = 30_000, intervalMs = 1000, clock = systemClock } = request;
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    const found = await read(request, call);
    if (found.isErr() && !found.error.retryable) return err(found.error);
    if (found.isOk() && found.value === digest) return ok(undefined);
    const left = deadline - clock.now();
    if (left <= 0 && found.isErr()) return err(found.error);
    if (left <= 0 && found.isOk()) return err(failure('tag_mismatch', `${name}: ${formatReference({ ...to, tag })} names ${found.value ?? 'nothing'} instead of ${digest}`, { registry: to.registry, repository: to.repository, tag, digest, expected: digest, actual: found.value }));
    await clock.sleep(Math.min(found.isErr() ? Math.max(found.error.retryAfterMs ?? 0, intervalMs) : intervalMs, left), call.signal);
    if (call.signal.aborted) return err(failure('interrupted', `${name}: interrupted while tag ${tag} was read back`, { tag }));
  }
}
