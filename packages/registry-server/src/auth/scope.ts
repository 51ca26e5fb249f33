/**
 * Scopes as they are written in challenges and token requests: `repository:team/app:pull,push`.
 * @see https://distribution.github.io/distribution/spec/auth/scope/
 * @module
 */
import type { Access, Action } from './access.js';

const actions: readonly Action[] = ['pull', 'push', 'delete'];

/** One scope a repository, separated by spaces, in the order the repositories are first needed. */
export function formatScope(needs: readonly Access[]): string {
  const byRepository = new Map<string, Set<Action>>();
  for (const { repository, action } of needs) byRepository.set(repository, (byRepository.get(repository) ?? new Set()).add(action));
  return [...byRepository].map(([repository, wanted]) => `repository:${repository}:${[...wanted].join(',')}`).join(' ');
}

/** Reads any number of scope parameters. Resources and actions that this registry does not know are left out, as the specification says. */
export function parseScopes(scopes: readonly string[]): Access[] {
  return scopes
    .flatMap((scope) => scope.split(' '))
    .flatMap((scope) => {
      const [, repository = '', list = ''] = /^repository:(.+):([^:]*)$/.exec(scope) ?? [];
      const wanted = list.split(',');
      return actions.filter((action) => wanted.includes(action) || wanted.includes('*')).map((action) => ({ repository, action }));
    });
}
