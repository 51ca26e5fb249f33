/**
 * `dockerRegistry()`: images in any registry that speaks the OCI distribution API.
 * @module
 */
import { createRegistryClient, type RegistryClient } from './client/index.js';
import { clientOptions, type DockerRegistryOptions } from './options.js';

/**
 * Makes the adapter. It serves every registry: which one is asked stands in each reference. Two sides with logins of their
 * own, also on one host, are two adapters.
 *
 * Throws a `ConfigurationError` for options that are wrong: misspelt ones, within `retry` and `hosts` as well, values of another
 * kind, and certificates that cannot be used. Every later failure is a Result.
 *
 * @example
 * const target = dockerRegistry({ credentials: { username: 'ci', password: process.env.REGISTRY_PASSWORD! } });
 */
export function dockerRegistry(options: DockerRegistryOptions = {}): RegistryClient {
  return createRegistryClient({ name: 'docker-registry', ...clientOptions(options) });
}
