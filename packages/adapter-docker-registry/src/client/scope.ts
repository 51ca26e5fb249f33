/**
 * Token scopes: what a token may be used for, as `repository:team/app:pull,push`.
 * @see https://distribution.github.io/distribution/spec/auth/scope/
 * @module
 */

export type Access = 'pull' | 'push';

/** What a request needs. Writing needs `pull` too: registries check with it whether a blob is there. */
export function repositoryScope(repository: string, access: Access): string {
  return `repository:${repository}:${access === 'push' ? 'pull,push' : 'pull'}`;
}

/** Resource (`repository:team/app`) and actions; null for a scope of another shape. */
function split(scope: string): { readonly resource: string; readonly actions: readonly string[] } | null {
  const first = scope.indexOf(':');
  const last = scope.lastIndexOf(':');
  if (first < 0 || first === last) return null;
  return { resource: scope.slice(0, last), actions: mergeActions(scope.slice(last + 1).split(',')) };
}

/** Sorted, without doubles and empty ones; `*` stands for all. */
export function mergeActions(actions: readonly string[]): readonly string[] {
  const set = new Set(actions.filter((action) => action !== ''));
  return set.has('*') ? ['*'] : [...set].sort();
}

/** The smallest sorted set of scopes that asks for the same. A scope without actions asks for nothing; one of another shape is kept as it is. */
export function mergeScopes(scopes: readonly string[]): readonly string[] {
  const resources = new Map<string, readonly string[]>();
  const merged = new Set<string>();
  for (const scope of scopes) {
    const parts = split(scope);
    if (parts === null) merged.add(scope);
    else resources.set(parts.resource, mergeActions([...(resources.get(parts.resource) ?? []), ...parts.actions]));
  }
  for (const [resource, actions] of resources) {
    if (actions.length > 0) merged.add(`${resource}:${actions.join(',')}`);
  }
  return [...merged].sort();
}

/** Whether a token for `held` may be used where `wanted` is needed. */
export function scopesCover(held: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((want) => {
    const need = split(want);
    if (need === null) return held.includes(want);
    const have = held.map(split).find((scope) => scope?.resource === need.resource)?.actions ?? [];
    return have.includes('*') || need.actions.every((action) => have.includes(action));
  });
}

/** Whether two scopes speak of the same repository, whatever they allow there. */
export function sameResource(one: string, other: string): boolean {
  const resource = split(one)?.resource;
  return resource !== undefined && resource === split(other)?.resource;
}
