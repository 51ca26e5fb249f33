import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { checkTagRules, tagPolicyOf, type TagPolicy, type TagRules } from '@davit/core';

describe('tagPolicyOf', () => {
  const rules: TagRules = { 'v*': 'immutable', 'v*-rc*': 'allow-move', 'v1.0': 'allow-if-equal', '*-edge': 'allow-move' };

  it.each<[string, TagPolicy]>([
    ['v2.0', 'immutable'],
    ['v', 'immutable'],
    ['v2.0-rc1', 'allow-move'],
    ['v1.0', 'allow-if-equal'],
    ['main-edge', 'allow-move'],
    ['-edge', 'allow-move'],
    ['stable', 'allow-if-equal'],
    ['constructor', 'allow-if-equal'],
  ])('%s: %s', (tag, policy) => {
    expect(tagPolicyOf(tag, rules, 'allow-if-equal')).toBe(policy);
  });

  it('matches as a regular expression of the pattern would', () => {
    const text = fc.array(fc.constantFrom('a', 'b', '*'), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map((parts) => parts.join('')), (pattern, tag) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(tag);
        expect(tagPolicyOf(tag, { [pattern]: 'immutable' }, 'allow-move')).toBe(expected ? 'immutable' : 'allow-move');
      }),
    );
  });

  it('is quick whatever the pattern', () => {
    expect(tagPolicyOf('a'.repeat(128), { [`${'a*'.repeat(60)}b`]: 'immutable' }, 'allow-move')).toBe('allow-move');
  });
});

describe('checkTagRules', () => {
  it('takes tags and patterns with policies that there are', () => {
    expect(checkTagRules({ 'v*': 'immutable', '*': 'allow-move', 'a.b-c_d': 'allow-if-equal' }).isOk()).toBe(true);
  });

  it.each([{ 'a b': 'immutable' }, { '': 'immutable' }, { '.x': 'immutable' }, { v: 'sometimes' }, { v: undefined }])('refuses %j, naming it', (rules) => {
    const error = checkTagRules(rules as unknown as TagRules)._unsafeUnwrapErr();
    expect(error).toMatchObject({ code: 'configuration_invalid', field: Object.keys(rules)[0] });
  });
});
