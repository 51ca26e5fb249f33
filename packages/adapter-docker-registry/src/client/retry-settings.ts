/**
 * How often a request is made, and how long is waited for its answer and in between: what callers may say, and what is meant
 * where they do not.
 * @module
 */

/** Longest silence: until an answer begins, and between two pieces of a body. */
export const defaultTimeoutMs = 60_000;

export interface RetrySettings {
  readonly attempts: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly maxRetryAfterMs: number;
}

export function retrySettings({ attempts = 5, minDelayMs = 250, maxDelayMs = 30_000, maxRetryAfterMs = 60_000 }: Partial<RetrySettings> = {}): RetrySettings {
  return { attempts, minDelayMs, maxDelayMs, maxRetryAfterMs };
}
