/**
 * `ghcr()`: images in GitHub's container registry.
 * @module
 */
import { createRegistryClient, type RegistryClient } from '@davit/adapter-docker-registry/client';
import { ghcrDialect } from './dialect.js';
import { githubCredentials } from './login.js';
import { checkOptions, type GhcrOptions } from './options.js';

const registry = 'ghcr.io';

/**
 * Makes the adapter. It serves references to ghcr.io and no other registry, so GitHub's token cannot go astray.
 *
 * Throws a `ConfigurationError` for options that are wrong; every later failure is a Result.
 *
 * @example
 * const target = ghcr({ token: () => readFile('/run/secrets/ghcr', 'utf8') });
 */
export function ghcr(options: GhcrOptions = {}): RegistryClient {
  checkOptions(options);
  const { baseUrl, requestTimeoutMs, retry, connections, clock } = options;
  return createRegistryClient({
    name: 'ghcr',
    registries: [registry],
    credentials: githubCredentials(options),
    dialect: ghcrDialect,
    ...(baseUrl === undefined ? {} : { endpoint: () => baseUrl }),
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
    ...(retry === undefined ? {} : { retry }),
    ...(connections === undefined ? {} : { connections }),
    ...(clock === undefined ? {} : { clock }),
  });
}
