/**
 * The options of `ghcr()`: what they mean, and what is wrong with them.
 * @module
 */
import { ConfigurationError, type Clock } from '@davit/core/adapter';
import { checkClientOptions, type ConnectionOptions } from '@davit/adapter-docker-registry/client';

export interface GhcrOptions extends Pick<ConnectionOptions, 'ca' | 'clientCertificate' | 'hosts' | 'proxy'> {
  /**
   * A workflow's `GITHUB_TOKEN`, a classic personal token with `read:packages` or `write:packages`, or a function that gives
   * one, asked whenever a login is needed. Fine-grained tokens (`github_pat_…`) are not known to GHCR. False: none is looked
   * for, and public packages are read anonymously.
   * Default: what `environmentPrefix` finds, else `GITHUB_TOKEN` or `GH_TOKEN` of the environment, else Docker's login for
   * ghcr.io, else none.
   */
  readonly token?: string | (() => string | Promise<string>) | false;
  /** Who the token belongs to; GHCR takes any name. Default: `GITHUB_ACTOR` of the environment. */
  readonly username?: string;
  /**
   * Where the variables of a login begin, as `dockerRegistry()` reads them: `<prefix>` names `ghcr.io` or a path in it
   * (`ghcr.io/acme`), `<prefix>_USERNAME` and `<prefix>_PASSWORD`, or `<prefix>_TOKEN`, or `<prefix>_IDENTITY_TOKEN` is what to
   * log in with there. Default: false, none are read.
   */
  readonly environmentPrefix?: string | false;
  /** Directory of Docker's `config.json`; false: read neither it nor `DOCKER_AUTH_CONFIG`, which goes before it. Default: `DOCKER_CONFIG`, else `~/.docker`. */
  readonly dockerConfig?: string | false;
  /** Where ghcr.io is spoken to. For tests and mirrors. Default: `https://ghcr.io`. */
  readonly baseUrl?: string;
  /** GitHub's API, for `visibility` and `deleteVersion`. Default: `https://api.github.com`. */
  readonly apiUrl?: string;
  /** Where the default login and proxies are looked for. Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Longest silence in milliseconds: until an answer begins, and between two pieces of a body. Default: 60 000. */
  readonly requestTimeoutMs?: number;
  /** How often one request is made in all, and how long to wait in between; what GitHub asks for wins, up to `maxRetryAfterMs`, and holds back everything else that goes there. Default: 5 attempts, 250 ms doubling, at most 30 s; what GitHub asks for up to 60 s. */
  readonly retry?: { readonly attempts?: number; readonly minDelayMs?: number; readonly maxDelayMs?: number; readonly maxRetryAfterMs?: number };
  /** Connections to one address for reading, and as many for writing. Default: 10. */
  readonly connections?: number;
  /** For tests. Default: the system's. */
  readonly clock?: Clock;
}

const known: ReadonlySet<string> = new Set(['token', 'username', 'environmentPrefix', 'dockerConfig', 'baseUrl', 'apiUrl', 'environment', 'ca', 'clientCertificate', 'hosts', 'proxy', 'requestTimeoutMs', 'retry', 'connections', 'clock']);

/** Throws a `ConfigurationError` that names what is wrong. */
export function checkOptions(options: GhcrOptions): void {
  for (const name of Object.keys(options)) if (!known.has(name)) throw new ConfigurationError(`ghcr: there is no option ${name}`, { field: name });
  checkClientOptions('ghcr', options);
  const { token, username, environmentPrefix = false, baseUrl, apiUrl } = options;
  // The value is not repeated: it may be half a token.
  if (token !== undefined && token !== false && typeof token !== 'function' && (typeof token !== 'string' || token === '')) throw new ConfigurationError('ghcr: token is a text that is not empty, a function, or false', { field: 'token' });
  if (username !== undefined && (typeof username !== 'string' || username === '')) throw new ConfigurationError('ghcr: username is a text that is not empty', { field: 'username' });
  if (environmentPrefix !== false && !(typeof environmentPrefix === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(environmentPrefix))) throw new ConfigurationError('ghcr: environmentPrefix is the beginning of a variable\'s name, or false', { field: 'environmentPrefix' });
  if (baseUrl !== undefined && !(URL.canParse(baseUrl) && /^https?:$/.test(new URL(baseUrl).protocol) && new URL(baseUrl).pathname === '/')) throw new ConfigurationError('ghcr: baseUrl is an HTTP address without a path', { field: 'baseUrl' });
  if (apiUrl !== undefined && !(URL.canParse(apiUrl) && /^https?:$/.test(new URL(apiUrl).protocol))) throw new ConfigurationError('ghcr: apiUrl is an HTTP address', { field: 'apiUrl' });
}
