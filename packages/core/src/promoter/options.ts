/**
 * What a team configures: environments, and in each the adapters and policies that make it one.
 * @module
 */
import { ConfigurationError, refuseUnknownOptions } from '../errors/index.js';
import { parseReference, parseRepository } from '../image/index.js';
import type { MachinePolicy } from '../machine/index.js';
import { noApproval, oneApproval, type OneApprovalOptions } from '../policy/approval.js';
import { requirePort, type ApprovalPolicy, type Clock, type Deployer, type EndpointProbe, type ImageSource, type ImageTarget, type Notifier, type PromotionStore, type StagingTests } from '../ports/index.js';
import { isOff, type Environment, type Off } from '../steps/index.js';
import { checksPolicy, type ChecksOptions } from '../validation/index.js';
import { checkTagOptions, type TagOptions } from './tag-options.js';

export interface PromoterOptions {
  readonly store: PromotionStore;
  /** By name: `production`. */
  readonly environments: Readonly<Record<string, EnvironmentOptions>>;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** How long a process that dies keeps others from resuming, in milliseconds. Default: 60 000. */
  readonly leaseMs?: number;
}

export interface EnvironmentOptions {
  /** Where the tested image is. */
  readonly source: ImageSource;
  /** The production registry. */
  readonly target: ImageTarget;
  readonly deployer: Deployer;
  /** The images that are promoted together, by name. */
  readonly release: Readonly<Record<string, ReleaseImageOptions>>;
  /** Nothing configured fails every promotion and names this switch (R2, G17). */
  readonly tests?: StagingTests | Off;
  readonly checks?: ChecksOptions;
  /** Asked after the services are healthy. Default: none. */
  readonly endpoints?: readonly EndpointProbe[];
  /** Default: one approval by somebody other than who asked. */
  readonly approval?: ApprovalPolicy | OneApprovalOptions | Off;
  readonly notifiers?: readonly Notifier[];
  readonly rollback?: RollbackOptions;
  readonly copy?: {
    /** Attempts in all (G1). Default: 3. */
    readonly maxAttempts?: number;
  };
  /** Hosts by batch. Default: all hosts of the deployer in one batch. */
  readonly batches?: readonly (readonly string[])[];
}

export interface ReleaseImageOptions {
  /** The image on staging: a repository, with a tag if the caller gives none. */
  readonly from: string;
  /** The repository in the production registry. */
  readonly to: string;
  /** The services that run it. Default: the image's name. */
  readonly services?: readonly string[];
  readonly tags?: TagOptions;
}

export interface RollbackOptions {
  /** Roll back when a deployment fails (R28). Default: true. */
  readonly automatic?: boolean;
  /** Stop the services before they are changed (G10). Default: true. */
  readonly stopFirst?: boolean;
  /** Refuse to deploy where there is nothing to return to (G5). Default: false. */
  readonly requireTarget?: boolean;
}

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
  requirePort('ImageSource', options.source, at('source'));
  requirePort('ImageTarget', options.target, at('target'));
  requirePort('Deployer', options.deployer, at('deployer'));
  if (options.tests !== undefined && !isOff(options.tests)) requirePort('StagingTests', options.tests, at('tests'));
  for (const [index, probe] of (options.endpoints ?? []).entries()) requirePort('EndpointProbe', probe, at(`endpoints[${String(index)}]`));
  for (const [index, notifier] of (options.notifiers ?? []).entries()) requirePort('Notifier', notifier, at(`notifiers[${String(index)}]`));
  refuseUnknownOptions(at('copy'), options.copy ?? {}, Object.keys({ maxAttempts: true } satisfies Readonly<Record<keyof NonNullable<EnvironmentOptions['copy']>, true>>));
  refuseUnknownOptions(at('rollback'), options.rollback ?? {}, Object.keys({ automatic: true, stopFirst: true, requireTarget: true } satisfies Readonly<Record<keyof RollbackOptions, true>>));
  if (typeof options.release !== 'object' || Object.keys(options.release).length === 0) throw new ConfigurationError(`${at('release')} has no image`, { field: at('release') });
  for (const [image, { from, to, services, tags }] of Object.entries(options.release)) {
    checkTagOptions(tags ?? {}, at(`release.${image}.tags`));
    const source = parseReference(from);
    if (source.isErr()) throw new ConfigurationError(source.error.message, { field: at(`release.${image}.from`), code: 'reference_invalid' });
    const target = parseRepository(to);
    if (target.isErr()) throw new ConfigurationError(target.error.message, { field: at(`release.${image}.to`), code: 'reference_invalid' });
    if (services?.length === 0) throw new ConfigurationError(`${at(`release.${image}.services`)} is empty`, { field: at(`release.${image}.services`) });
  }
  const maxAttempts = options.copy?.maxAttempts ?? 3;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) throw new ConfigurationError(`${at('copy.maxAttempts')} must be a whole number of at least 1`, { field: at('copy.maxAttempts') });
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
      checks: checksPolicy(options.checks ?? {}),
      endpoints: options.endpoints ?? [],
      approval: approvalOf(options.approval, at('approval')),
      notifiers,
      requireRollbackTarget: options.rollback?.requireTarget ?? false,
      tagRules: Object.fromEntries(Object.entries(options.release).map(([image, { tags }]) => [image, tags?.rules ?? {}])),
    },
    release: options.release,
    policy: {
      copyMaxAttempts: maxAttempts,
      automaticRollback: options.rollback?.automatic ?? true,
      stopFirst: options.rollback?.stopFirst ?? true,
      collectAll: options.checks?.collectAll ?? false,
    },
    batches: options.batches,
  };
}

const approvalFields = Object.keys({ expiresInMs: true, preventSelfApproval: true, approvers: true } satisfies Readonly<Record<keyof OneApprovalOptions, true>>);

function approvalOf(given: EnvironmentOptions['approval'], field: string): ApprovalPolicy {
  if (given === undefined) return oneApproval();
  if (isOff(given)) return noApproval(given.off);
  if (!('evaluate' in given) && !('requirement' in given)) {
    refuseUnknownOptions(field, given, approvalFields);
    return oneApproval(given);
  }
  requirePort('ApprovalPolicy', given, field);
  return given;
}
