/**
 * Who may do what.
 * @see https://distribution.github.io/distribution/spec/auth/scope/
 * @module
 */
export type Action = 'pull' | 'push' | 'delete';

export interface Access {
  readonly repository: string;
  readonly action: Action;
  /** Asked for, but the request goes on without it: where a user may not read a mount's source, the answer is an upload. */
  readonly optional?: boolean;
}

/** What a user may do in some repositories. */
export interface AccessRule {
  /** A regular expression that the whole name must match: `team/.*`. */
  readonly repository: string;
  readonly actions: readonly Action[];
}

export interface User {
  readonly name: string;
  readonly password: string;
  /** Default: everything. */
  readonly allow?: readonly AccessRule[];
}

export function mayAccess(user: User, { repository, action }: Access): boolean {
  return user.allow === undefined || user.allow.some((rule) => rule.actions.includes(action) && new RegExp(`^(?:${rule.repository})$`).test(repository));
}
