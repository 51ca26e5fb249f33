/**
 * Values that survive a journal: what JSON can say, and nothing else.
 * @module
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
