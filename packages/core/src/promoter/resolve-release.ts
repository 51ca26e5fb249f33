/**
 * Turns what was asked for into a release: each image resolved to its digest, once (R1, G13).
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { formatReference, formatRepository, parseReference, parseRepository, type Reference } from '../image/index.js';
import type { ReleaseImage } from '../machine/index.js';
import { renderTag, tagValues, type TagSubject } from '../policy/tag-template.js';
import type { Call } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { checkRelease } from '../steps/index.js';
import type { ConfiguredEnvironment } from './configure.js';
import type { ReleaseImageOptions } from './options.js';
import type { PromoteRequest } from './requests.js';

export interface ResolvedRelease {
  readonly images: readonly ReleaseImage[];
  /** The version that tags were made of, where one is known. */
  readonly version: string | undefined;
}

export function resolveRelease(configured: ConfiguredEnvironment, request: PromoteRequest, now: number, call: Call): ResultAsync<ResolvedRelease, DavitError> {
  return new ResultAsync(resolve(configured, request, now, call));
}

async function resolve(configured: ConfiguredEnvironment, request: PromoteRequest, now: number, call: Call): Promise<Result<ResolvedRelease, DavitError>> {
  const wanted = referencesOf(configured.release, request.images);
  if (wanted.isErr()) return err(wanted.error);
  const images: ReleaseImage[] = [];
  let version = request.version;
  for (const { name, reference, options } of wanted.value) {
    const descriptor = await configured.environment.source.resolve(reference, call);
    if (descriptor.isErr()) return err(descriptor.error);
    version ??= versionOf(reference);
    const target = parseRepository(options.to);
    if (target.isErr()) return err(target.error);
    const tags = tagsOf(
      options,
      { digest: descriptor.value.digest, createdAt: now, ...(version === undefined ? {} : { version }), ...(reference.tag === undefined ? {} : { tag: reference.tag }), ...(request.revision === undefined ? {} : { revision: request.revision }) },
      configured.environment.name,
    );
    if (tags.isErr()) return err(tags.error);
    images.push({
      name,
      source: formatRepository(reference),
      requested: formatReference(reference),
      digest: descriptor.value.digest,
      target: formatRepository(target.value),
      tags: tags.value,
      services: options.services ?? [name],
    });
  }
  return checkRelease(images).andThen(checkTags).map(() => ({ images, version }));
}

/** One tag cannot name two images: the second would move it away from the first, or fail to when production was written already. */
function checkTags(images: readonly ReleaseImage[]): Result<readonly ReleaseImage[], DavitError> {
  const named = new Map<string, ReleaseImage>();
  for (const image of images) {
    for (const tag of [...image.tags.immutable, ...image.tags.channel]) {
      const place = `${image.target}:${tag}`;
      const other = named.get(place);
      if (other !== undefined && other.digest !== image.digest) return err(failure('configuration_invalid', `the tag ${place} is given to two images: ${other.name} and ${image.name}; give each its own repository (to) or its own tags`, { field: 'release.tags', tag }));
      named.set(place, image);
    }
  }
  return ok(images);
}

interface Wanted {
  readonly name: string;
  readonly reference: Reference;
  readonly options: ReleaseImageOptions;
}

function referencesOf(release: ConfiguredEnvironment['release'], images: PromoteRequest['images']): Result<readonly Wanted[], DavitError> {
  const names = Object.keys(release);
  const wrong = (message: string): Result<never, DavitError> => err(failure('usage_invalid', message, { field: 'images' }));
  if (typeof images === 'string' && names.length !== 1) return wrong(`the release has ${String(names.length)} images (${names.join(', ')}); say which one ${images} is: ${names[0] ?? 'name'}=${images}`);
  const given: Readonly<Record<string, string>> = typeof images === 'string' ? { [names[0] as string]: images } : (images ?? {});
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(release, name));
  if (unknown !== undefined) return wrong(`the release has no image ${JSON.stringify(unknown)}; it has ${names.join(', ')}`);
  const wanted: Wanted[] = [];
  for (const [name, options] of Object.entries(release)) {
    const parsed = parseReference(given[name] ?? options.from);
    if (parsed.isErr()) return err(parsed.error);
    wanted.push({ name, reference: parsed.value, options });
  }
  return ok(wanted);
}

/** A tag says a version, unless it is one that moves by custom. */
const versionOf = ({ tag }: Reference): string | undefined => (tag === undefined || tag === 'latest' || tag === 'staging' ? undefined : tag);

function tagsOf({ tags }: ReleaseImageOptions, subject: TagSubject, environment: string): Result<ReleaseImage['tags'], DavitError> {
  const values = tagValues(subject);
  const expandAll = (templates: readonly string[]): Result<readonly string[], DavitError> => {
    const expanded: string[] = [];
    for (const template of templates) {
      const tag = renderTag(template, values);
      if (tag.isErr()) return err(tag.error);
      if (!expanded.includes(tag.value)) expanded.push(tag.value);
    }
    return ok(expanded);
  };
  return expandAll(tags?.immutable ?? (subject.version === undefined ? [] : ['{version}'])).andThen((immutable) =>
    expandAll(tags?.channel ?? [environment]).andThen((channel) => {
      const both = immutable.find((tag) => channel.includes(tag));
      // A tag cannot both stay and move: {version} of a reference with the tag `production`, for example.
      if (both !== undefined && tags?.immutable !== undefined) return err(failure('configuration_invalid', `the tag ${both} is both immutable and a channel`, { field: 'release.tags', tag: both }));
      return ok({ immutable: immutable.filter((tag) => !channel.includes(tag)), channel });
    }),
  );
}
