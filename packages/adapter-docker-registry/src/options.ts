/**
 * The options of `dockerRegistry()`: what they mean, and what is wrong with them.
 * @module
 */
import { checkOptions, ConfigurationError, kindOf, rule, type Clock, type OptionRules } from '@davit/core/adapter';
import { clientRules, loginRules, type ClientCertificate, type Credentials, type Hosts, type Pem, type RegistryClientOptions } from './client/index.js';
import { dockerCredentials } from './credentials/docker-credentials.js';
import { defaultPrefix, environmentLogin, fromEnvironment } from './credentials/environment.js';
import { firstOf, type FindCredentials } from './credentials/find-credentials.js';
import { mostSpecific } from './credentials/registry-prefix.js';

/** Gives the credentials of a repository. Null: none. Undefined: look into the environment and Docker's configuration. */
export type CredentialFunction = (registry: string, repository: string) => Credentials | null | undefined | Promise<Credentials | null | undefined>;

export interface DockerRegistryOptions {
  /**
   * What to log in with, when a registry asks for it:
   * one login for every registry that this adapter is asked for; a record by registry (`ghcr.io`) or by a path in it
   * (`registry.example.com/team`), of which the longest counts; or a function, asked whenever a token is needed.
   * What is not found here is looked up in the environment, then in Docker's configuration.
   */
  readonly credentials?: Credentials | Readonly<Record<string, Credentials>> | CredentialFunction;
  /**
   * Where the variables of a login begin: `<prefix>` names its registry (`host[:port]`, or a path in it),
   * `<prefix>_USERNAME` and `<prefix>_PASSWORD`, or `<prefix>_IDENTITY_TOKEN`, or `<prefix>_TOKEN` is what to log in with. Two
   * sides with a login each, on one host too, are two adapters with two prefixes. False: none are read. Default: `DAVIT_REGISTRY`.
   */
  readonly environmentPrefix?: string | false;
  /** Directory of Docker's `config.json`; false: read neither it nor `DOCKER_AUTH_CONFIG`, which goes before it. Default: `DOCKER_CONFIG`, else `~/.docker`. */
  readonly dockerConfig?: string | false;
  /**
   * Registries (`host[:port]`) that are spoken to without TLS, beside those on a loopback address, which are by default, as
   * Docker does. True: all. False: none, not even those on a loopback address.
   */
  readonly plainHttp?: boolean | readonly string[];
  /** Certificates of authorities to trust instead of the system's, as PEM. */
  readonly ca?: Pem;
  /** Certificate and key, as PEM, for registries that ask their clients who they are. */
  readonly clientCertificate?: ClientCertificate;
  /** Registries (`host[:port]`) whose certificate is not checked; true: all. Default: none. */
  readonly insecure?: boolean | readonly string[];
  /**
   * What differs for one host, by `host[:port]`: `ca`, `clientCertificate`, `insecure`, `plainHttp`. A token service, a
   * blob storage elsewhere, or a proxy is a host of its own.
   */
  readonly hosts?: Hosts;
  /**
   * Token services (`host[:port]`) that may be asked although they are on a loopback, private or link-local address, and not
   * where the registry itself is. Default: none, since a registry could otherwise make us talk to anything in our network.
   */
  readonly tokenServices?: readonly string[];
  /**
   * The address of a proxy, with a login where it wants one, or false for none. Default: `HTTPS_PROXY` and `HTTP_PROXY` of
   * the environment. What `NO_PROXY` names, and what is on a loopback address, is always reached directly.
   */
  readonly proxy?: string | false;
  /** Where proxies and logins are looked for. Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Longest silence in milliseconds: until an answer begins, and between two pieces of a body. The answer to a whole uploaded blob may take five times as long. Default: 60 000. */
  readonly requestTimeoutMs?: number;
  /**
   * How often one request is made in all, and how long to wait in between. What a registry asks for with Retry-After wins, up
   * to `maxRetryAfterMs`; after a rate limit everything waits that goes to the same host. Default: 5 attempts, 250 ms
   * doubling, at most 30 s; Retry-After up to 60 s.
   */
  readonly retry?: { readonly attempts?: number; readonly minDelayMs?: number; readonly maxDelayMs?: number; readonly maxRetryAfterMs?: number };
  /** Connections to one address for reading, and as many for writing. Default: 10. */
  readonly connections?: number;
  /** For tests. Default: the system's. */
  readonly clock?: Clock;
}

const rules: OptionRules<DockerRegistryOptions> = {
  ...clientRules,
  ...loginRules,
  // A login is looked at by itself, and never repeated.
  credentials: rule.anything,
};

/** The client's options; throws a `ConfigurationError` that names what is wrong, and what it may be. */
export function clientOptions(options: DockerRegistryOptions): Omit<RegistryClientOptions, 'name' | 'dialect' | 'endpoint'> {
  checkOptions<DockerRegistryOptions>(options, rules, { of: 'dockerRegistry' });
  const { credentials, environmentPrefix = defaultPrefix, dockerConfig, ...rest } = options;
  const { environment = process.env } = rest;
  const login = environmentPrefix === false ? null : environmentLogin('dockerRegistry', environmentPrefix, environment);
  const elsewhere = [fromEnvironment(login), ...(dockerConfig === false ? [] : [dockerCredentials(dockerConfig, environment)])];
  return { ...rest, credentials: firstOf([givenBy(credentials), ...elsewhere]), knownSecrets: [...secretsOf(credentials), ...secretsOf(login?.credentials)] };
}

function givenBy(given: DockerRegistryOptions['credentials']): FindCredentials {
  if (given === undefined) return () => Promise.resolve(null);
  if (typeof given === 'function') {
    return async (registry, repository) => {
      const found = await given(registry, repository);
      return found === undefined ? null : { credentials: found === null ? null : checked(found, 'credentials()') };
    };
  }
  if (typeof given !== 'object' || (given as unknown) === null || Array.isArray(given)) throw new ConfigurationError(`dockerRegistry: credentials is ${kindOf(given)}; it must be a login, an object with a login by registry, or a function`, { field: 'credentials' });
  if (isCredentials(given)) return () => Promise.resolve({ credentials: given });
  // Half a login, such as one whose password an unset variable was to give, is not a record of registries.
  if (['username', 'password', 'identityToken', 'token'].some((field) => Object.hasOwn(given, field) && typeof Object.entries(given).find(([name]) => name === field)?.[1] !== 'object')) checked(given, 'credentials');
  for (const [key, value] of Object.entries(given)) checked(value, `credentials[${JSON.stringify(key)}]`);
  const record: Readonly<Record<string, Credentials>> = given;
  return (registry, repository) => {
    const found = mostSpecific(record, registry, repository);
    return Promise.resolve(found === null ? null : { credentials: found.value });
  };
}

/** What is secret in logins that were given in code. */
function secretsOf(given: DockerRegistryOptions['credentials']): readonly string[] {
  if (given === undefined || typeof given === 'function') return [];
  const logins: readonly Credentials[] = isCredentials(given) ? [given] : Object.values(given);
  return logins.map((login) => ('username' in login ? login.password : 'token' in login ? login.token : login.identityToken));
}

function isCredentials(value: object): value is Credentials {
  const { username, password, identityToken, token } = value as Record<string, unknown>;
  const filled = (text: unknown): boolean => typeof text === 'string' && text !== '';
  return (filled(username) && filled(password)) || filled(identityToken) || filled(token);
}

function checked(value: unknown, field: string): Credentials {
  if (typeof value === 'object' && value !== null && isCredentials(value)) return value;
  // The value is not repeated: it may hold half a login.
  throw new ConfigurationError(`dockerRegistry: ${field} wants { username, password }, { identityToken } or { token }, with texts that are not empty`, { field });
}
