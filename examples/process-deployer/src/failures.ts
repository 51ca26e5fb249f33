/**
 * Failures of this host, each saying whether it was changed.
 * @module
 */
import { causeOf, err, failure, type DeployerError, type ErrorFacts, type HostFailure, type Result } from '@davit/core';

export interface FailureFacts extends ErrorFacts {
  /** Whether something on the host is not as it was before the call. */
  readonly changed: boolean;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

export function hostFailure(code: DeployerError['code'], message: string, { changed, ...facts }: FailureFacts): HostFailure {
  return { ...failure(code, message, facts), changed };
}

export function refuse<T>(code: DeployerError['code'], message: string, facts: FailureFacts): Result<T, HostFailure> {
  return err(hostFailure(code, message, facts));
}

export function interrupted<T>(host: string, changed: boolean): Result<T, HostFailure> {
  return refuse('interrupted', `${host}: stopped, because the process was asked to`, { host, changed, retryable: true });
}

/** What a file system's refusal means for the host; undefined for an exception that is a fault of this program. */
export function fileFailure(thrown: unknown, host: string): HostFailure | undefined {
  const { code } = causeOf(thrown);
  if (code === undefined || typeof (thrown as { syscall?: unknown }).syscall !== 'string') return undefined;
  // In the middle of a change nobody knows what was done: `changed` is left out.
  if (code === 'ENOSPC' || code === 'EDQUOT') return failure('host_disk_full', `${host}: the disk is full`, { host, cause: thrown });
  return failure('project_invalid', `${host}: its directory cannot be used (${code})`, { host, cause: thrown });
}
