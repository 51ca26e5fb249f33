/**
 * How a promotion ends: the closed list of outcomes, the specification's five states, and exit codes.
 * @module
 */

/** The specification's promotion states, exactly (R82–R86). */
export type Status = 'pending' | 'in_progress' | 'completed' | 'failed' | 'rolled_back';

interface OutcomeEntry {
  readonly status: 'completed' | 'failed' | 'rolled_back';
  /** Exit code of the command line, where hosts were not left changed. */
  readonly exitCode: 0 | 1 | 3 | 5;
  /** One sentence for people. */
  readonly meaning: string;
}

const entry = (status: OutcomeEntry['status'], exitCode: OutcomeEntry['exitCode'], meaning: string): OutcomeEntry => ({ status, exitCode, meaning });

/** One for each terminal (G2, G4). */
export const outcomes = {
  completed: entry('completed', 0, 'The promoted image is proven to run and to be healthy.'),
  unchanged: entry('completed', 0, 'Production ran this image already; that was verified, and nothing was changed.'),
  tests_failed: entry('failed', 1, 'The staging tests did not pass; nothing was touched.'),
  validation_failed: entry('failed', 1, 'The image is not valid; nothing was touched.'),
  refused: entry('failed', 1, 'A policy, another promotion or something that could not be asked stands in the way; nothing was touched.'),
  approval_rejected: entry('failed', 1, 'The promotion was rejected; nothing was touched.'),
  approval_expired: entry('failed', 1, 'Nobody approved in time; nothing was touched.'),
  cancelled: entry('failed', 1, 'The promotion was cancelled before production was changed.'),
  superseded: entry('failed', 1, 'A newer promotion took its place.'),
  max_retries: entry('failed', 1, 'The image could not be copied to the production registry; production was not touched.'),
  registry_error: entry('failed', 1, 'The production registry could not be updated; hosts were not touched.'),
  deployment_failed: entry('failed', 1, 'The deployment failed and was not rolled back: nothing had been changed, or rolling back is switched off.'),
  rolled_back: entry('rolled_back', 3, 'The previous image is proven to run and to be healthy.'),
  no_rollback_target: entry('failed', 5, 'The deployment failed and there is no previous image to return to.'),
  rollback_failed: entry('failed', 5, 'The deployment failed and so did the rollback; the service is probably down.'),
  rollback_incomplete: entry('failed', 5, 'The previous image runs but is not proven healthy everywhere.'),
} as const satisfies Record<string, OutcomeEntry>;

export type Outcome = keyof typeof outcomes;

export function isOutcome(text: string): text is Outcome {
  return Object.hasOwn(outcomes, text);
}

/** The exit code of an ended promotion. */
export function exitCodeOf(ended: { readonly outcome: Outcome; readonly kind: 'promotion' | 'rollback'; readonly hostsChanged: boolean }): 0 | 1 | 3 | 5 {
  // A rollback that was asked for did as asked.
  if (ended.outcome === 'rolled_back' && ended.kind === 'rollback') return 0;
  if (ended.outcome === 'deployment_failed' && ended.hostsChanged) return 5;
  return outcomes[ended.outcome].exitCode;
}
