/**
 * What an answer's body should be like, and why it is not.
 * @module
 */
import { rule, type Json, type OptionRule } from '@davit/core';

/**
 * A text that the body contains, a pattern that it matches, or JSON that it has at least: objects may have more members,
 * lists are compared item by item and must be as long.
 */
export type BodyExpectation = string | RegExp | { readonly [key: string]: Json } | readonly Json[];

/** Why the body is not as expected; undefined where it is. */
export function bodyFault(body: string, expected: BodyExpectation): string | undefined {
  if (typeof expected === 'string') return body.includes(expected) ? undefined : `its body does not contain ${JSON.stringify(expected)}`;
  if (expected instanceof RegExp) {
    // Without the flags that make a pattern remember where it stopped.
    return new RegExp(expected.source, expected.flags.replace(/[gy]/g, '')).test(body) ? undefined : `its body does not match ${String(expected)}`;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return 'its body is not JSON';
  }
  const path = jsonFault(parsed, expected, '$');
  return path === undefined ? undefined : `its body differs at ${path}`;
}

/** Where what was found first lacks what was expected: `$.checks[0].status`. */
function jsonFault(found: unknown, expected: Json, path: string): string | undefined {
  if (typeof expected !== 'object' || expected === null) return found === expected ? undefined : path;
  if (Array.isArray(expected)) {
    if (!Array.isArray(found) || found.length !== expected.length) return path;
    for (const [at, item] of (expected as readonly Json[]).entries()) {
      const fault = jsonFault(found[at], item, `${path}[${String(at)}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return path;
  for (const [key, item] of Object.entries(expected)) {
    if (!Object.hasOwn(found, key)) return `${path}.${key}`;
    const fault = jsonFault((found as Record<string, unknown>)[key], item, `${path}.${key}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

export const expectationRule: OptionRule = rule.must('a text, a regular expression or JSON', (expected) => typeof expected === 'string' || (typeof expected === 'object' && expected !== null));
