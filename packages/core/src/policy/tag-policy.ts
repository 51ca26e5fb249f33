/**
 * What may happen to a tag that exists already, by tag or by pattern (R21, R22).
 * @module
 */
import { failure, type UseError } from '../errors/index.js';
import { err, ok, type Result } from '../result.js';

/**
 * - `immutable`: the tag must be new; that it exists is a conflict, whatever it names.
 * - `allow-if-equal`: a tag that names the digest already is left alone, one that names another digest is a conflict.
 * - `allow-move`: the tag is moved, and its old digest remembered.
 */
export type TagPolicy = 'immutable' | 'allow-if-equal' | 'allow-move';

export const tagPolicies: readonly TagPolicy[] = ['immutable', 'allow-if-equal', 'allow-move'];

/** By tag, or by a pattern in which `*` stands for any text: `{ 'v*': 'immutable', edge: 'allow-move' }`. */
export type TagRules = Readonly<Record<string, TagPolicy>>;

const rulePattern = /^[A-Za-z0-9_*][A-Za-z0-9._*-]{0,127}$/;

/** Whether rules can be meant: each is a tag or a pattern of one, with a policy that there is. For use at creation. */
export function checkTagRules(rules: TagRules): Result<void, UseError> {
  const wrong = (field: string, message: string): Result<never, UseError> => err(failure('configuration_invalid', `tag rule ${JSON.stringify(field.slice(0, 150))}: ${message}`, { field }));
  for (const [pattern, policy] of Object.entries(rules)) {
    if (!rulePattern.test(pattern)) return wrong(pattern, 'it is neither a tag nor a pattern of one (letters, digits, _ . - and * for any text)');
    if (!tagPolicies.includes(policy)) return wrong(pattern, `${JSON.stringify(policy)} is no policy; write one of ${tagPolicies.join(', ')}`);
  }
  return ok(undefined);
}

/** The policy of a tag: of the rule that names it, else of the longest pattern that fits, else `usual`. */
export function tagPolicyOf(tag: string, rules: TagRules, usual: TagPolicy): TagPolicy {
  const own = Object.hasOwn(rules, tag) ? rules[tag] : undefined;
  if (own !== undefined) return own;
  const fitting = Object.entries(rules).filter(([pattern]) => fits(pattern, tag));
  // Of two that say as much, the first one written counts.
  return fitting.sort(([a], [b]) => literals(b) - literals(a))[0]?.[1] ?? usual;
}

const literals = (pattern: string): number => pattern.replaceAll('*', '').length;

/** No regular expression: `*` any number of times must not make it slow. */
function fits(pattern: string, tag: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return pattern === tag;
  if (!tag.startsWith(first) || tag.length < first.length + last.length || !tag.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = tag.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= tag.length - last.length;
}
