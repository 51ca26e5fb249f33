/**
 * An API beside the registry's own, such as one that deletes what the registry will not: JSON over HTTP with a bearer token,
 * and otherwise as every request of the client: proxies, certificates, pauses, retries, and errors read in one place.
 * @module
 */
import { err, failure, ok, systemClock, type Call, type RegistryError, type Result, type ResultAsync } from '@davit/core/adapter';
import { askingAgain } from './asking-again.js';
import { factsOf, sentence, type Asked } from './asked.js';
import { createCredentialLookup, secretOf } from './credential-lookup.js';
import type { Dialect } from './dialect.js';
import { interrupted, protocolError } from './errors.js';
import { createHostPauses } from './host-pauses.js';
import type { HttpAnswer } from './http.js';
import { nextPage } from './link.js';
import { broken } from './network-fault.js';
import { openTransport } from './open-transport.js';
import { refused } from './refusal.js';
import type { RegistryClientOptions } from './registry-client.js';
import { maxErrorBytes, readWords } from './registry-words.js';
import { defaultTimeoutMs, retrySettings } from './retry-settings.js';
import { createSecretBook } from './secret-book.js';

export interface SideApiOptions extends Omit<RegistryClientOptions, 'registries' | 'plainHttp' | 'endpoint' | 'dialect'> {
  /** `https://api.github.com`: where the token is sent, and nowhere else. A path may follow. */
  readonly baseUrl: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly readRefusal?: Dialect['readRefusal'];
}

export interface SideQuestion {
  readonly asked: Asked;
  readonly method: 'GET' | 'DELETE';
  /** Below `baseUrl`, or the whole address of a next page. */
  readonly at: string;
  /** Statuses that are answers; every other one is a refusal. */
  readonly accept: readonly number[];
}

export interface SideAnswer {
  readonly status: number;
  /** The document; undefined where there is none, as with a status that says everything. */
  readonly document: unknown;
  /** The next page of a list; null where this is the last one. */
  readonly next: string | null;
}

export interface SideApi {
  ask(question: SideQuestion, call: Call): ResultAsync<SideAnswer, RegistryError>;
  secrets(): readonly string[];
  close(): Promise<void>;
}

/** A page of a hundred items is far below. */
const maxDocumentBytes = 4 * 1024 * 1024;

export function createSideApi(options: SideApiOptions): SideApi {
  const { name, credentials: provider, baseUrl, headers = {}, readRefusal, requestTimeoutMs: timeoutMs = defaultTimeoutMs, clock = systemClock } = options;
  const retry = retrySettings(options.retry);
  const base = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  const secrets = createSecretBook();
  const lookup = createCredentialLookup(provider, secrets);
  const { transport: direct, secrets: ownSecrets } = openTransport(name, options, timeoutMs);
  for (const secret of ownSecrets) secrets.credential(secret);
  const pauses = createHostPauses(name, clock, retry.maxRetryAfterMs);
  const transport = pauses.over(direct);

  const tokenOf = async (asked: Asked, signal: AbortSignal): Promise<Result<string, RegistryError>> => {
    const found = await lookup(asked, signal);
    if (found.isErr()) return err(found.error);
    const { credentials: login, note } = found.value;
    if (login === null) return err(failure('registry_unauthorized', `${sentence(asked)}: ${base.host} wants a token, and none was found${note === undefined ? '' : `; ${note}`}`, factsOf(asked)));
    return ok(secretOf(login));
  };

  const once = async ({ asked, method, at, accept }: SideQuestion, { signal }: Call): Promise<Result<SideAnswer, RegistryError>> => {
    if (signal.aborted) return err(interrupted(asked));
    const url = new URL(at, base);
    if (url.origin !== base.origin) return err(protocolError(asked, `${base.host} names a next page elsewhere`));
    const token = await tokenOf(asked, signal);
    if (token.isErr()) return err(token.error);
    try {
      const answer = await transport.send({ method, url, headers: { 'user-agent': 'davit', 'accept-encoding': 'identity', ...headers, authorization: `Bearer ${token.value}` }, side: 'control', signal, timeoutMs });
      return accept.includes(answer.status) ? await read(asked, url, answer) : err(await refusal(asked, method, answer));
    } catch (thrown) {
      return err(broken(asked, thrown, signal));
    }
  };

  const read = async (asked: Asked, url: URL, answer: HttpAnswer): Promise<Result<SideAnswer, RegistryError>> => {
    const bytes = await answer.bytes(maxDocumentBytes);
    if (bytes === null) return err(protocolError(asked, `${base.host} answered with more than ${String(maxDocumentBytes)} bytes`));
    const { status } = answer;
    if (status !== 200) return ok({ status, document: undefined, next: null });
    const next = nextPage(answer.header('link'));
    if (next.isErr()) return err(protocolError(asked, next.error));
    if (next.value !== null && !URL.canParse(next.value, url.href)) return err(protocolError(asked, `${base.host} names a next page by something else than an address`));
    try {
      return ok({ status, document: JSON.parse(new TextDecoder().decode(bytes)) as unknown, next: next.value === null ? null : new URL(next.value, url).href });
    } catch {
      return err(protocolError(asked, `${base.host} answered with something else than JSON`));
    }
  };

  const refusal = async (asked: Asked, method: string, answer: HttpAnswer): Promise<RegistryError> => {
    const words = readWords(await answer.bytes(maxErrorBytes).catch(() => null), answer.header('content-type'), secrets.hide);
    const said = { status: answer.status, method, words, header: (header: string) => answer.header(header), by: 'API' as const, host: base.host };
    const error = refused(asked, said, clock.now(), readRefusal?.(asked, said));
    pauses.refused(base.host, error);
    return error;
  };

  const askAgain = askingAgain({ retry, pauses, clock });

  return {
    ask: (question, call) => askAgain(question.asked, base.host, call, () => once(question, call)),
    secrets: () => secrets.all(),
    close: () => transport.close(),
  };
}
