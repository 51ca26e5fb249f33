/**
 * What `davit copy` is asked for: source, target, tags, platforms; and what is wrong with that.
 * @module
 */
import { err, failure, formatRepository, isTag, ok, parseReference, parseRepository, type CopyRequest, type CopyTag, type DavitError, type Platform, type Reference, type Result, type TagPolicy } from '@davit/core/images';
import { platformsOf } from './platforms.js';
import type { RegistryFlags } from './registries.js';

export interface CopyFlags {
  readonly source: string;
  readonly target: string;
  readonly platform?: readonly string[];
  /** Tags beside that of the target. */
  readonly tag?: readonly string[];
  readonly ifTagExists?: 'forbid' | 'allow-if-equal' | 'allow-move';
  /** False: what refers to the image stays behind. */
  readonly referrers?: boolean;
  readonly repair?: boolean;
  readonly parallel?: number;
  readonly dryRun?: boolean;
  readonly src: RegistryFlags;
  readonly dst: RegistryFlags;
}

export interface CopyWish {
  readonly from: Reference;
  readonly to: Reference;
  readonly platforms: readonly Platform[];
  readonly tags: readonly CopyTag[];
}

const policies: Readonly<Record<NonNullable<CopyFlags['ifTagExists']>, TagPolicy>> = { forbid: 'immutable', 'allow-if-equal': 'allow-if-equal', 'allow-move': 'allow-move' };

export function wishOf({ source, target, platform = [], tag = [], ifTagExists, src, dst }: CopyFlags): Result<CopyWish, DavitError> {
  const from = parseReference(source);
  if (from.isErr()) return err(from.error);
  const to = parseReference(target);
  if (to.isErr()) return err(to.error);
  const platforms = platformsOf('--platform', platform);
  if (platforms.isErr()) return err(platforms.error);
  const wrong = tag.find((each) => !isTag(each));
  if (wrong !== undefined) return misuse(`--tag ${JSON.stringify(wrong)} is no tag (letters, digits, _ . -; at most 128; not beginning with . or -)`);
  // A target without a tag is filled in with `latest` when it is parsed; nobody asked for that tag.
  const own = parseRepository(target).isOk() || to.value.tag === undefined ? [] : [to.value.tag];
  const names = [...new Set([...own, ...tag])];
  if (ifTagExists !== undefined && names.length === 0) return misuse('--if-tag-exists without a tag; name one in the target, or with --tag');
  if (formatRepository(from.value) === formatRepository(to.value) && names.length === 0) return misuse('source and target are the same repository; name another one, or a tag for the target');
  if (to.value.digest !== undefined && platforms.value.length > 0) return misuse('with --platform the target gets an index of its own, whose digest is not known before; name the target without a digest');
  if (src.passwordStdin === true && dst.passwordStdin === true) return misuse('standard input holds one password: give the other one in DAVIT_SRC_PASSWORD or DAVIT_DST_PASSWORD');
  // Where a tag may move, what it named before is asked for only where that costs no request of its own; and where it has the
  // name of the source's, as when the same copy is made again and again: then it mostly names the image, and need not be put.
  const rule = (name: string): Omit<CopyTag, 'tag'> => (ifTagExists === undefined ? { remember: name === from.value.tag } : { policy: policies[ifTagExists] });
  return ok({ from: from.value, to: to.value, platforms: platforms.value, tags: names.map((name) => ({ tag: name, ...rule(name) })) });
}

const misuse = (message: string): Result<never, DavitError> => err(failure('usage_invalid', message));

/** What the options add to a request. */
export function optionsOf({ referrers = true, repair = false, parallel }: CopyFlags, { platforms, tags }: CopyWish): Omit<CopyRequest, 'name' | 'source' | 'from' | 'target' | 'to'> {
  return {
    referrers,
    ...(platforms.length === 0 ? {} : { platforms }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(repair ? { deep: true } : {}),
    ...(parallel === undefined ? {} : { parallel }),
  };
}
