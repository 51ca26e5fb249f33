/**
 * What kind of thing a value is that should be something else.
 * @module
 */

/** Ends the sentence `x is …`. The value itself is not repeated: it may be a secret in the wrong place. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string' && value.trim() === '') return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
