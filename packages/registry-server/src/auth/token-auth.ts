/**
 * Token authentication: the registry's side (challenge, check) and the token endpoint's.
 * @see https://distribution.github.io/distribution/spec/auth/token/
 * @see https://distribution.github.io/distribution/spec/auth/oauth/
 * @module
 */
import { jsonAnswer, readBytes, type Answer, type RegistryRequest } from '../answer.js';
import { Problem } from '../problem.js';
import { mayAccess, type Access, type User } from './access.js';
import { credentialsOf, denied, userOf, type Authenticator, type Credentials } from './authenticator.js';
import { formatScope, parseScopes } from './scope.js';
import { tokenSigner, type TokenClaims } from './signed-token.js';

export interface TokenAuthOptions {
  readonly kind: 'token';
  /** Read at each request: tests may change it. */
  readonly users: readonly User[];
  /** Gives tokens for pulling to everybody, of every repository or of some. Default false. */
  readonly anonymousPull?: boolean | ((repository: string) => boolean);
  /** Default five minutes. */
  readonly tokenTtlMs?: number;
  /** Default `registry`. A token is good only for the service that it was asked for. */
  readonly service?: string;
  /** Whether the endpoint takes OAuth2's POST. Off: 404, as some registries answer. Default true. */
  readonly postTokens?: boolean;
  /** The scope that every challenge names, whatever was asked for. Default: what is needed. */
  readonly challengeScope?: string;
  /** Looks at the password alone. Default false. */
  readonly anyUsername?: boolean;
  /** Refuses (403) who asks for more than they may, instead of giving a token for less. Default false. */
  readonly refuseBeyondRights?: boolean;
  /** The answer has the token and nothing else. Default false. */
  readonly bareTokens?: boolean;
}

interface Grant {
  readonly user: User | null;
  readonly service: string;
  readonly scopes: readonly string[];
  readonly withRefreshToken: boolean;
}

const refreshTokenTtlMs = 24 * 60 * 60 * 1000;

/** `origin` is where clients reach this server: the realm of its challenges. */
export function tokenAuth(options: TokenAuthOptions, origin: () => string, now: () => number): Authenticator {
  const { users, anonymousPull = false, tokenTtlMs = 300_000, service = 'registry', postTokens = true, challengeScope, anyUsername = false, refuseBeyondRights = false, bareTokens = false } = options;
  const signer = tokenSigner();
  let generation = 0;

  const anonymousMay = ({ repository, action }: Access): boolean => action === 'pull' && (typeof anonymousPull === 'boolean' ? anonymousPull : anonymousPull(repository));
  const known = (credentials: Credentials | undefined): User | undefined => (anyUsername ? users.find(({ password }) => password === credentials?.password) : userOf(users, credentials));

  const findUser = (name: string | null): User | undefined => users.find((user) => user.name === name);

  const unauthorized = (needs: readonly Access[], error?: 'invalid_token' | 'insufficient_scope'): Problem => {
    const scope = challengeScope ?? formatScope(needs);
    const parameters = [`realm="${origin()}/token"`, `service="${service}"`, ...(scope === '' ? [] : [`scope="${scope}"`]), ...(error === undefined ? [] : [`error="${error}"`])];
    return new Problem(401, 'UNAUTHORIZED', error === undefined ? 'authentication required' : `authentication required: ${error}`, { 'www-authenticate': `Bearer ${parameters.join(',')}` });
  };

  const valid = (claims: TokenClaims | undefined, kind: TokenClaims['kind']): claims is TokenClaims =>
    claims?.kind === kind && claims.expiresAt > now() && claims.service === service && (kind === 'refresh' || claims.generation === generation);

  const issue = ({ user, service: audience, scopes, withRefreshToken }: Grant): Answer => {
    const allowed = (access: Access): boolean => (user === null ? anonymousMay(access) : mayAccess(user, access) || anonymousMay(access));
    const wanted = parseScopes(scopes);
    // What the caller may not do is left out of the token, not refused: that is the registry's to do.
    const access = wanted.filter(allowed);
    if (refuseBeyondRights && access.length < wanted.length) throw new Problem(403, 'DENIED', 'requested access to the resource is denied');
    const claims: TokenClaims = { kind: 'access', user: user?.name ?? null, service: audience, access, expiresAt: now() + tokenTtlMs, generation };
    const token = signer.sign(claims);
    if (bareTokens) return jsonAnswer(200, { token });
    return jsonAnswer(200, {
      token,
      access_token: token,
      expires_in: Math.floor(tokenTtlMs / 1000),
      issued_at: new Date(now()).toISOString(),
      scope: formatScope(access),
      ...(withRefreshToken && user !== null ? { refresh_token: signer.sign({ ...claims, kind: 'refresh', access: [], expiresAt: now() + refreshTokenTtlMs }) } : {}),
    });
  };

  const refuseCredentials = (): never => {
    throw new Problem(401, 'UNAUTHORIZED', 'incorrect username or password', { 'www-authenticate': 'Basic realm="token"' });
  };

  const getToken = (request: RegistryRequest): Answer => {
    const { query } = request;
    const anonymous = request.headers.authorization === undefined;
    const user = anonymous ? null : (known(credentialsOf(request)) ?? refuseCredentials());
    if (anonymous && anonymousPull === false) return refuseCredentials();
    return issue({ user, service: query.get('service') ?? '', scopes: query.getAll('scope'), withRefreshToken: query.get('offline_token') === 'true' });
  };

  const postToken = async (request: RegistryRequest): Promise<Answer> => {
    if (!postTokens) throw new Problem(404, 'UNSUPPORTED', 'tokens are given by GET only');
    const form = new URLSearchParams((await readBytes(request.body, 64 * 1024))?.toString('utf8') ?? '');
    const field = (name: string): string => form.get(name) ?? '';
    const grant = { service: field('service'), scopes: form.getAll('scope') };
    if (field('grant_type') === 'password') {
      const user = known({ name: field('username'), password: field('password') }) ?? refuseCredentials();
      return issue({ ...grant, user, withRefreshToken: field('access_type') === 'offline' });
    }
    if (field('grant_type') !== 'refresh_token') return jsonAnswer(400, { error: 'unsupported_grant_type' });
    const claims = signer.read(field('refresh_token'));
    const user = valid(claims, 'refresh') ? findUser(claims.user) : undefined;
    return user === undefined ? jsonAnswer(401, { error: 'invalid_grant' }) : issue({ ...grant, user, withRefreshToken: true });
  };

  return {
    authorize(request, needs) {
      const { authorization } = request.headers;
      const bearer = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
      if (bearer === undefined) throw unauthorized(needs);
      const claims = signer.read(bearer);
      if (!valid(claims, 'access')) throw unauthorized(needs, 'invalid_token');
      const user = findUser(claims.user);
      const covers = ({ repository, action }: Access): boolean => claims.access.some((granted) => granted.repository === repository && granted.action === action);
      for (const need of needs.filter((each) => !covers(each))) {
        const forbidden = user !== undefined && !mayAccess(user, need);
        // Another token would not help a user without the right.
        if (forbidden && need.optional !== true) throw denied(need);
        if (!forbidden) throw unauthorized(needs, 'insufficient_scope');
      }
      return (repository) => covers({ repository, action: 'pull' });
    },
    answer(request) {
      if (request.path !== '/token') return undefined;
      if (request.method === 'GET') return Promise.resolve(getToken(request));
      if (request.method === 'POST') return postToken(request);
      throw new Problem(405, 'UNSUPPORTED', 'tokens are given by GET and POST');
    },
    expireTokens: () => void (generation += 1),
  };
}
