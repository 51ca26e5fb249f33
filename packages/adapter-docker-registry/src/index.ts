/**
 * Images in any registry that speaks the OCI distribution API.
 * @module
 */
export { dockerRegistry } from './docker-registry.js';
export type { CredentialFunction, DockerRegistryOptions } from './options.js';
export type { Credentials, RegistryClient } from './client/index.js';
