/**
 * What a team configures: environments, and in each the adapters and policies that make it one.
 * @module
 */
import type { OneApprovalOptions } from '../policy/approval.js';
import type { ApprovalPolicy, Clock, Deployer, EndpointProbe, ImageSource, ImageTarget, Notifier, PromotionStore, StagingTests } from '../ports/index.js';
import type { Off } from '../policy/off.js';
import type { ChecksOptions } from '../validation/index.js';
import type { TagOptions } from './tag-options.js';

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
  /** Default: one approval by somebody other than who asked. With `approvers`, at least one is named. */
  readonly approval?: ApprovalPolicy | OneApprovalOptions | Off;
  readonly notifiers?: readonly Notifier[];
  readonly rollback?: RollbackOptions;
  readonly copy?: {
    /** Attempts in all (G1). Default: 3. */
    readonly maxAttempts?: number;
  };
  /**
   * Hosts by batch, in their order: each host of the deployer once. Default: all of them in one batch. A host that is named
   * twice, unknown to the deployer or left out is refused, the last two when a promotion is asked for.
   */
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
