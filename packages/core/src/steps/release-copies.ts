/**
 * What copying a release would do, found out by reading only: for a plan that people look at before anything is written.
 * @module
 */
import { planCopy, type CopyPlan, type CopyTag } from '../copy/index.js';
import type { DavitError } from '../errors/index.js';
import type { ReleaseImage } from '../machine/index.js';
import { tagPolicyOf } from '../policy/tag-policy.js';
import type { Call } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import type { Environment } from './environment.js';
import { sourceOf, targetRepository } from './release.js';

/** The copy of each image, by its name in the release, with what its tags name now. */
export type ReleaseCopies = Readonly<Record<string, CopyPlan>>;

export function planCopies(environment: Environment, release: readonly ReleaseImage[], call: Call): ResultAsync<ReleaseCopies, DavitError> {
  return new ResultAsync(plan(environment, release, call));
}

async function plan({ source, target, tagRules }: Environment, release: readonly ReleaseImage[], call: Call): Promise<Result<ReleaseCopies, DavitError>> {
  const copies: Record<string, CopyPlan> = {};
  for (const image of release) {
    const { name, tags: { immutable, channel } } = image;
    const rules = tagRules?.[name] ?? {};
    const tags: readonly CopyTag[] = [
      ...immutable.map((tag) => ({ tag, policy: tagPolicyOf(tag, rules, 'allow-if-equal') })),
      ...channel.map((tag) => ({ tag, policy: tagPolicyOf(tag, rules, 'allow-move') })),
    ];
    const copy = await planCopy({ name, source, from: sourceOf(image), target, to: targetRepository(image), tags }, call);
    if (copy.isErr()) return err(copy.error);
    copies[name] = copy.value;
  }
  return ok(copies);
}
