/**
 * Retrying a single request a few times, and how long to wait between failures (R18, R92, G16). The only file that imports
 * p-retry: it counts the attempts, the waiting is done on the Clock.
 * @module
 */
import pRetry from 'p-retry';
import { systemClock, type Clock } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';

/** What the retry policy reads of an error. */
export interface RetryableFault {
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
}

/** One failed attempt that will be followed by another. */
export interface Retry<E> {
  readonly error: E;
  /** The attempt that failed, counted from 1. */
  readonly attempt: number;
  readonly of: number;
  readonly waitMs: number;
}

export interface RetryOptions<E> {
  /** Calls in all, the first one included. Default: 3. */
  readonly attempts?: number;
  /** Milliseconds to wait after the first failure; doubled after each further one. Default: 1 000. */
  readonly minDelayMs?: number;
  /** Longest wait in milliseconds, unless the other side asks for another. Default: 60 000. */
  readonly maxDelayMs?: number;
  /** What the other side asks for is obeyed up to here, whatever `maxDelayMs` is. Default: 60 000. */
  readonly maxRetryAfterMs?: number;
  /** Ends a wait at once; the last error is returned. The operation must watch it by itself while it runs. */
  readonly signal: AbortSignal;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Between 0 and 1, for the jitter. Default: `Math.random`. */
  readonly random?: () => number;
  /** Called before each wait. */
  readonly onRetry?: (retry: Retry<E>) => void;
}

/** Carries an error value through p-retry, which only knows exceptions. */
class Carrier<E> extends Error {
  readonly fault: E;
  constructor(fault: E) {
    super('carrier');
    this.fault = fault;
  }
}

/**
 * Calls `operation` until it succeeds, fails for good, or was called `attempts` times. Used inside adapters, for each
 * request; never around a step. An exception is a bug and passes through at once.
 */
export function retrying<T, E extends RetryableFault>(operation: (attempt: number) => ResultAsync<T, E> | PromiseLike<Result<T, E>>, options: RetryOptions<E>): ResultAsync<T, E> {
  return new ResultAsync(retry(operation, options));
}

async function retry<T, E extends RetryableFault>(operation: (attempt: number) => PromiseLike<Result<T, E>>, options: RetryOptions<E>): Promise<Result<T, E>> {
  const { attempts = 3, minDelayMs, maxDelayMs, maxRetryAfterMs, signal, clock = systemClock, random, onRetry } = options;
  const again = (error: unknown): error is Carrier<E> => error instanceof Carrier && (error.fault as E).retryable && !signal.aborted;
  const call = async (attempt: number): Promise<T> => {
    const result = await operation(attempt);
    if (result.isErr()) throw new Carrier(result.error);
    return result.value;
  };
  try {
    // The signal is not given to p-retry: it would throw a success away that arrived while the signal fired.
    return ok(
      await pRetry(call, {
        retries: Math.max(0, attempts - 1),
        minTimeout: 0,
        shouldRetry: ({ error }) => again(error),
        onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
          if (retriesLeft === 0 || !again(error)) return;
          const waitMs = backoffMs(attemptNumber, { minDelayMs, maxDelayMs, maxRetryAfterMs, retryAfterMs: error.fault.retryAfterMs, random });
          onRetry?.({ error: error.fault, attempt: attemptNumber, of: attempts, waitMs });
          await clock.sleep(waitMs, signal);
        },
      }),
    );
  } catch (thrown) {
    if (thrown instanceof Carrier) return err(thrown.fault as E);
    throw thrown;
  }
}

export interface BackoffOptions {
  /** Default: 1 000. */
  readonly minDelayMs?: number | undefined;
  /** Default: 60 000. */
  readonly maxDelayMs?: number | undefined;
  /** Default: 60 000. */
  readonly maxRetryAfterMs?: number | undefined;
  /** What the other side asked for; wins over the exponential delay, up to `maxRetryAfterMs`, unless it is less than the least delay. */
  readonly retryAfterMs?: number | undefined;
  /** Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/**
 * How long to wait after the `failure`-th failure in a row, counted from 1: the least delay, doubled each time, a quarter
 * more or less by chance so that clients which failed together do not come back together. Milliseconds, never above the
 * cap. Also used for the copy loop of the main chart (R18). Who asks for hardly any wait at all says no more than "again":
 * obeyed to the letter, every attempt would be gone before a limit is over.
 */
export function backoffMs(failure: number, options: BackoffOptions = {}): number {
  const { minDelayMs = 1000, maxDelayMs = 60_000, maxRetryAfterMs = 60_000, retryAfterMs, random = Math.random } = options;
  if (retryAfterMs !== undefined && retryAfterMs >= minDelayMs) return Math.round(Math.min(retryAfterMs, maxRetryAfterMs));
  return Math.round(Math.min(minDelayMs * 2 ** Math.min(Math.max(failure - 1, 0), 52) * (0.75 + random() / 2), maxDelayMs));
}
