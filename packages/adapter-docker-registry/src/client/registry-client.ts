/**
 * The registry client: every operation of the ports over one set of connections. `dockerRegistry()` and `ghcr()` are made
 * of it, and so may be an adapter for a registry that needs ways of its own.
 * @module
 */
import { ResultAsync, systemClock, type Call, type Clock, type Closable, type HoldsSecrets, type ImageTarget, type PullCredentials, type RegistryError, type Repository } from '@davit/core/adapter';
import type { Asked } from './asked.js';
import { createAuthenticator } from './authenticator.js';
import { blobOperations } from './blobs.js';
import type { CredentialProvider } from './credentials.js';
import type { Dialect } from './dialect.js';
import type { PlainHttp } from './endpoint.js';
import { createExchange } from './exchange.js';
import { createHostPauses } from './host-pauses.js';
import { settingsOf } from './host-settings.js';
import { manifestOperations } from './manifests.js';
import { openTransport, type ConnectionOptions } from './open-transport.js';
import { referrerOperations } from './referrers.js';
import { defaultTimeoutMs, retrySettings } from './retry-settings.js';
import { createSecretBook } from './secret-book.js';
import { tagListOperations } from './tag-list.js';
import { uploadOperations } from './uploads.js';

export interface RegistryClientOptions extends ConnectionOptions {
  /** Name of the adapter in records and errors. */
  readonly name: string;
  readonly credentials: CredentialProvider;
  /** Secrets that are known before the first login, so that nothing repeats them until then. */
  readonly knownSecrets?: readonly string[];
  /** The only registries that are served. Default: all. */
  readonly registries?: readonly string[];
  /** Where the registry differs from the specification. Default: nowhere. */
  readonly dialect?: Dialect;
  /** Registries that are spoken to without TLS. Default: those on a loopback address. */
  readonly plainHttp?: PlainHttp;
  /** The address of a registry, such as `http://127.0.0.1:5000`, where it is not the one that its name says. */
  readonly endpoint?: (registry: string) => string | undefined;
  /**
   * Token services (`host[:port]`) that may be asked although they are on a loopback, private or link-local address, and not
   * where the registry itself is. Default: none, since a registry could otherwise make us talk to anything in our network.
   */
  readonly tokenServices?: readonly string[];
  /** Longest silence in milliseconds: until an answer begins, and between two pieces of a body. Default: 60 000. */
  readonly requestTimeoutMs?: number;
  readonly retry?: { readonly attempts?: number; readonly minDelayMs?: number; readonly maxDelayMs?: number; readonly maxRetryAfterMs?: number };
  readonly clock?: Clock;
}

export interface RegistryClient extends ImageTarget, HoldsSecrets, Closable {
  pullCredentials(repository: Repository, call: Call): ResultAsync<PullCredentials | null, RegistryError>;
}

/** A registry may hash and move a whole blob before it answers to its upload. */
const commitTimeouts = 5;

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { name, credentials: provider, registries, dialect = {}, plainHttp, endpoint, hosts, requestTimeoutMs: timeoutMs = defaultTimeoutMs, clock = systemClock } = options;
  const retry = retrySettings(options.retry);
  const secrets = createSecretBook();
  const { transport: direct, secrets: ownSecrets } = openTransport(name, options, timeoutMs);
  const pauses = createHostPauses(name, clock, retry.maxRetryAfterMs);
  const transport = pauses.over(direct);
  for (const secret of [...(options.knownSecrets ?? []), ...ownSecrets]) secrets.credential(secret);
  const authenticator = createAuthenticator({ provider, secrets, tokenServices: options.tokenServices ?? [], dialect, transport, pauses, timeoutMs, now: () => clock.now() });
  const exchange = createExchange({
    transport,
    authenticator,
    secrets,
    dialect,
    plainHttp: (registry) => settingsOf(hosts, registry).plainHttp ?? plainHttp,
    ...(registries === undefined ? {} : { registries }),
    ...(endpoint === undefined ? {} : { endpoint }),
    timeoutMs,
    retry,
    pauses,
    clock,
  });
  const manifests = manifestOperations(exchange);
  const { resolve, readManifest, tag } = manifests;
  const { statOnce, ...blobs } = blobOperations(exchange);

  const pullCredentials = async ({ registry, repository }: Repository, { signal }: Call) => {
    const asked: Asked = { registry, repository, subject: 'token', what: 'find the credentials to pull with' };
    const found = await authenticator.credentials(asked, signal);
    return found.map(({ credentials }): PullCredentials | null => (credentials !== null && 'username' in credentials ? { registry, username: credentials.username, password: credentials.password } : null));
  };

  return Object.freeze({
    name,
    resolve,
    readManifest,
    tag,
    ...blobs,
    ...uploadOperations({ exchange, authenticator, blobs: { statOnce, ...blobs }, commitTimeoutMs: timeoutMs * commitTimeouts, ...(dialect.maxChunkBytes === undefined ? {} : { maxChunkBytes: dialect.maxChunkBytes }) }),
    ...referrerOperations(exchange, manifests, dialect),
    ...tagListOperations(exchange),
    pullCredentials: (repository: Repository, call: Call) => new ResultAsync(pullCredentials(repository, call)),
    secrets: () => secrets.all(),
    close: () => transport.close(),
  });
}
