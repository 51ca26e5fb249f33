/**
 * `ghcr()`: images in GitHub's container registry.
 * @module
 */
import { createRegistryClient, createSideApi, type RegistryClient } from '@davit/adapter-docker-registry/client';
import { ghcrDialect } from './dialect.js';
import { githubLogin } from './login.js';
import { checkOptions, type GhcrOptions } from './options.js';
import { packagesOf, type GhcrPackages } from './packages.js';

const registry = 'ghcr.io';

/** The registry, and what only GitHub's API of packages can do. */
export interface Ghcr extends RegistryClient, GhcrPackages {}

/**
 * Makes the adapter. It serves references to ghcr.io and no other registry, so GitHub's token cannot go astray.
 *
 * Throws a `ConfigurationError` for options that are wrong; every later failure is a Result.
 *
 * @example
 * const target = ghcr({ token: () => readFile('/run/secrets/ghcr', 'utf8') });
 */
export function ghcr(options: GhcrOptions = {}): Ghcr {
  checkOptions(options);
  const { baseUrl, apiUrl = 'https://api.github.com', token: _token, username: _username, environmentPrefix: _environmentPrefix, dockerConfig: _dockerConfig, ...common } = options;
  const shared = { name: 'ghcr', ...common, ...githubLogin(options) };
  const client = createRegistryClient({ ...shared, registries: [registry], dialect: ghcrDialect, ...(baseUrl === undefined ? {} : { endpoint: () => baseUrl }) });
  const api = createSideApi({
    ...shared,
    baseUrl: apiUrl,
    headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
    ...(ghcrDialect.readRefusal === undefined ? {} : { readRefusal: ghcrDialect.readRefusal }),
  });
  return Object.freeze({
    ...client,
    ...packagesOf(api),
    secrets: () => [...new Set([...client.secrets(), ...api.secrets()])],
    close: async () => {
      await Promise.all([client.close(), api.close()]);
    },
  });
}
