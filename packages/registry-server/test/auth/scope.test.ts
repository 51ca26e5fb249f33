import { expect, it } from 'vitest';
import { formatScope, parseScopes } from '../../src/auth/scope.js';

it.each([
  [[], []],
  [['repository:a:pull'], ['a pull']],
  [['repository:a:push,pull'], ['a pull', 'a push']],
  [['repository:a:*'], ['a pull', 'a push', 'a delete']],
  [['repository:host:5000/a:pull'], ['host:5000/a pull']],
  [['repository:a:pull repository:b:push', 'repository:c:pull'], ['a pull', 'b push', 'c pull']],
  [['registry:catalog:*', 'repository:a:', 'repository::pull', 'repository:a:fly', '', 'nonsense'], []],
])('reads the scopes %j', (scopes, expected) => {
  expect(parseScopes(scopes).map(({ repository, action }) => `${repository} ${action}`)).toEqual(expected);
});

it('writes one scope a repository', () => {
  expect(formatScope([{ repository: 'a', action: 'pull' }, { repository: 'b', action: 'pull' }, { repository: 'a', action: 'push' }])).toBe('repository:a:pull,push repository:b:pull');
});
