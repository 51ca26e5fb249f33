/**
 * Platforms on the command line.
 * @module
 */
import { err, failure, ok, parsePlatform, type DavitError, type Platform, type Result } from '@davit/core/adapter';

export function platformsOf(flag: string, texts: readonly string[]): Result<readonly Platform[], DavitError> {
  const platforms: Platform[] = [];
  for (const text of texts) {
    const platform = parsePlatform(text);
    if (platform.isErr()) return err(failure('usage_invalid', `${flag}: ${platform.error.message}`));
    platforms.push(platform.value);
  }
  return ok(platforms);
}
