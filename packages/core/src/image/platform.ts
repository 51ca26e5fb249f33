/**
 * What machine an image is for.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 * @module
 */
import { err, ok, type Result } from '../result.js';
import { failure, type DavitError } from '../errors/index.js';

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

export function parsePlatform(text: string): Result<Platform, DavitError<'configuration_invalid'>> {
  const [os, architecture, variant, ...rest] = text.split('/');
  if (!os || !architecture || variant === '' || rest.length > 0) return err(failure('configuration_invalid', `not a platform: ${JSON.stringify(text)} (write os/architecture[/variant], for example linux/amd64)`, { actual: text }));
  return ok({ os, architecture, ...(variant === undefined ? {} : { variant }) });
}

/** Whether `offered` runs where `wanted` is asked for. A wanted variant must be met; arm64 without one means v8. */
export function platformMatches(wanted: Platform, offered: Platform): boolean {
  const variant = (p: Platform): string | undefined => p.variant ?? (p.architecture === 'arm64' ? 'v8' : undefined);
  return wanted.os === offered.os && wanted.architecture === offered.architecture && (variant(wanted) === undefined || variant(wanted) === variant(offered));
}

/** `unknown/unknown` marks what stands in an index beside the images: build attestations. */
export const isUnknownPlatform = (platform: Platform): boolean => platform.os === 'unknown' && platform.architecture === 'unknown';
