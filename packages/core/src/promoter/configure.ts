/**
 * From a team's options to an environment that is complete and can be used.
 * @module
 */
import { checkOptions, ConfigurationError } from '../errors/index.js';
import { parseReference, parseRepository } from '../image/index.js';
import type { MachinePolicy } from '../machine/index.js';
import { noApproval, oneApproval } from '../policy/approval.js';
import { isOff } from '../policy/off.js';
import type { ApprovalPolicy } from '../ports/index.js';
import type { Environment } from '../steps/index.js';
import { checksPolicy } from '../validation/index.js';
import { environmentRules } from './environment-rules.js';
import type { EnvironmentOptions, ReleaseImageOptions } from './options.js';
import { checkTagOptions } from './tag-options.js';

/** An environment as the promoter uses it: what was given, with the defaults filled in and checked. */
export interface ConfiguredEnvironment {
  readonly environment: Environment;
  readonly release: Readonly<Record<string, ReleaseImageOptions>>;
  readonly policy: MachinePolicy;
  readonly batches: readonly (readonly string[])[] | undefined;
}

/** Checks an environment's options. Throws ConfigurationError: wrong options are a programming error. */
export function configure(name: string, options: EnvironmentOptions): ConfiguredEnvironment {
  const at = (field: string): string => `environments.${name}.${field}`;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) throw new ConfigurationError(`${JSON.stringify(name)} is not a name for an environment: use letters, digits, dots, dashes and underscores`, { field: `environments.${name}` });
  checkOptions<EnvironmentOptions>(options, environmentRules, { at: `environments.${name}` });
  for (const [image, { from, to, tags }] of Object.entries(options.release)) {
    checkTagOptions(tags ?? {}, at(`release.${image}.tags`));
    const source = parseReference(from);
    if (source.isErr()) throw new ConfigurationError(source.error.message, { field: at(`release.${image}.from`), code: 'reference_invalid' });
    const target = parseRepository(to);
    if (target.isErr()) throw new ConfigurationError(target.error.message, { field: at(`release.${image}.to`), code: 'reference_invalid' });
  }
  const notifiers = options.notifiers ?? [];
  const doubled = notifiers.find(({ name: one }, index) => notifiers.findIndex((other) => other.name === one) !== index);
  if (doubled !== undefined) throw new ConfigurationError(`${at('notifiers')} has two of the name ${doubled.name}; give each its own`, { field: at('notifiers') });
  return {
    environment: {
      name,
      source: options.source,
      target: options.target,
      deployer: options.deployer,
      tests: options.tests,
      checks: checksPolicy(options.checks),
      endpoints: options.endpoints ?? [],
      approval: approvalOf(options.approval),
      notifiers,
      requireRollbackTarget: options.rollback?.requireTarget ?? false,
      tagRules: Object.fromEntries(Object.entries(options.release).map(([image, { tags }]) => [image, tags?.rules ?? {}])),
    },
    release: options.release,
    policy: {
      copyMaxAttempts: options.copy?.maxAttempts ?? 3,
      automaticRollback: options.rollback?.automatic ?? true,
      stopFirst: options.rollback?.stopFirst ?? true,
      collectAll: options.checks?.collectAll ?? false,
    },
    batches: options.batches,
  };
}

function approvalOf(given: EnvironmentOptions['approval'] = {}): ApprovalPolicy {
  if (isOff(given)) return noApproval(given.off);
  return 'evaluate' in given ? given : oneApproval(given);
}
