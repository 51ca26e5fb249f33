/**
 * What kind of thing a value is that should be something else.
 * @module
 */

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

export const isTextList = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((item) => typeof item === 'string');

/** What stands there instead of what should; the value itself may be a secret in the wrong place. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export const unknownField = (value: Fields, known: Fields): string | undefined => Object.keys(value).find((field) => !Object.hasOwn(known, field));
