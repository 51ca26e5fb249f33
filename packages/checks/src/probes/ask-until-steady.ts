/**
 * Asks again and again until the answer is good several times in a row, or the time is over (R29, R63).
 * @module
 */
import { ConfigurationError, err, failure, ok, requirePort, rule, systemClock, type CheckError, type Clock, type OptionRules, type Result } from '@davit/core';

/** What all probes have in common. */
export interface SteadyOptions {
  /** One attempt is given up after that. Milliseconds; default: 5 000. */
  readonly timeoutMs?: number;
  /** Between the end of one attempt and the next. Milliseconds; default: 1 000. */
  readonly intervalMs?: number;
  /** When the endpoint is not steady by then, it has failed. Milliseconds; default: 60 000. */
  readonly withinMs?: number;
  /** Good answers in a row that make it steady. Default: 3. */
  readonly successThreshold?: number;
  /** Bad answers in a row that end it early. Default: none, only the time ends it. */
  readonly failureThreshold?: number;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

export interface Steadiness {
  readonly timeoutMs: number;
  readonly intervalMs: number;
  readonly withinMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
  readonly clock: Clock;
}

/** One attempt's answer. `unknown`: this machine could not ask, so nothing is known of the endpoint. */
export type Attempt =
  | { readonly verdict: 'good'; readonly summary: string }
  | { readonly verdict: 'bad' | 'unknown'; readonly summary: string; readonly facts?: { readonly status?: number; readonly evidence?: string } };

/** For the rules of each probe. */
export const steadyRules: OptionRules<SteadyOptions> = {
  timeoutMs: rule.optional(rule.milliseconds()),
  intervalMs: rule.optional(rule.milliseconds()),
  withinMs: rule.optional(rule.milliseconds()),
  successThreshold: rule.optional(rule.whole(1)),
  failureThreshold: rule.optional(rule.number('a whole number of at least 1', (value) => value >= 1 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY))),
  clock: rule.optional(rule.by(requirePort, 'Clock')),
};

/** Fills in the defaults. Throws where the numbers cannot be met together. */
export function steadiness(options: SteadyOptions): Steadiness {
  const { timeoutMs = 5000, intervalMs = 1000, withinMs = 60_000, successThreshold = 3, failureThreshold = Number.POSITIVE_INFINITY, clock = systemClock } = options;
  if ((successThreshold - 1) * intervalMs >= withinMs) throw new ConfigurationError(`${String(successThreshold)} answers every ${String(intervalMs)} ms do not fit in withinMs ${String(withinMs)}`, { field: 'withinMs' });
  return { timeoutMs, intervalMs, withinMs, successThreshold, failureThreshold, clock };
}

/**
 * @param ask One attempt. Its signal fires when its time is over, or when the caller asks to stop.
 * @returns What to say in the report, or `endpoint_failed`, `check_inconclusive` or `interrupted`.
 */
export async function askUntilSteady(url: string, ask: (signal: AbortSignal) => Promise<Attempt>, steady: Steadiness, signal: AbortSignal): Promise<Result<string, CheckError>> {
  const { clock, successThreshold, failureThreshold, withinMs, intervalMs } = steady;
  const startedAt = clock.now();
  let goodInARow = 0;
  let badInARow = 0;
  let lastBad: Exclude<Attempt, { verdict: 'good' }> | undefined;
  let known = false;
  for (;;) {
    const attempt = await timed(ask, steady, signal);
    if (signal.aborted) return err(failure('interrupted', `the probe of ${url} was ended because the process was asked to stop`, { url, retryable: true }));
    if (attempt.verdict === 'good') {
      goodInARow += 1;
      badInARow = 0;
      known = true;
      if (goodInARow >= successThreshold) return ok(`${attempt.summary}, ${times(successThreshold)} in a row`);
    } else {
      goodInARow = 0;
      badInARow += 1;
      known ||= attempt.verdict === 'bad';
      // What the endpoint said is kept; that this machine could not ask says nothing against it.
      if (attempt.verdict === 'bad' || lastBad?.verdict !== 'bad') lastBad = attempt;
    }
    const elapsedMs = clock.now() - startedAt;
    if (badInARow >= failureThreshold || elapsedMs + intervalMs > withinMs) {
      const asked = badInARow >= failureThreshold ? `failed ${times(badInARow)} in a row` : `did not answer well ${times(successThreshold)} in a row within ${String(withinMs)} ms`;
      const facts = { url, ...lastBad?.facts, retryable: true };
      if (!known) return err(failure('check_inconclusive', `${url} could not be asked: ${lastBad?.summary ?? 'no answer'}`, facts));
      return err(failure('endpoint_failed', `${url} ${asked}: ${lastBad?.summary ?? 'too few answers'}`, facts));
    }
    await clock.sleep(intervalMs, signal);
  }
}

async function timed(ask: (signal: AbortSignal) => Promise<Attempt>, { clock, timeoutMs }: Steadiness, signal: AbortSignal): Promise<Attempt> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const timeout = clock.sleep(timeoutMs, stop).then((): Attempt => ({ verdict: 'bad', summary: `no answer within ${String(timeoutMs)} ms` }));
  try {
    return await Promise.race([ask(stop), timeout]);
  } finally {
    over.abort();
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${String(count)} times`;
}
