/**
 * Decides whether a request may be answered. Three of them: everybody may, Basic, and tokens.
 * @module
 */
import type { Answer, RegistryRequest } from '../answer.js';
import { Problem } from '../problem.js';
import { mayAccess, type Access, type User } from './access.js';

export interface Authenticator {
  /** Throws a 401 or 403. The answer says of further repositories whether the caller may read them. */
  authorize(request: RegistryRequest, needs: readonly Access[]): (repository: string) => boolean;
  /** Answers the token endpoint; undefined for every other path. */
  answer(request: RegistryRequest): Promise<Answer> | undefined;
  /** Makes every token issued so far an expired one; refresh tokens stay good. */
  expireTokens(): void;
}

export const openToAll: Authenticator = { authorize: () => () => true, answer: () => undefined, expireTokens: () => undefined };

export interface BasicAuthOptions {
  readonly kind: 'basic';
  /** Read at each request: tests may change it. */
  readonly users: readonly User[];
}

export function basicAuth({ users }: BasicAuthOptions): Authenticator {
  return {
    authorize(request, needs) {
      const user = userOf(users, credentialsOf(request));
      if (user === undefined) throw new Problem(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': 'Basic realm="registry"' });
      for (const need of needs) if (need.optional !== true && !mayAccess(user, need)) throw denied(need);
      return (repository) => mayAccess(user, { repository, action: 'pull' });
    },
    answer: () => undefined,
    expireTokens: () => undefined,
  };
}

export interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** Basic credentials of a request; undefined where it has none. */
export function credentialsOf(request: RegistryRequest): Credentials | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

export function userOf(users: readonly User[], credentials: Credentials | undefined): User | undefined {
  return credentials === undefined ? undefined : users.find(({ name, password }) => name === credentials.name && password === credentials.password);
}

export function denied({ repository, action }: Access): Problem {
  return new Problem(403, 'DENIED', `requested access to the resource is denied: ${action} of ${repository}`);
}
