/**
 * Whether a copy can be meant. Without a compiler, or with a number that is none, it would do something else without a word.
 * @module
 */
import { checkOptions, rule, type OptionRules } from '../errors/index.js';
import { tagPolicies } from '../policy/tag-policy.js';
import { requirePort } from '../ports/index.js';
import type { CopyOptions, CopyTag } from './request.js';

const tagRules: OptionRules<CopyTag> = { tag: rule.text, policy: rule.optional(rule.oneOf(tagPolicies)), remember: rule.optional(rule.flag) };

const rules: OptionRules<CopyOptions> = {
  name: rule.text,
  source: rule.by(requirePort, 'ImageSource'),
  from: rule.anything,
  target: rule.by(requirePort, 'ImageTarget'),
  to: rule.anything,
  platforms: rule.optional(rule.filledList(rule.anything, 'a list of platforms; without it the whole index is copied')),
  sparse: rule.optional(rule.flag),
  tags: rule.optional(rule.list(rule.options(tagRules))),
  parallel: rule.optional(rule.whole(1)),
  referrers: rule.optional(rule.flag),
  deep: rule.optional(rule.flag),
  clock: rule.optional(rule.by(requirePort, 'Clock')),
};

/** @throws ConfigurationError that names the option. */
export function checkRequest(of: string, request: CopyOptions): void {
  checkOptions<CopyOptions>(request, rules, { of });
}
