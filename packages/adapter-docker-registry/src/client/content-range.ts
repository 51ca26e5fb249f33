/**
 * Content-Range: which part of a blob an answer holds.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14.4
 * @module
 */

/** A part, with the last byte included as on the wire; or, where there is no such part, the size alone. */
export type ContentRange = { readonly first: number; readonly last: number; readonly size: number | null } | { readonly first: null; readonly size: number };

const longest = 100;

/** Reads a Content-Range of bytes; null for every text that the grammar refuses, and for parts that cannot be. */
export function parseContentRange(header: string | undefined): ContentRange | null {
  if (header === undefined || header.length > longest) return null;
  const [, first, last, whole] = /^[ \t]*bytes[ \t]+(?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)[ \t]*$/i.exec(header) ?? [];
  if (whole === undefined) return null;
  const size = whole === '*' ? null : Number(whole);
  if (first === undefined || last === undefined) return size === null ? null : { first: null, size };
  const part = { first: Number(first), last: Number(last), size };
  return part.last < part.first || (size !== null && part.last >= size) ? null : part;
}
