/**
 * GitHub's logins: a token, from the options, the environment, or Docker's configuration.
 * @see https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry
 * @module
 */
import { dockerCredentials, type CredentialProvider } from '@davit/adapter-docker-registry/client';
import type { GhcrOptions } from './options.js';

/** GHCR looks at the token alone; this is the name that GitHub itself uses where there is none. */
const anyUsername = 'x-access-token';

/** The token that is known from the beginning: in code, or in the environment. */
export function givenToken({ token, environment = process.env }: GhcrOptions): GhcrOptions['token'] {
  return token ?? filled(environment['GITHUB_TOKEN']) ?? filled(environment['GH_TOKEN']);
}

export function githubCredentials(options: GhcrOptions): CredentialProvider {
  const { username, dockerConfig, environment = process.env } = options;
  const given = givenToken(options);
  if (given === false) return () => Promise.resolve({ credentials: null, note: 'the option token is false' });
  if (given === undefined) return dockerConfig === false ? () => Promise.resolve({ credentials: null, note: 'neither the option token nor GITHUB_TOKEN or GH_TOKEN is set' }) : dockerCredentials(dockerConfig, environment);
  const name = username ?? filled(environment['GITHUB_ACTOR']) ?? anyUsername;
  return async () => {
    const password = typeof given === 'function' ? await given() : given;
    if (password === '') throw new Error('the function that gives the token gave an empty one');
    return { credentials: { username: name, password }, ...(password.startsWith('github_pat_') ? { note: 'GHCR knows no fine-grained tokens (github_pat_…): use a classic one, or a workflow\'s GITHUB_TOKEN' } : {}) };
  };
}

const filled = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
