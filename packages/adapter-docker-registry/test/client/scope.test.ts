import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeScopes, repositoryScope, sameResource, scopesCover } from '../../src/client/scope.js';

describe('mergeScopes', () => {
  it.each<[readonly string[], readonly string[]]>([
    [[], []],
    [['repository:b:push', 'repository:a:pull', 'repository:b:pull'], ['repository:a:pull', 'repository:b:pull,push']],
    [['repository:a:pull,*,push'], ['repository:a:*']],
    [['repository:a:,', 'repository:b:'], []],
    [['repository:host:5000/a:pull', 'odd', 'repository:host:5000/a:push'], ['odd', 'repository:host:5000/a:pull,push']],
  ])('merges %j', (scopes, expected) => {
    expect(mergeScopes(scopes)).toEqual(expected);
  });

  it('covers what it was made of, and changes nothing when it is done again', () => {
    const scope = fc.tuple(fc.constantFrom('a', 'b/c', 'd'), fc.array(fc.constantFrom('pull', 'push', 'delete', '*'), { minLength: 1 })).map(([name, actions]) => `repository:${name}:${actions.join(',')}`);
    fc.assert(
      fc.property(fc.array(scope), (scopes) => {
        const merged = mergeScopes(scopes);
        expect(scopesCover(merged, scopes)).toBe(true);
        expect(mergeScopes(merged)).toEqual(merged);
      }),
    );
  });
});

describe('scopesCover', () => {
  it('lets a token for pushing be used for pulling, and not the other way round', () => {
    expect(scopesCover([repositoryScope('a', 'push')], [repositoryScope('a', 'pull')])).toBe(true);
    expect(scopesCover([repositoryScope('a', 'pull')], [repositoryScope('a', 'push')])).toBe(false);
    expect(scopesCover([repositoryScope('a', 'push')], [repositoryScope('b', 'pull')])).toBe(false);
    expect(scopesCover(['repository:a:*'], ['repository:a:delete'])).toBe(true);
    expect(scopesCover([], [])).toBe(true);
    expect(scopesCover(['odd'], ['odd'])).toBe(true);
  });
});

describe('sameResource', () => {
  it('looks at the repository and not at the actions', () => {
    expect(sameResource('repository:a:pull', 'repository:a:delete')).toBe(true);
    expect(sameResource('repository:a:pull', 'repository:ab:pull')).toBe(false);
    expect(sameResource('odd', 'odd')).toBe(false);
  });
});
