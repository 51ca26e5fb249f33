/**
 * Reads a lease record, and says who stands in the way.
 * @module
 */
import { failure, type DeployerError, type HostClaim } from '@davit/core';
import { busy, fenced } from '../commands/lock.js';
import type { Report } from '../report.js';

export interface Lease {
  readonly promotion: string;
  readonly environment: string;
  readonly fence: number;
  readonly started: string;
  readonly pid: number;
  readonly host: string;
}

/** Null where the text is no lease: none was written, or it is being written. */
export function readLease(text: string): Lease | null {
  try {
    const value = JSON.parse(text) as Partial<Lease> | null;
    return typeof value?.promotion === 'string' && typeof value.fence === 'number' ? (value as Lease) : null;
  } catch {
    return null;
  }
}

function locked(host: string, text: string): DeployerError {
  const lease = readLease(text);
  if (lease === null) return failure('host_locked', `${host}: another process holds the lock and has not said who it is`, { host, retryable: true });
  const { promotion, environment, started, pid } = lease;
  return failure('host_locked', `${host}: promotion ${promotion} of ${environment} holds the lock since ${started} (process ${String(pid)} on the host)`, {
    host,
    promotion,
    holder: `promotion ${promotion}, process ${String(pid)}`,
    retryable: true,
  });
}

/** The error of a script that was refused the lock, or found at its start that it may no longer change the host. */
export function refusal(host: string, claim: HostClaim, report: Report): DeployerError | undefined {
  const lease = report.step('lease');
  if (lease?.rc === busy) return locked(host, lease.out);
  const atWork = report.step('busy');
  if (atWork?.rc === busy) return failure('host_locked', `${host}: a command that was started before is still at work`, { host, promotion: claim.promotion, retryable: true });
  const fence = report.step('fence');
  if (fence?.rc !== fenced) return undefined;
  const now = readLease(fence.out);
  const why = now === null ? (/^\d+$/.test(fence.out) ? `fence ${fence.out} of the promotion was there already` : 'it does not hold the lock of the host') : `promotion ${now.promotion} with fence ${String(now.fence)} has the host`;
  return failure('host_fenced', `${host}: promotion ${claim.promotion} with fence ${String(claim.fence)} may not change the host: ${why}`, {
    host,
    promotion: claim.promotion,
    actual: claim.fence,
    ...(now === null ? {} : { holder: `promotion ${now.promotion}`, expected: now.fence }),
  });
}
