/**
 * Logins from environment variables: those of one registry under names of our own, and those of Docker's `DOCKER_AUTH_CONFIG`.
 * @module
 */
import { ConfigurationError } from '@davit/core/adapter';
import type { Credentials } from '../client/credentials.js';
import type { FindCredentials } from './find-credentials.js';
import { readDockerConfig } from './docker-config.js';
import { mostSpecific } from './registry-prefix.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables are `DAVIT_REGISTRY`, `DAVIT_REGISTRY_USERNAME` and so on, unless another prefix is given. */
export const defaultPrefix = 'DAVIT_REGISTRY';

/**
 * The login that the variables give: `<prefix>` names the registry, or a path in it, and `<prefix>_USERNAME` with
 * `<prefix>_PASSWORD`, or `<prefix>_IDENTITY_TOKEN`, or `<prefix>_TOKEN` is what to log in with. Null where none is set.
 * Throws a `ConfigurationError` for half a login: it would otherwise be found out by a refusal, long after.
 */
export function environmentLogin(adapter: string, prefix: string, environment: Environment): { readonly registry: string; readonly credentials: Credentials } | null {
  const value = (suffix: string): string | undefined => environment[`${prefix}${suffix}`] || undefined;
  const wrong = (suffix: string, what: string): ConfigurationError => new ConfigurationError(`${adapter}: ${prefix}${suffix} ${what}`, { field: `${prefix}${suffix}` });
  const [registry, username, password, identityToken, token] = [value(''), value('_USERNAME'), value('_PASSWORD'), value('_IDENTITY_TOKEN'), value('_TOKEN')];
  const ways = [username ?? password, identityToken, token].filter((each) => each !== undefined).length;
  if (ways === 0) return null;
  if (ways > 1) throw wrong('', 'has several logins in the environment: give a username and a password, or an identity token, or a token');
  if (registry === undefined) throw wrong('', 'must name the registry (host[:port], or host[:port]/path) that the login in the environment is for');
  if (identityToken !== undefined) return { registry, credentials: { identityToken } };
  if (token !== undefined) return { registry, credentials: { token } };
  if (username === undefined) throw wrong('_USERNAME', 'is missing, and the password is set');
  if (password === undefined) throw wrong('_PASSWORD', 'is missing, and the username is set');
  return { registry, credentials: { username, password } };
}

/** Finds that login for its registry, or for what is below its path. */
export function fromEnvironment(login: ReturnType<typeof environmentLogin>): FindCredentials {
  return (registry, repository) => Promise.resolve(login === null ? null : mostSpecific({ [login.registry]: { credentials: login.credentials } }, registry, repository)?.value ?? null);
}

/** `DOCKER_AUTH_CONFIG` holds what Docker's `config.json` holds; it goes before that file. */
export function fromDockerAuthConfig(environment: Environment): FindCredentials {
  return async (registry, repository, signal) => {
    const text = environment['DOCKER_AUTH_CONFIG'];
    return text === undefined || text.trim() === '' ? null : readDockerConfig(text, 'DOCKER_AUTH_CONFIG', registry, repository, signal);
  };
}
