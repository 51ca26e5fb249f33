/**
 * One question to a registry and its answer: logs in when it is asked to, follows redirects, reads refusals, and asks
 * again where that may help. Every operation of the client goes through here.
 * @module
 */
import { err, failure, isRepository, ok, type ResultAsync, type Call, type Clock, type RegistryError, type Result } from '@davit/core/adapter';
import { askingAgain } from './asking-again.js';
import { askingToWrite } from './asking-to-write.js';
import { factsOf, sentence, type Asked } from './asked.js';
import type { Authenticator, Want } from './authenticator.js';
import { parseChallenges, usableChallenge } from './challenge.js';
import type { Dialect } from './dialect.js';
import { endpointOf, type Endpoint, type PlainHttp } from './endpoint.js';
import { interrupted, protocolError } from './errors.js';
import type { HostPauses } from './host-pauses.js';
import type { HttpAnswer, HttpRequest, Side, Transport } from './http.js';
import { broken } from './network-fault.js';
import { followRedirects } from './redirect.js';
import { refused, type Reading } from './refusal.js';
import { maxErrorBytes, readWords } from './registry-words.js';
import type { RetrySettings } from './retry-settings.js';
import type { SecretBook } from './secret-book.js';

export interface Question {
  readonly asked: Asked;
  readonly method: HttpRequest['method'];
  /** Path below `/v2/`, or the whole address where the registry gave one. */
  readonly at: string | URL;
  readonly scopes: readonly string[];
  readonly side: Side;
  /** Statuses that are answers; every other one is a refusal. */
  readonly accept: readonly number[];
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent once: when the registry asks for a login, that is a refusal. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  /** How far redirects of GET and HEAD are followed: anywhere (the default), or on the registry itself only; others are an answer. */
  readonly redirects?: 'anywhere' | 'at home';
  /** Asked also while the host pauses: what gives an upload up asks for less, not for more. */
  readonly duringPauses?: true;
  /** Longest silence in milliseconds. Default: the client's. */
  readonly timeoutMs?: number;
}

export interface ExchangeSettings {
  readonly transport: Transport;
  readonly authenticator: Authenticator;
  readonly secrets: SecretBook;
  readonly dialect: Dialect;
  readonly plainHttp: (registry: string) => PlainHttp;
  /** The only registries that are served. */
  readonly registries?: readonly string[];
  /** Overrides where a registry is spoken to. */
  readonly endpoint?: (registry: string) => string | undefined;
  readonly timeoutMs: number;
  readonly retry: RetrySettings;
  readonly pauses: HostPauses;
  readonly clock: Clock;
}

export interface Exchange {
  /** Asks once. */
  once(question: Question, call: Call): Promise<Result<HttpAnswer, RegistryError>>;
  /** Asks, and asks again after a failure that may pass. */
  ask(question: Question, call: Call): ResultAsync<HttpAnswer, RegistryError>;
  /** Does something of several questions again after a failure that may pass; `ask` must not be used within it. */
  again<T>(asked: Asked, call: Call, operation: (attempt: number) => Promise<Result<T, RegistryError>>): ResultAsync<T, RegistryError>;
  endpoint(asked: Asked): Result<Endpoint, RegistryError>;
  /** Resolves when the registry may be asked again after a rate limit, or when the signal fires. */
  untilAllowed(asked: Asked, signal: AbortSignal): Promise<void>;
  /** Reads a whole body; null where it is longer than `limit`. */
  bytes(asked: Asked, answer: HttpAnswer, limit: number, call: Call): Promise<Result<Uint8Array | null, RegistryError>>;
}

export function createExchange(settings: ExchangeSettings): Exchange {
  const { transport, authenticator, secrets, dialect, retry, pauses, clock } = settings;
  const endpoints = new Map<string, Endpoint | null>();

  const endpoint = (asked: Asked): Result<Endpoint, RegistryError> => {
    const { registry, repository } = asked;
    if (settings.registries?.includes(registry) === false) return err(failure('reference_invalid', `${sentence(asked)}: the adapter only serves ${settings.registries.join(', ')}`, factsOf(asked)));
    let known = endpoints.get(registry);
    if (known === undefined) {
      known = overridden(registry, settings.endpoint?.(registry)) ?? endpointOf(registry, settings.plainHttp(registry));
      endpoints.set(registry, known);
    }
    const wrong = known === null ? `${JSON.stringify(registry)} is not a host` : isRepository(repository) ? undefined : `${JSON.stringify(repository)} is not a repository`;
    return known === null || wrong !== undefined ? err(failure('reference_invalid', `${sentence(asked)}: ${wrong ?? ''}`, factsOf(asked))) : ok(known);
  };

  const send = async (question: Question, base: Endpoint, authorization: string | null, call: Call): Promise<Result<Arrival, RegistryError>> => {
    const { asked, method, at, side, body } = question;
    const start = typeof at === 'string' ? new URL(`/v2/${at}`, base.origin) : at;
    const reads = method === 'GET' || method === 'HEAD';
    const length = body === undefined ? (method === 'POST' || method === 'PUT' ? { 'content-length': '0' } : {}) : body instanceof Uint8Array ? { 'content-length': String(body.length) } : {};
    let redirectedTo: string | null = null;
    const sendTo = (url: URL): Promise<HttpAnswer> => {
      // The login is for the addresses that the registry itself gives; where another host leads back to it, the address is that host's.
      if (redirectedTo !== null || url.origin !== base.origin) redirectedTo = url.host;
      const headers = { 'user-agent': 'davit', 'accept-encoding': 'identity', ...length, ...question.headers, ...(redirectedTo === null && authorization !== null ? { authorization } : {}) };
      return transport.send({ method, url, headers, side, signal: call.signal, timeoutMs: question.timeoutMs ?? settings.timeoutMs, ...(question.duringPauses === true ? { duringPauses: true } : {}), ...(body === undefined ? {} : { body }) });
    };
    try {
      const followed = reads ? await followRedirects(start, sendTo, question.redirects === 'at home' ? base.origin : undefined) : { answer: await sendTo(start) };
      return 'refused' in followed ? err(protocolError(asked, followed.refused)) : ok({ answer: followed.answer, redirectedTo });
    } catch (thrown) {
      return err(broken(asked, thrown, call.signal));
    }
  };

  /** The registry wants a login, or another one than `sent`. */
  const sendWithLogin = async (question: Question, want: Want, first: HttpAnswer, sent: string | null, call: Call): Promise<Result<Arrival, RegistryError>> => {
    await first.discard();
    const offered = await authenticator.challenged(want, first.header('www-authenticate'), sent);
    return offered.isErr() ? err(offered.error) : send(question, want.endpoint, offered.value, call);
  };

  const refusalOf = async ({ asked, method }: Question, { answer, redirectedTo }: Arrival, reading: Reading = {}): Promise<RegistryError> => {
    // A refusal whose words do not arrive is a refusal all the same.
    const body = await answer.bytes(maxErrorBytes).catch(() => null);
    const refusal = { status: answer.status, method, words: readWords(body, answer.header('content-type'), secrets.hide), header: (name: string) => answer.header(name), by: redirectedTo === null ? ('registry' as const) : ('storage' as const), host: redirectedTo ?? asked.registry };
    return refused(asked, refusal, clock.now(), { ...reading, ...dialect.readRefusal?.(asked, refusal) });
  };

  const askOnce: Exchange['once'] = async (question, call) => {
    const { asked, scopes, body } = question;
    if (call.signal.aborted) return err(interrupted(asked));
    const base = endpoint(asked);
    if (base.isErr()) return err(base.error);
    // Before a token is taken, which could run out during the pause.
    if (question.duringPauses !== true) await pauses.wait(new URL(base.value.origin).host, call.signal);
    const want = { asked, endpoint: base.value, scopes, signal: call.signal };
    const authorization = await authenticator.authorization(want);
    if (authorization.isErr()) return err(authorization.error);
    const first = await send(question, base.value, authorization.value, call);
    const replayable = body === undefined || body instanceof Uint8Array;
    const arrival = replayable && first.isOk() && wantsLogin(first.value) ? await sendWithLogin(question, want, first.value.answer, authorization.value, call) : first;
    if (arrival.isErr()) return err(arrival.error);
    const { answer } = arrival.value;
    if (question.accept.includes(answer.status)) return ok(answer);
    const error = await refusalOf(question, arrival.value, wantsLogin(arrival.value) ? rejectedLogin(answer, authenticator.isLoggedIn(asked)) : {});
    pauses.refused(arrival.value.redirectedTo ?? new URL(base.value.origin).host, error);
    return err(error);
  };

  const once = askingToWrite(askOnce, authenticator);

  const askAgain = askingAgain({ retry, pauses, clock });
  const again: Exchange['again'] = (asked, call, operation) => askAgain(asked, asked.registry, call, operation);

  return {
    once,
    again,
    endpoint,
    untilAllowed: async (asked, signal) => {
      const base = endpoint(asked);
      if (base.isOk()) await pauses.wait(new URL(base.value.origin).host, signal);
    },
    ask: (question, call) => again(question.asked, call, () => once(question, call)),
    async bytes(asked, answer, limit, call) {
      try {
        return ok(await answer.bytes(limit));
      } catch (thrown) {
        return err(broken(asked, thrown, call.signal));
      }
    },
  };
}

interface Arrival {
  readonly answer: HttpAnswer;
  /** The other host that answered. */
  readonly redirectedTo: string | null;
}

/** A 401 of the registry itself; of another host it is that host's refusal. */
const wantsLogin = ({ answer, redirectedTo }: Arrival): boolean => answer.status === 401 && redirectedTo === null;

/** The registry took the login, or gave a token for it, and refuses all the same. */
function rejectedLogin(answer: HttpAnswer, isLoggedIn: boolean): Reading {
  const challenge = usableChallenge(parseChallenges(answer.header('www-authenticate') ?? '') ?? []);
  if (!isLoggedIn) return { code: 'registry_unauthorized', hint: 'no credentials were found for it' };
  if (challenge?.scheme !== 'bearer') return { code: 'registry_unauthorized' };
  // A token that was given a moment ago and is not known yet, or not any more, says nothing of the credentials.
  return challenge.error === 'insufficient_scope' ? { code: 'registry_denied' } : { code: 'registry_unauthorized', retryable: challenge.error === 'invalid_token' };
}

function overridden(registry: string, origin: string | undefined): Endpoint | undefined {
  if (origin === undefined) return undefined;
  const url = new URL(origin);
  return { registry, origin: url.origin, hostname: url.hostname, plainHttp: url.protocol === 'http:' };
}
