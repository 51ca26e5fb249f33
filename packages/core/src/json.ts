/**
 * Values that survive a journal: what JSON can say, and nothing else.
 * @module
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** A text where one is expected; empty where something else stands. */
export const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
