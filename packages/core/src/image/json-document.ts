/**
 * Documents of the image specification as they come: bytes that should be a JSON object, with fields of the types they should have.
 * @module
 */

import { jsonFault } from './json-text.js';

/** An object, or what keeps the bytes from being one that can be used. */
export type ReadObject = { readonly object: Readonly<Record<string, unknown>> } | { readonly fault: string };

/** Reads one JSON object in UTF-8, in which no key stands twice. A byte order mark is no JSON (RFC 8259, 8.1). */
export function readObject(bytes: Uint8Array): ReadObject {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const parsed: unknown = JSON.parse(text);
    if (!isObject(parsed)) return { fault: 'is not a JSON object' };
    const fault = jsonFault(text);
    return fault === undefined ? { object: parsed } : { fault };
  } catch {
    return { fault: 'is not a JSON object' };
  }
}

/** Programs write null for what was not set. */
export function withoutNulls(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null));
}

/** A field that is not as it should be: where, and in what way. */
export interface FieldFault {
  readonly field: string;
  readonly what: string;
}

/** What the value of a field must be, and what is said where it is not. */
export interface FieldRule {
  readonly holds: (value: unknown) => boolean;
  readonly what: string;
}

export const aText: FieldRule = { holds: (value) => typeof value === 'string', what: 'is not a text' };
export const aBoolean: FieldRule = { holds: (value) => typeof value === 'boolean', what: 'is not true or false' };
export const texts: FieldRule = { holds: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'), what: 'is not a list of texts' };
export const textMap: FieldRule = { holds: isStringRecord, what: 'is not a map of texts' };
export const objectMap: FieldRule = { holds: (value) => isObject(value) && Object.values(value).every(isObject), what: 'is not a map of objects' };
export const aDate: FieldRule = { holds: isRfc3339, what: 'is not a date' };

/** The first field that breaks its rule. Absent fields break none. */
export function findFault(value: Readonly<Record<string, unknown>>, rules: Readonly<Record<string, FieldRule>>, path: string): FieldFault | undefined {
  const broken = Object.entries(rules).find(([field, rule]) => value[field] !== undefined && !rule.holds(value[field]));
  return broken === undefined ? undefined : { field: `${path}${broken[0]}`, what: broken[1].what };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isStringRecord(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((entry) => typeof entry === 'string');
}

/** A date and time that exists, with its offset. `Date.parse` alone takes the 30th of February, and much that is no date. */
function isRfc3339(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const parts = /^(\d{4})-(\d{2})-(\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/.exec(value);
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1, 4).map(Number) as [number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
