/**
 * An environment as its steps see it: the adapters and policies that a team has put together for one place.
 * Adapters never enter the machine's context; context and journal are data.
 * @module
 */
import type { Off } from '../policy/off.js';
import type { TagRules } from '../policy/tag-policy.js';
import type { ApprovalPolicy, Deployer, EndpointProbe, ImageSource, ImageTarget, Notifier, StagingTests } from '../ports/index.js';
import type { ChecksPolicy } from '../validation/index.js';

export interface Environment {
  readonly name: string;
  readonly source: ImageSource;
  readonly target: ImageTarget;
  readonly deployer: Deployer;
  readonly tests: StagingTests | Off | undefined;
  readonly checks: ChecksPolicy;
  readonly endpoints: readonly EndpointProbe[];
  readonly approval: ApprovalPolicy;
  readonly notifiers: readonly Notifier[];
  readonly requireRollbackTarget: boolean;
  /** What may happen to tags that exist, by image; where nothing is said: immutable tags are left if equal, channels move. */
  readonly tagRules?: Readonly<Record<string, TagRules>>;
}
