/**
 * The two simple approval policies: one person by name, or none for a stated reason (R10–R13, G14).
 * @module
 */
import { checkOptions, failure, rule, type OptionRules } from '../errors/index.js';
import { okAsync, err, ok } from '../result.js';
import type { ApprovalPolicy } from '../ports/index.js';

export interface OneApprovalOptions {
  /** How long the wait may last, in milliseconds. Default: 72 hours. */
  readonly expiresInMs?: number;
  /** Whether who asked for the promotion may not approve it. Default: true. */
  readonly preventSelfApproval?: boolean;
  /** Who may decide; default: anybody whose name is known. */
  readonly approvers?: readonly string[];
}

export const oneApprovalRules: OptionRules<OneApprovalOptions> = {
  expiresInMs: rule.optional(rule.milliseconds()),
  preventSelfApproval: rule.optional(rule.flag),
  approvers: rule.optional(rule.filledList(rule.text, 'a list of names, at least one; left out, anybody may approve whose name is known')),
};

const threeDaysMs = 72 * 60 * 60 * 1000;

/**
 * One approval is enough, one rejection rejects.
 * @throws ConfigurationError where an option is wrong: nobody could approve, or the wait would never end.
 */
export function oneApproval(options: OneApprovalOptions = {}): ApprovalPolicy {
  checkOptions<OneApprovalOptions>(options, oneApprovalRules, { of: 'oneApproval' });
  const { expiresInMs = threeDaysMs, preventSelfApproval = true, approvers } = options;
  return {
    name: 'one-approval',
    requirement: ({ now }) => okAsync({ needed: true, reason: approvers === undefined ? 'one approval is required' : `one approval by ${approvers.join(' or ')} is required`, expiresAt: now + expiresInMs }),
    accepts: ({ actor }, { by, decision }) => {
      if (approvers !== undefined && !approvers.includes(by)) return err(failure('approval_refused', `${by} may not decide here; ${approvers.join(', ')} may`, { actual: by, expected: [...approvers] }));
      // Whoever asked may still withdraw by rejecting.
      if (preventSelfApproval && decision === 'approve' && by === actor) return err(failure('approval_refused', `${by} asked for this promotion and may not approve it`, { actual: by }));
      return ok(undefined);
    },
    evaluate: (_subject, decisions) => {
      const last = decisions.find(({ decision }) => decision === 'reject') ?? decisions[0];
      if (last === undefined) return okAsync({ verdict: 'waiting', reason: 'nobody has decided' });
      const comment = last.comment === undefined ? '' : `: ${last.comment}`;
      return okAsync(last.decision === 'approve' ? { verdict: 'approved', reason: `approved by ${last.by}${comment}` } : { verdict: 'rejected', reason: `rejected by ${last.by}${comment}` });
    },
  };
}

/**
 * No approval is asked for; the reason is recorded with every promotion.
 * @throws ConfigurationError where no reason is given.
 */
export function noApproval(reason: string): ApprovalPolicy {
  checkOptions<{ reason: string }>({ reason }, { reason: rule.texts('a text that says why') }, { of: 'noApproval' });
  return {
    name: 'off',
    requirement: () => okAsync({ needed: false, reason, expiresAt: null }),
    evaluate: () => okAsync({ verdict: 'approved', reason }),
  };
}
