/**
 * What machine an image is for.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 * @module
 */
import { err, ok, type Result } from '../result.js';
import { failure, type DavitError } from '../errors/index.js';
import { excerpt } from './excerpt.js';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/** `linux/amd64`, `linux/arm64/v8`. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, ...(platform.variant === undefined ? [] : [platform.variant])].join('/');
}

const partPattern = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/;

/** Reads `os/architecture[/variant]`, in the words of Go's GOOS and GOARCH: lower case. */
export function parsePlatform(text: string): Result<Platform, DavitError<'configuration_invalid'>> {
  const parts = typeof text === 'string' ? text.split('/', 4) : [];
  const [os, architecture, variant] = parts;
  if (os === undefined || architecture === undefined || parts.length > 3 || !parts.every((part) => part.length <= 64 && partPattern.test(part))) {
    const shown = excerpt(text, 100);
    return err(failure('configuration_invalid', `not a platform: ${JSON.stringify(shown)} (write os/architecture[/variant], for example linux/amd64)`, { actual: shown }));
  }
  return ok({ os, architecture, ...(variant === undefined ? {} : { variant }) });
}

/** What an architecture means where no variant is named. */
const usualVariants: Readonly<Partial<Record<string, string>>> = { amd64: 'v1', arm: 'v7', arm64: 'v8' };

/** Whether `offered` is what `wanted` asks for. A variant that is not named is the usual one of its architecture, on both sides. */
export function platformMatches(wanted: Platform, offered: Platform): boolean {
  const variant = (p: Platform): string | undefined => p.variant ?? usualVariants[p.architecture];
  return wanted.os === offered.os && wanted.architecture === offered.architecture && (variant(wanted) === undefined || variant(wanted) === variant(offered));
}

/** `unknown/unknown` marks what stands in an index beside the images: build attestations. */
export const isUnknownPlatform = (platform: Platform): boolean => platform.os === 'unknown' && platform.architecture === 'unknown';
