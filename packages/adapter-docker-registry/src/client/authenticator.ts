/**
 * Logging in: learns from a registry's challenge what it wants, and keeps what was given for as long as it lasts.
 * @module
 */
import { err, failure, ok, type RegistryError, type Result } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';
import { parseChallenges, usableChallenge, type BearerChallenge } from './challenge.js';
import { createCredentialLookup, type CredentialLookup } from './credential-lookup.js';
import type { CredentialProvider } from './credentials.js';
import type { Endpoint } from './endpoint.js';
import { interrupted } from './errors.js';
import { createIdentityTokens } from './identity-tokens.js';
import { guardRealm } from './realm.js';
import { mergeScopes, sameResource, scopesCover } from './scope.js';
import { createSharedWork } from './shared-work.js';
import { basicAuthorization, fetchToken, type Token, type TokenSettings } from './token.js';

/** What a request wants to be allowed. */
export interface Want {
  readonly asked: Asked;
  readonly endpoint: Endpoint;
  readonly scopes: readonly string[];
  readonly signal: AbortSignal;
}

export interface Authenticator {
  /** The Authorization header as far as one is known to be wanted; null before the registry has asked for any. */
  authorization(want: Want): Promise<Result<string | null, RegistryError>>;
  /** The registry answered 401 to a request that carried `sent`: what to send instead, or why there is nothing. */
  challenged(want: Want, header: string | undefined, sent: string | null): Promise<Result<string, RegistryError>>;
  /** Whether the last login of a repository was made with credentials, rather than anonymously. */
  isLoggedIn(asked: Asked): boolean;
  /** Whether a login was good, and was given no token: it may not do what was last asked for. */
  isDenied(asked: Asked): boolean;
  /** Drops what is kept for a repository: the next request logs in anew. */
  forget(registry: string, repository: string): void;
  /** The credentials of a repository, registered as secrets. */
  readonly credentials: CredentialLookup;
}

type KnownChallenge = BearerChallenge | { readonly scheme: 'basic' };

interface Known {
  challenge: KnownChallenge | null;
  /** What came of answering another repository's challenge, before this one had given its own. */
  guess: { readonly challenge: KnownChallenge; readonly error: RegistryError } | null;
  /** Scopes that the registry named beside ours. */
  more: readonly string[];
  basic: string | null;
  anonymous: boolean;
  denied: boolean;
  tokens: readonly { readonly scopes: readonly string[]; readonly value: string; readonly goodUntil: number }[];
}

/** A token is renewed this early, so that it does not expire on the way. */
const renewEarlyMs = 5000;

export interface AuthenticatorSettings extends TokenSettings {
  readonly provider: CredentialProvider;
  /** Token services on local addresses that may be asked. */
  readonly tokenServices: readonly string[];
}

export function createAuthenticator(settings: AuthenticatorSettings): Authenticator {
  const { provider, secrets, dialect, now } = settings;
  const repositories = new Map<string, Known>();
  // A registry mostly asks for the same everywhere: its last challenge is the first guess for another repository.
  const registries = new Map<string, KnownChallenge>();
  const credentials = createCredentialLookup(provider, secrets);
  const fetches = createSharedWork<Result<Token, RegistryError>>();
  const identityTokens = createIdentityTokens(secrets);

  const keyOf = ({ registry, repository }: Asked): string => `${registry}/${repository}`;
  const knownOf = (asked: Asked): Known => {
    const key = keyOf(asked);
    const known = repositories.get(key) ?? { challenge: null, guess: null, more: [], basic: null, anonymous: true, denied: false, tokens: [] };
    repositories.set(key, known);
    return known;
  };

  const basic = async ({ asked, signal }: Want, known: Known): Promise<Result<string, RegistryError>> => {
    if (known.basic !== null) return ok(known.basic);
    const found = await credentials(asked, signal);
    if (found.isErr()) return err(found.error);
    const login = found.value.credentials;
    if (login === null) return err(unauthorized(asked, 'the registry wants a login, and no credentials were found for it', found.value.note));
    if ('identityToken' in login) return err(unauthorized(asked, 'the registry wants a username and a password, and only an identity token was found', found.value.note));
    known.anonymous = false;
    known.basic = 'token' in login ? `Bearer ${login.token}` : basicAuthorization(login);
    secrets.token(known.basic.slice(known.basic.indexOf(' ') + 1));
    return ok(known.basic);
  };

  const bearer = async ({ asked, endpoint, scopes, signal }: Want, known: Known, challenge: BearerChallenge): Promise<Result<string, RegistryError>> => {
    const wanted = mergeScopes([...scopes, ...known.more]);
    const held = known.tokens.find((token) => token.goodUntil > now() && scopesCover(token.scopes, wanted));
    if (held !== undefined) return ok(`Bearer ${held.value}`);
    const realm = guardRealm(challenge.realm, endpoint, settings.tokenServices);
    if ('refused' in realm) return err(failure('token_realm_refused', `${sentence(asked)}: the registry names a token service that is not asked: ${realm.refused}`, { ...factsOf(asked), actual: challenge.realm.slice(0, 200) }));
    const found = await credentials(asked, signal);
    if (found.isErr()) return err(found.error);
    const login = found.value.credentials;
    known.anonymous = login === null;
    const key = [keyOf(asked), challenge.realm, challenge.service ?? '', ...wanted, login === null ? '' : JSON.stringify(login)].join('\n');
    const fetched = await fetches.join(key, signal, (until) => {
      const request = { asked, realm: realm.url, service: challenge.service, scopes: wanted, credentials: login, signal: until };
      if (login === null || !('identityToken' in login)) return fetchToken(request, settings);
      return identityTokens.use(asked, login.identityToken, until, (identityToken) => fetchToken({ ...request, credentials: { identityToken } }, settings));
    });
    if (fetched === null) return err(interrupted(asked));
    known.denied = login !== null && fetched.isErr() && fetched.error.code === 'registry_denied' && !fetched.error.retryable;
    if (fetched.isErr()) return err(withNote(fetched.error, found.value.note));
    const { value, lifeMs } = fetched.value;
    secrets.token(value);
    known.tokens = [...known.tokens.filter((token) => token.goodUntil > now() && token.value !== value), { scopes: wanted, value, goodUntil: now() + lifeMs - renewEarlyMs }];
    return ok(`Bearer ${value}`);
  };

  const obtain = (want: Want, known: Known, challenge: KnownChallenge): Promise<Result<string, RegistryError>> => (challenge.scheme === 'basic' ? basic(want, known) : bearer(want, known, challenge));

  return {
    credentials,
    isLoggedIn: (asked) => repositories.get(keyOf(asked))?.anonymous === false,
    isDenied: (asked) => repositories.get(keyOf(asked))?.denied === true,
    async authorization(want) {
      const known = knownOf(want.asked);
      const challenge = known.challenge ?? registries.get(want.endpoint.registry);
      if (challenge === undefined) return ok(null);
      const offered = await obtain(want, known, challenge);
      if (known.challenge !== null || offered.isOk() || want.signal.aborted) return offered;
      // What another repository wanted may be wrong for this one, which may even be open: the registry itself says what it wants.
      known.guess = { challenge, error: offered.error };
      return ok(null);
    },
    async challenged(want, header, sent) {
      const { asked, endpoint } = want;
      const known = knownOf(asked);
      // Before all else: nobody would ask for another one while it is kept.
      if (sent !== null) {
        known.basic = known.basic === sent ? null : known.basic;
        known.tokens = known.tokens.filter((token) => `Bearer ${token.value}` !== sent);
      }
      const given = usableChallenge(parseChallenges(header ?? '') ?? []);
      // Some registries say what they want only to those who bring nothing.
      const challenge = given ?? (sent === null ? null : (known.challenge ?? registries.get(endpoint.registry) ?? null));
      if (challenge === null) return err(unauthorized(asked, header === undefined ? 'the registry wants a login, but does not say which' : 'the registry wants a login of a kind that is not known'));
      if (given !== null) {
        known.challenge = given;
        registries.set(endpoint.registry, given);
      }
      const extra = given?.scheme === 'bearer' && (dialect.challengeScopes ?? 'join') === 'join' ? given.scopes.filter((scope) => !scopesCover(want.scopes, [scope])) : [];
      // A login that was refused a moment ago is not shown a second time: some services lock accounts for that.
      if (sent === null && known.guess !== null && extra.length === 0 && isSame(challenge, known.guess.challenge)) return err(known.guess.error);
      // Another name for the repository, as a proxy may have it, counts for every request; another action only for this one.
      known.more = mergeScopes([...known.more, ...extra.filter((scope) => !want.scopes.some((own) => sameResource(own, scope)))]);
      const offered = await obtain({ ...want, scopes: [...want.scopes, ...extra] }, known, challenge);
      if (offered.isErr() || offered.value !== sent) return offered;
      return err(unauthorized(asked, 'the registry does not accept the credentials'));
    },
    forget(registry, repository) {
      const known = repositories.get(`${registry}/${repository}`);
      if (known === undefined) return;
      known.basic = null;
      known.tokens = [];
    },
  };
}

/** Whether two challenges lead to the same place. */
function isSame(one: KnownChallenge, other: KnownChallenge): boolean {
  if (one.scheme === 'basic' || other.scheme === 'basic') return one.scheme === other.scheme;
  return one.realm === other.realm && one.service === other.service;
}

function unauthorized(asked: Asked, what: string, note?: string): RegistryError {
  return withNote(failure('registry_unauthorized', `${sentence(asked)}: ${what}`, { ...factsOf(asked), status: 401 }), note);
}

function withNote(error: RegistryError, note: string | undefined): RegistryError {
  return note === undefined || (error.code !== 'registry_unauthorized' && error.code !== 'registry_denied') ? error : { ...error, message: `${error.message}; ${note}` };
}
