/**
 * How often a request is made, and how long is waited in between: what callers may say, and what is meant where they do not.
 * @module
 */
export interface RetrySettings {
  readonly attempts: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly maxRetryAfterMs: number;
}

export function retrySettings({ attempts = 5, minDelayMs = 250, maxDelayMs = 30_000, maxRetryAfterMs = 60_000 }: Partial<RetrySettings> = {}): RetrySettings {
  return { attempts, minDelayMs, maxDelayMs, maxRetryAfterMs };
}
