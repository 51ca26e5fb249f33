/**
 * What the options of all staging tests must be.
 * @module
 */
import { requirePort, rule, type Clock, type OptionRules } from '@davit/core';

/** May be endless: tests may take as long as they like, and their results may count for ever. */
const long = rule.number('a number of milliseconds above 0', (value) => value > 0);

export const commonRules: OptionRules<{ readonly name?: string; readonly timeoutMs?: number; readonly maxAgeMs?: number; readonly clock?: Clock }> = {
  name: rule.optional(rule.text),
  timeoutMs: rule.optional(long),
  maxAgeMs: rule.optional(long),
  clock: rule.optional(rule.by(requirePort, 'Clock')),
};
