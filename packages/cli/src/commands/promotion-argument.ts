/**
 * The id of a promotion as people type it.
 * @module
 */

/** Ids are ULIDs: their letters mean the same in lower case. */
export function idOf(text: string): string {
  const trimmed = text.trim();
  return /^[0-9a-z]{26}$/i.test(trimmed) ? trimmed.toUpperCase() : trimmed;
}
