/**
 * The locks of hosts that this process holds: taken before the first change, kept to the end, taken anew after a crash.
 * @module
 */
import type { DavitError } from '../errors/index.js';
import type { Deployer, HostCall, HostClaim, HostLock } from '../ports/index.js';
import { okAsync, type ResultAsync } from '../result.js';

export class HostLocks {
  readonly #deployer: Deployer;
  readonly #claim: HostClaim;
  readonly #held = new Map<string, HostLock>();

  constructor(deployer: Deployer, claim: HostClaim) {
    this.#deployer = deployer;
    this.#claim = claim;
  }

  /** A call that may change the host, once its lock is held. */
  call(host: string, signal: AbortSignal, progress?: HostCall['progress']): ResultAsync<HostCall, DavitError> {
    const call: HostCall = { signal, claim: this.#claim, ...(progress === undefined ? {} : { progress }) };
    if (this.#held.has(host)) return okAsync(call);
    return this.#deployer.lock(host, call).map((lock) => {
      this.#held.set(host, lock);
      return call;
    });
  }

  async release(): Promise<void> {
    const locks = [...this.#held.values()];
    this.#held.clear();
    await Promise.allSettled(locks.map((lock) => lock.release()));
  }
}
