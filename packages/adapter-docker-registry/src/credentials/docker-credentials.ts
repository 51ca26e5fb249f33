/**
 * All that Docker knows of logins: `DOCKER_AUTH_CONFIG`, then the configuration file. For authors of other adapters too.
 * @module
 */
import type { CredentialProvider } from '../client/credentials.js';
import { dockerConfigCredentials, dockerConfigDirectory } from './docker-config.js';
import { fromDockerAuthConfig } from './environment.js';
import { firstOf } from './find-credentials.js';

/** @param directory Of `config.json`; undefined: `DOCKER_CONFIG` of the environment, else `~/.docker`. */
export function dockerCredentials(directory: string | undefined, environment: Readonly<Record<string, string | undefined>> = process.env): CredentialProvider {
  return firstOf([fromDockerAuthConfig(environment), dockerConfigCredentials(directory ?? dockerConfigDirectory(environment))]);
}
