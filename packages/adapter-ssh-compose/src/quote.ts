/**
 * The one place that puts data into shell text.
 * @module
 */

/** Quotes one argument for a POSIX shell; the result means exactly `text`, whatever stands in it. */
export function quote(text: string): string {
  if (text.includes('\0')) throw new TypeError('a shell argument cannot hold a NUL');
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Several arguments, each quoted, with spaces between. */
export function quoteAll(texts: readonly string[]): string {
  return texts.map(quote).join(' ');
}
