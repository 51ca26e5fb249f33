/**
 * Deploys to the Compose project of this machine, without SSH: for a runner that stands on the production host.
 * @module
 */
import { ConfigurationError } from '@davit/core';
import { composeDeployer, type ComposeDeployer } from './compose-deployer.js';
import { localShell } from './local/exec.js';
import { settle, type ComposeOptions } from './options.js';

export interface LocalComposeOptions extends ComposeOptions {
  /** Name of the host in journals and messages. Default: `local`. */
  readonly name?: string;
}

/**
 * A deployer for a Compose project on this machine (Linux). Throws a ConfigurationError for wrong options.
 *
 * @example
 * const deployer = localCompose({ project: { directory: '/srv/shop' } });
 */
export function localCompose(options: LocalComposeOptions): ComposeDeployer {
  const name = options.name ?? 'local';
  if (name === '') throw new ConfigurationError('name is empty', { field: 'name' });
  return composeDeployer('local-compose', [{ name, shell: localShell(name), settled: settle(options) }], []);
}
