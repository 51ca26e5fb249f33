/**
 * Deploys to the Compose project of this machine, without SSH: for a runner that stands on the production host.
 * @module
 */
import { checkOptions, rule, type OptionRules } from '@davit/core';
import { composeDeployer, type ComposeDeployer } from './compose-deployer.js';
import { localShell } from './local/exec.js';
import { composeRules, settle, type ComposeOptions } from './options.js';

export interface LocalComposeOptions extends ComposeOptions {
  /** Name of the host in journals and messages. Default: `local`. */
  readonly name?: string;
}

const rules: OptionRules<LocalComposeOptions> = { ...composeRules, name: rule.optional(rule.text) };

/**
 * A deployer for a Compose project on this machine (Linux). Throws a ConfigurationError for options that are missing,
 * misspelt or wrong.
 *
 * @example
 * const deployer = localCompose({ project: { directory: '/srv/shop' } });
 */
export function localCompose(options: LocalComposeOptions): ComposeDeployer {
  checkOptions<LocalComposeOptions>(options, rules, { of: 'localCompose' });
  const { name = 'local' } = options;
  return composeDeployer('local-compose', [{ name, shell: localShell(name), settled: settle(options) }], []);
}
