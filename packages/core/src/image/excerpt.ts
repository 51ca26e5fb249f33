/**
 * What an error quotes of something that could not be read.
 * @module
 */

/** The beginning of a text; of what is no text (callers without types exist) its kind. */
export function excerpt(given: unknown, limit: number): string {
  if (typeof given !== 'string') return `(${given === null ? 'null' : typeof given})`;
  return given.length > limit ? `${given.slice(0, limit)}…` : given;
}
