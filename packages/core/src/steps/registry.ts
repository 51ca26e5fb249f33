/**
 * Main chart P, U, V, X: copy by digest, immutable tags, channel tags, and putting these back (R16–R24, G6, G7).
 * @module
 */
import { awaitTag, copyImage, putTag, readBack, readTag, restoreChannelTag, type TagPlace } from '../copy/index.js';
import type { DavitError } from '../errors/index.js';
import { isDigest, type Digest } from '../image/index.js';
import type { JsonObject } from '../json.js';
import { asJson } from '../journal/record.js';
import type { ReleaseImage } from '../machine/index.js';
import { backoffMs } from '../policy/retry.js';
import { tagPolicyOf, type TagPolicy } from '../policy/tag-policy.js';
import { ok, okAsync, ResultAsync, err, type Result } from '../result.js';
import { sourceOf, targetRepository } from './release.js';
import { failed, passed, type Step, type StepContext } from './step.js';

const placeOf = (c: StepContext, image: ReleaseImage, tag: string): TagPlace => ({ name: image.name, target: c.environment.target, to: targetRepository(image), tag });

export const copyRelease: Step = {
  id: 'image.copy',
  timeoutMs: 6 * 60 * 60 * 1000,
  perform: async (c) => {
    const facts: Record<string, JsonObject> = {};
    let changed = false;
    for (const image of c.release) {
      const { source, target } = c.environment;
      const request = { source, from: sourceOf(image), target, to: targetRepository(image), name: image.name };
      // Q: what was written is read back from production and compared (R17).
      const copied = await copyImage({ ...request, referrers: true, clock: c.clock }, c.call).andThen((report) => readBack({ name: image.name, target, to: targetRepository(image), digest: image.digest }, c.call).map(() => report));
      if (copied.isErr()) {
        const { error } = copied;
        const waitMs = backoffMs(c.context.copyFailures + 1, { ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }) });
        return failed(error, { facts, ...(error.retryable ? { retryAt: c.clock.now() + waitMs } : {}) });
      }
      facts[image.name] = asJson(copied.value);
      changed ||= copied.value.manifests.written > 0;
    }
    return passed(facts, { changed });
  },
};

const policyOf = (c: StepContext, image: ReleaseImage, tag: string, usual: TagPolicy): TagPolicy => tagPolicyOf(tag, c.environment.tagRules?.[image.name] ?? {}, usual);

/** Tags that must be new: what is found is compared with what was there before the very first start. */
const newTags = (c: StepContext, image: ReleaseImage): readonly string[] => image.tags.immutable.filter((tag) => policyOf(c, image, tag, 'allow-if-equal') === 'immutable');

export const applyTags: Step = {
  id: 'tags.apply',
  observe: (c) => (c.release.every((image) => newTags(c, image).length === 0) ? okAsync({}) : readTags(c, newTags).map((before) => ({ before: { tags: before } }))),
  perform: async (c) => {
    const before = (c.context.before['tags.apply']?.['tags'] ?? {}) as OldTags;
    const facts: Record<string, JsonObject> = {};
    let changed = false;
    for (const image of c.release) {
      const put: string[] = [];
      for (const tag of image.tags.immutable) {
        const policy = policyOf(c, image, tag, 'allow-if-equal');
        // A tag that was not there when the step began for the first time is our own by now.
        const ours = policy === 'immutable' && before[image.name]?.[tag] === null;
        const applied = await putTag({ ...placeOf(c, image, tag), digest: image.digest, policy: ours ? 'allow-if-equal' : policy }, c.call);
        if (applied.isErr()) return failed(applied.error, { facts });
        if (applied.value.changed) put.push(tag);
      }
      facts[image.name] = { put, named: image.tags.immutable };
      changed ||= put.length > 0;
    }
    return passed(facts, { changed });
  },
};

/** What each tag named: by image, by tag. */
type OldTags = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

export const updateRegistry: Step = {
  id: 'registry.update',
  observe: (c) => readTags(c, (_, image) => image.tags.channel).map((before) => ({ before: { tags: before } })),
  perform: async (c) => {
    const moved: string[] = [];
    for (const image of c.release) {
      for (const tag of image.tags.channel) {
        const move = await putTag({ ...placeOf(c, image, tag), digest: image.digest, policy: policyOf(c, image, tag, 'allow-move') }, c.call);
        if (move.isErr()) return failed(move.error, { facts: { moved } });
        if (move.value.changed) moved.push(`${image.target}:${tag}`);
      }
    }
    // W: only what can be read back is updated (R23).
    for (const image of c.release) {
      for (const tag of [...image.tags.immutable, ...image.tags.channel]) {
        const seen = await awaitTag({ ...placeOf(c, image, tag), digest: image.digest, clock: c.clock }, c.call);
        if (seen.isErr()) return failed(seen.error, { facts: { moved } });
      }
    }
    return passed({ moved }, { changed: moved.length > 0 });
  },
};

function readTags(c: StepContext, which: (c: StepContext, image: ReleaseImage) => readonly string[]): ResultAsync<OldTags, DavitError> {
  const read = async (): Promise<Result<OldTags, DavitError>> => {
    const tags: Record<string, Record<string, string | null>> = {};
    for (const image of c.release) {
      const of: Record<string, string | null> = {};
      for (const tag of which(c, image)) {
        const now = await readTag(placeOf(c, image, tag), c.call);
        if (now.isErr()) return err(now.error);
        of[tag] = now.value;
      }
      tags[image.name] = of;
    }
    return ok(tags);
  };
  return new ResultAsync(read());
}

export const restoreRegistry: Step = {
  id: 'registry.restore',
  perform: async (c) => (c.context.tagsTouched ? putTagsBack(c) : passed({ restored: [] })),
};

/** Channel tags go back to what they named before, where they still name ours. All are tried; the first error is reported. */
export async function putTagsBack(c: StepContext) {
  const before = (c.context.before['registry.update']?.['tags'] ?? {}) as OldTags;
  const restored: string[] = [];
  const left: string[] = [];
  let error: DavitError | undefined;
  for (const image of c.release) {
    for (const tag of image.tags.channel) {
      const old = before[image.name]?.[tag];
      if (old === undefined) continue;
      const back = await restoreChannelTag({ ...placeOf(c, image, tag), ours: image.digest, previous: oldDigest(old), clock: c.clock }, c.call);
      if (back.isErr()) error ??= back.error;
      else (back.value.result === 'restored' ? restored : left).push(`${image.target}:${tag}: ${back.value.result}`);
    }
  }
  return error === undefined ? passed({ restored, left }, { changed: restored.length > 0 }) : failed(error, { facts: { restored, left } });
}

const oldDigest = (text: string | null): Digest | null => (text !== null && isDigest(text) ? text : null);

/** A rollback by hand: channel tags that name the release which is taken back are moved to the one that is returned to. */
export async function pointTagsAt(c: StepContext, taken: readonly ReleaseImage[]) {
  const moved: string[] = [];
  for (const image of c.release) {
    const failing = taken.find(({ name }) => name === image.name);
    for (const tag of image.tags.channel) {
      if (failing === undefined || failing.digest === image.digest) continue;
      const move = await restoreChannelTag({ ...placeOf(c, image, tag), ours: failing.digest, previous: image.digest, clock: c.clock }, c.call);
      if (move.isErr()) return failed(move.error, { facts: { moved } });
      if (move.value.result === 'restored') moved.push(`${image.target}:${tag}`);
    }
  }
  return passed({ moved }, { changed: moved.length > 0 });
}
