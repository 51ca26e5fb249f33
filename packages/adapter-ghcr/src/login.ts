/**
 * GitHub's logins: a token, from the options, the environment, or Docker's configuration.
 * @see https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry
 * @module
 */
import { ConfigurationError } from '@davit/core/adapter';
import { dockerCredentials, environmentLogin, firstOf, fromEnvironment, secretOf, type CredentialProvider, type FoundCredentials } from '@davit/adapter-docker-registry/client';
import type { GhcrOptions } from './options.js';

/** GHCR looks at the token alone; this is the name that GitHub itself uses where there is none. */
const anyUsername = 'x-access-token';

export interface GithubLogin {
  readonly credentials: CredentialProvider;
  /** Tokens that are known from the beginning: in code, or in the environment. */
  readonly knownSecrets: readonly string[];
}

/** Throws a `ConfigurationError` for half a login in the variables of `environmentPrefix`. */
export function githubLogin(options: GhcrOptions): GithubLogin {
  const variables = variablesLogin(options);
  const token = givenToken(options);
  const common = providerOf(options, token);
  const knownSecrets = [...(typeof token === 'string' ? [token] : []), ...(variables === null ? [] : [secretOf(variables.credentials)])];
  // What is said in code goes before what the environment says.
  if (variables === null || options.token !== undefined) return { credentials: common, knownSecrets };
  const find = fromEnvironment(variables);
  return { credentials: firstOf([async (...asked) => noted(await find(...asked)), common]), knownSecrets };
}

/** As of any registry, but that a token that it takes as it is is a token of GitHub. */
function variablesLogin(options: GhcrOptions): ReturnType<typeof environmentLogin> {
  const { environmentPrefix = false, environment = process.env } = options;
  const login = environmentPrefix === false ? null : environmentLogin('ghcr', environmentPrefix, environment);
  if (login === null || 'identityToken' in login.credentials) return login;
  const { credentials } = login;
  return { ...login, credentials: { username: 'token' in credentials ? usernameOf(options) : credentials.username, password: secretOf(credentials).trim() } };
}

/** Without the line end that a token has which was read from a file: none holds a space, and it could not stand in a header. */
function givenToken({ token, environment = process.env }: GhcrOptions): GhcrOptions['token'] {
  if (typeof token !== 'string') return token ?? filled(environment['GITHUB_TOKEN']?.trim()) ?? filled(environment['GH_TOKEN']?.trim());
  const trimmed = token.trim();
  if (trimmed === '') throw new ConfigurationError('ghcr: token is a text that is not empty, a function, or false', { field: 'token' });
  return trimmed;
}

function providerOf(options: GhcrOptions, given: GhcrOptions['token']): CredentialProvider {
  const { dockerConfig, environment = process.env } = options;
  if (given === false) return () => Promise.resolve({ credentials: null, note: 'the option token is false' });
  if (given === undefined) return dockerConfig === false ? () => Promise.resolve({ credentials: null, note: 'neither the option token nor GITHUB_TOKEN or GH_TOKEN is set' }) : dockerCredentials(dockerConfig, environment);
  const username = usernameOf(options);
  return async () => {
    const password = typeof given === 'function' ? (await given()).trim() : given;
    if (password === '') throw new Error('the function that gives the token gave an empty one');
    return noted({ credentials: { username, password } });
  };
}

/** Says of a token that it is of a kind that cannot work. */
function noted<T extends FoundCredentials | null>(found: T): T {
  const fineGrained = found?.credentials != null && secretOf(found.credentials).startsWith('github_pat_');
  return fineGrained ? { ...found, note: 'GHCR knows no fine-grained tokens (github_pat_…): use a classic one, or a workflow\'s GITHUB_TOKEN' } : found;
}

function usernameOf({ username, environment = process.env }: GhcrOptions): string {
  return username ?? filled(environment['GITHUB_ACTOR']) ?? anyUsername;
}

const filled = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
