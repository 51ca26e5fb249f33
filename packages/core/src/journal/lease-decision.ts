/**
 * Who may drive a promotion: the rules of the driver's lease, the same for every store.
 * @module
 */
import { failure, type StoreError } from '../errors/index.js';
import type { DriverLease } from '../ports/index.js';

/** The last thing that happened to a promotion's lease. */
export interface LeaseState {
  readonly owner: string;
  readonly fence: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly released: boolean;
}

/** The refusal, where another owner's lease is still good at `now`. A holder that is certainly gone holds nothing. */
export function leaseHeld(promotion: string, state: LeaseState | undefined, owner: string, now: number, isGone: (owner: string) => boolean = () => false): StoreError | undefined {
  if (state === undefined || state.released || state.owner === owner || state.expiresAt <= now || isGone(state.owner)) return undefined;
  return failure('lease_held', `promotion ${promotion} is being driven by ${state.owner} until ${new Date(state.expiresAt).toISOString()}`, {
    promotion,
    holder: state.owner,
    retryable: true,
    retryAfterMs: state.expiresAt - now,
  });
}

/** The refusal, where the newest lease is no longer this one. An expired one that nobody took may still be renewed. */
export function leaseLost(lease: DriverLease, state: LeaseState | undefined): StoreError | undefined {
  if (state !== undefined && !state.released && state.owner === lease.owner && state.fence === lease.fence) return undefined;
  const holder = state === undefined || state.released ? {} : { holder: state.owner };
  return failure('lease_lost', `${lease.owner} no longer drives promotion ${lease.promotion}${holder.holder === undefined ? '' : `; ${holder.holder} does`}`, { promotion: lease.promotion, ...holder });
}
