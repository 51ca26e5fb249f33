/**
 * Asking again after a failure that may pass, until somebody stops it or the adapter is closed.
 * @module
 */
import { err, retrying, ResultAsync, type Call, type Clock, type RegistryError, type Result } from '@davit/core/adapter';
import type { Asked } from './asked.js';
import { stopped } from './errors.js';
import type { HostPauses } from './host-pauses.js';
import type { RetrySettings } from './retry-settings.js';

export interface AskingAgainSettings {
  readonly retry: RetrySettings;
  readonly pauses: Pick<HostPauses, 'following' | 'waiting'>;
  readonly clock: Clock;
}

/** @param host Who is asked, for progress. */
export type AskAgain = <T>(asked: Asked, host: string, call: Call, operation: (attempt: number) => Promise<Result<T, RegistryError>>) => ResultAsync<T, RegistryError>;

export function askingAgain({ retry, pauses, clock }: AskingAgainSettings): AskAgain {
  const attempts = async <T>(asked: Asked, host: string, call: Call, operation: (attempt: number) => Promise<Result<T, RegistryError>>): Promise<Result<T, RegistryError>> => {
    const until = pauses.following(call.signal);
    try {
      if (until.signal.aborted) return err(stopped(asked, until.signal));
      const done = await retrying<T, RegistryError>(operation, {
        ...retry,
        signal: until.signal,
        clock,
        onRetry: ({ error, attempt, of, waitMs }) => {
          pauses.waiting(error, waitMs);
          call.progress?.({ type: 'request.retry', host, reason: error.message, waitMs, attempt, of });
        },
      });
      return done.mapErr((error) => (until.signal.aborted ? stopped(asked, until.signal) : error));
    } finally {
      until.end();
    }
  };
  return (asked, host, call, operation) => new ResultAsync(attempts(asked, host, call, operation));
}
