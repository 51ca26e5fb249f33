/**
 * What the options of a promoter and of its environments must be, whoever wrote them: TypeScript, JavaScript, or a
 * configuration file that no compiler has read.
 * @module
 */
import { rule, type OptionRule, type OptionRules } from '../errors/index.js';
import { oneApprovalRules } from '../policy/approval.js';
import { requirePort, type PortName } from '../ports/index.js';
import { batchesRule } from './batches.js';
import type { EnvironmentOptions, PromoterOptions, ReleaseImageOptions, RollbackOptions } from './options.js';
import type { TagOptions } from './tag-options.js';

const { filledList, filledRecord, flag, list, milliseconds, offOr, optional, options, record, text, texts, whole } = rule;
const port = (name: PortName): OptionRule => rule.by(requirePort, name);

const tags: OptionRules<TagOptions> = {
  // A text instead of a list would be read letter by letter, each of them a tag.
  immutable: optional(list(text, 'a list of tags')),
  channel: optional(list(text, 'a list of tags')),
  rules: optional(record(text, 'an object: { \'v*\': \'immutable\' }')),
};

const repository = texts('a text such as \'registry.example.com/team/app\'');

const image: OptionRules<ReleaseImageOptions> = {
  from: repository,
  to: repository,
  services: optional(filledList(text, 'a list of the names of services')),
  tags: optional(options(tags, 'an object: { immutable: [\'{version}\'], channel: [\'production\'] }')),
};

const rollback: OptionRules<RollbackOptions> = { automatic: optional(flag), stopFirst: optional(flag), requireTarget: optional(flag) };

const copy: OptionRules<NonNullable<EnvironmentOptions['copy']>> = { maxAttempts: optional(whole(1)) };

const approval: OptionRule = (value, field) => (isPolicy(value) ? port('ApprovalPolicy') : options(oneApprovalRules))(value, field);

const isPolicy = (value: unknown): boolean => typeof value === 'object' && value !== null && ('evaluate' in value || 'requirement' in value);

export const environmentRules: OptionRules<EnvironmentOptions> = {
  source: port('ImageSource'),
  target: port('ImageTarget'),
  deployer: port('Deployer'),
  release: filledRecord(options(image, 'an object: { from: \'…\', to: \'…\' }'), 'an object with an image by name: { web: { from: \'…\', to: \'…\' } }'),
  tests: optional(offOr(port('StagingTests'), 'staging tests, such as testCommand(\'…\'), or { off: \'why there are none\' }')),
  // By checksPolicy().
  checks: rule.anything,
  endpoints: optional(list(port('EndpointProbe'))),
  approval: optional(offOr(approval, 'an approval policy, an object with expiresInMs, preventSelfApproval or approvers, or { off: \'why nobody is asked\' }')),
  notifiers: optional(list(port('Notifier'))),
  rollback: optional(options(rollback)),
  copy: optional(options(copy)),
  batches: optional(batchesRule),
};

export const promoterRules: OptionRules<PromoterOptions> = {
  store: port('PromotionStore'),
  environments: filledRecord(rule.anything, 'an object with an environment by name: { production: { … } }'),
  clock: optional(port('Clock')),
  leaseMs: optional(milliseconds()),
};
