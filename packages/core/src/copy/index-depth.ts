/**
 * How far indexes in indexes are followed: the same wherever an image is copied or checked.
 * @module
 */

/** Indexes in indexes are rare, and more than these in one another are a fault or an attack. */
export const maxIndexDepth = 4;

/** @param depth How many indexes an index stands in. */
export const isTooDeep = (depth: number): boolean => depth >= maxIndexDepth;
