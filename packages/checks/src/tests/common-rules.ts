/**
 * What the options of all staging tests must be.
 * @module
 */
import { requirePort, rule, type OptionRules } from '@davit/core';
import type { TestFunctionOptions } from './test-function.js';

/** May be endless: tests may take as long as they like, and their results may count for ever. */
const long = rule.number('a number of milliseconds above 0', (value) => value > 0);

export const commonRules: OptionRules<TestFunctionOptions> = {
  name: rule.optional(rule.text),
  timeoutMs: rule.optional(long),
  maxAgeMs: rule.optional(long),
  clock: rule.optional(rule.by(requirePort, 'Clock')),
};
