/**
 * Who must agree before production is changed (specification: main chart J–M; R10–R13, G14).
 * @module
 */
import type { CheckError } from '../errors/index.js';
import type { Result, ResultAsync } from '../result.js';
import type { Call } from './call.js';

export interface ApprovalSubject {
  readonly promotion: string;
  readonly environment: string;
  /** Who asked for the promotion. */
  readonly actor: string;
  /** Hash of the plan that a decision is bound to. */
  readonly planHash: string;
  /** Now, in milliseconds since 1970. */
  readonly now: number;
}

export interface ApprovalRequirement {
  readonly needed: boolean;
  /** Why, or why not: recorded. */
  readonly reason: string;
  /** When the wait ends in `approval_expired`; milliseconds since 1970. Null: never. */
  readonly expiresAt: number | null;
}

/** One decision by one person. */
export interface ApprovalDecision {
  readonly by: string;
  /** How the name was known: `cli:os-user`, `github:actor`, `api`. */
  readonly knownBy: string;
  readonly decision: 'approve' | 'reject';
  readonly planHash: string;
  readonly at: number;
  readonly comment?: string;
}

export type ApprovalVerdict = { readonly verdict: 'approved' | 'rejected' | 'waiting'; readonly reason: string };

export interface ApprovalPolicy {
  readonly name: string;
  requirement(subject: ApprovalSubject, call: Call): ResultAsync<ApprovalRequirement, CheckError>;
  /** Whether this decision may be made at all; refused ones are never recorded. Absent: every one may. */
  accepts?(subject: ApprovalSubject, decision: ApprovalDecision): Result<void, CheckError>;
  /** Decides over all decisions so far. Called after each new one. */
  evaluate(subject: ApprovalSubject, decisions: readonly ApprovalDecision[], call: Call): ResultAsync<ApprovalVerdict, CheckError>;
}
