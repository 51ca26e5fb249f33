/**
 * Options of the form `key=value`.
 * @module
 */
import { err, failure, ok, type DavitError, type Result } from '@davit/core/adapter';

export function pairsOf(flag: string, texts: readonly string[]): Result<Readonly<Record<string, string>>, DavitError> {
  const pairs: [string, string][] = [];
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at <= 0) return err(failure('usage_invalid', `${flag} ${text} is not key=value`));
    pairs.push([text.slice(0, at), text.slice(at + 1)]);
  }
  return ok(Object.fromEntries(pairs));
}
