/**
 * The last part of a copy: tags, when everything that they name is there. Cosign's before those that were asked for.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Digest, RawManifest } from '../image/index.js';
import type { Call, Clock } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { inImage } from './fault.js';
import type { WorkingPlan } from './plan.js';
import type { CopyRequest } from './request.js';
import type { PlannedTag } from './tag-plan.js';
import { awaitTag, putTag, tagConflict } from './tags.js';

/** What became of a tag. */
export interface CopiedTag {
  readonly tag: string;
  readonly kind: PlannedTag['kind'];
  readonly digest: Digest;
  /** Null where it did not exist; absent where nobody asked. */
  readonly previous?: Digest | null;
  readonly changed: boolean;
}

/** A tag that its policy forbids, found before anything is written. */
export function forbiddenTag({ tags }: WorkingPlan, { name, to }: CopyRequest): RegistryError | undefined {
  const conflict = tags.find(({ action }) => action === 'conflict');
  return conflict?.previous == null ? undefined : tagConflict({ name, to, tag: conflict.tag, digest: conflict.digest }, conflict.previous);
}

/** Puts the tags of a plan whose manifests are all written, one after another, and reads them back. */
export async function copyTags(plan: WorkingPlan, request: CopyRequest, clock: Clock, call: Call): Promise<Result<readonly CopiedTag[], RegistryError>> {
  const done: CopiedTag[] = [];
  for (const planned of plan.tags) {
    // What was read a moment ago, with nothing written since, need not be read again.
    const copied = planned.action === 'present' ? ok({ changed: false }) : plan.present && plan.manifests.length === 0 ? await putNow(planned, plan, request, call) : await putLater(planned, plan, request, clock, call);
    if (copied.isErr()) return err(copied.error);
    const { tag, kind, digest, previous } = planned;
    const change: CopiedTag = { tag, kind, digest, ...(previous === undefined ? {} : { previous }), ...copied.value };
    call.progress?.({ type: 'copy.tag', image: request.name, tag, digest, state: !change.changed ? 'kept' : change.previous == null ? 'put' : 'moved', ...(change.previous === undefined ? {} : { previous: change.previous }) });
    done.push(change);
  }
  return ok(done);
}

type Change = Pick<CopiedTag, 'changed' | 'previous'>;

async function putNow(planned: PlannedTag, plan: WorkingPlan, request: CopyRequest, call: Call): Promise<Result<Change, RegistryError>> {
  const { name, source, from, target, to } = request;
  const { tag, digest } = planned;
  const manifest: Result<RawManifest, RegistryError> = plan.root !== undefined && digest === plan.digest ? ok(plan.root) : await source.readManifest({ ...from, digest }, call);
  if (manifest.isErr()) return err(inImage(name, `tag ${tag}`, manifest.error, { digest }));
  const tagged = await target.tag(to, tag, manifest.value, call);
  if (tagged.isOk()) return ok({ changed: true });
  // Registries with immutable tags refuse also what would change nothing.
  if (planned.previous !== undefined || tagged.error.retryable || tagged.error.code === 'interrupted') return err(inImage(name, `tag ${tag}`, tagged.error, { digest }));
  const now = await target.resolve({ ...to, tag }, call);
  return now.isOk() && now.value.digest === digest ? ok({ changed: false, previous: digest }) : err(inImage(name, `tag ${tag}`, tagged.error, { digest }));
}

/** Much time may have passed since the plan was made: the tag is read again, unless it may move and nobody wants to know. */
async function putLater({ tag, digest, policy, previous: planned }: PlannedTag, { manifests }: WorkingPlan, request: CopyRequest, clock: Clock, call: Call): Promise<Result<Change, RegistryError>> {
  const { name, target, to, tags = [] } = request;
  const place = { name, target, to, tag, digest };
  const written = manifests.find(({ raw }) => raw.digest === digest)?.raw;
  const forgotten = policy === 'allow-move' && planned !== undefined && tags.some((wish) => wish.tag === tag && wish.remember === false);
  const put = forgotten && written !== undefined
    ? (await target.tag(to, tag, written, call)).map(() => ({ changed: true, previous: planned })).mapErr((error) => inImage(name, `tag ${tag}`, error, { digest }))
    : await putTag({ ...place, policy, ...(written === undefined ? {} : { manifest: written }) }, call);
  if (put.isErr()) return err(put.error);
  const { changed, previous } = put.value;
  if (!changed) return ok({ changed, previous });
  return (await awaitTag({ ...place, clock }, call)).map(() => ({ changed, previous }));
}
