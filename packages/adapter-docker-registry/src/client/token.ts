/**
 * One request to a token service: what the registry's challenge asks for, in exchange for the credentials.
 * @see https://distribution.github.io/distribution/spec/auth/token/
 * @see https://distribution.github.io/distribution/spec/auth/oauth/
 * @module
 */
import { err, failure, ok, type RegistryError, type Result } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';
import type { Credentials } from './credentials.js';
import type { Dialect } from './dialect.js';
import { protocolError } from './errors.js';
import type { HostPauses } from './host-pauses.js';
import type { HttpAnswer, Transport } from './http.js';
import { broken } from './network-fault.js';
import { followRedirects, isRedirect } from './redirect.js';
import { refused } from './refusal.js';
import { maxErrorBytes, readWords } from './registry-words.js';
import type { SecretBook } from './secret-book.js';

export interface TokenRequest {
  readonly asked: Asked;
  /** Where the guard allowed to ask. */
  readonly realm: URL;
  readonly service: string | null;
  readonly scopes: readonly string[];
  readonly credentials: Credentials | null;
  readonly signal: AbortSignal;
}

export interface Token {
  readonly value: string;
  readonly lifeMs: number;
  /** The identity token to use from now on, where the service gave another one. */
  readonly identityToken: string | null;
}

export interface TokenSettings {
  readonly transport: Transport;
  readonly timeoutMs: number;
  readonly dialect: Dialect;
  readonly secrets: SecretBook;
  readonly pauses: HostPauses;
  readonly now: () => number;
}

/** A service that gives less is not believed: tokens of a second would never be used. */
const shortestLifeMs = 60_000;
const clientId = 'davit';

/** Asks for a token: by GET, or by POST for identity tokens and for services that know nothing else. */
export async function fetchToken(request: TokenRequest, settings: TokenSettings): Promise<Result<Token, RegistryError>> {
  const { credentials } = request;
  if (credentials !== null && 'token' in credentials) return ok({ value: credentials.token, lifeMs: shortestLifeMs, identityToken: null });
  if (credentials !== null && 'identityToken' in credentials) return post(request, { grant_type: 'refresh_token', refresh_token: credentials.identityToken }, settings);
  const answer = await get(request, settings);
  if (answer.isOk() && (answer.value.status === 404 || answer.value.status === 405) && credentials !== null) {
    await answer.value.discard();
    return post(request, { grant_type: 'password', username: credentials.username, password: credentials.password }, settings);
  }
  return answer.isErr() ? err(answer.error) : readToken(request, 'GET', answer.value, settings);
}

async function get({ asked, realm, service, scopes, credentials, signal }: TokenRequest, { transport, timeoutMs, secrets }: TokenSettings): Promise<Result<HttpAnswer, RegistryError>> {
  const url = new URL(realm);
  if (service !== null) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const login = credentials !== null && 'username' in credentials ? { authorization: basicAuthorization(credentials) } : {};
  if (login.authorization !== undefined) secrets.token(login.authorization.slice('Basic '.length));
  try {
    // The guard judged this origin and no other.
    const followed = await followRedirects(url, (to) => transport.send({ method: 'GET', url: to, headers: { accept: 'application/json', ...login }, side: 'control', signal, timeoutMs }), url.origin);
    if ('refused' in followed) return err(protocolError(asked, `the token service at ${url.origin} answers with ${followed.refused}`));
    if (!isRedirect(followed.answer.status)) return ok(followed.answer);
    await followed.answer.discard();
    return err(failure('token_realm_refused', `${sentence(asked)}: the token service at ${url.origin} redirects elsewhere`, factsOf(asked)));
  } catch (thrown) {
    return err(broken(asked, thrown, signal));
  }
}

async function post(request: TokenRequest, grant: Readonly<Record<string, string>>, settings: TokenSettings): Promise<Result<Token, RegistryError>> {
  const { asked, realm, service, scopes, signal } = request;
  const form = new URLSearchParams({ client_id: clientId, ...grant });
  if (service !== null) form.set('service', service);
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  try {
    const answer = await settings.transport.send({ method: 'POST', url: realm, headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }, body: form.toString(), side: 'control', signal, timeoutMs: settings.timeoutMs });
    return await readToken(request, 'POST', answer, settings);
  } catch (thrown) {
    return err(broken(asked, thrown, signal));
  }
}

async function readToken({ asked, realm, credentials, signal }: TokenRequest, method: string, answer: HttpAnswer, { dialect, secrets, pauses, now }: TokenSettings): Promise<Result<Token, RegistryError>> {
  let body: Uint8Array | null;
  try {
    body = await answer.bytes(maxErrorBytes);
  } catch (thrown) {
    return err(broken(asked, thrown, signal));
  }
  if (answer.status !== 200) {
    const refusal = { status: answer.status, method, words: readWords(body, answer.header('content-type'), secrets.hide), header: (name: string) => answer.header(name), by: 'token service' as const, host: realm.host };
    // OAuth 2 services answer 400 to a login that is not accepted (RFC 6749, 5.2).
    const rejected = answer.status === 401 || (answer.status === 400 && credentials !== null);
    const hint = rejected ? { code: 'registry_unauthorized' as const, hint: credentials === null ? 'no credentials were found for it; what is asked for is private or does not exist' : 'the credentials were not accepted' } : {};
    const error = refused(asked, refusal, now(), { ...hint, ...dialect.readRefusal?.(asked, refusal) });
    pauses.refused(realm.host, error);
    return err(error);
  }
  if (body === null) return err(protocolError(asked, `the token service at ${realm.origin} answered with more than ${String(maxErrorBytes)} bytes`));
  const token = parseToken(body);
  return token === null ? err(protocolError(asked, `the token service at ${realm.origin} gave no token`)) : ok(token);
}

function parseToken(body: Uint8Array): Token | null {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
  if (typeof document !== 'object' || document === null) return null;
  const { token, access_token: accessToken, expires_in: expiresIn, refresh_token: refreshToken } = document as Record<string, unknown>;
  const value = typeof token === 'string' && token !== '' ? token : accessToken;
  // Anything else could not stand in a header.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) return null;
  const lifeMs = typeof expiresIn === 'number' && Number.isFinite(expiresIn) ? expiresIn * 1000 : shortestLifeMs;
  return { value, lifeMs: Math.max(lifeMs, shortestLifeMs), identityToken: typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : null };
}

/** @see https://www.rfc-editor.org/rfc/rfc7617 */
export function basicAuthorization({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
