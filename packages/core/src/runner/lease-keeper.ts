/**
 * Keeps the driver's lease of one promotion: renews it while the process lives, and knows when it is gone.
 * @module
 */
import { failure, type StoreError } from '../errors/index.js';
import type { Clock, DriverLease, PromotionStore } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';

export interface LeaseKeeperOptions {
  readonly store: PromotionStore;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Called once, when this process may no longer drive. */
  readonly onLost: () => void;
}

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #lease: DriverLease;
  #lost: StoreError | null = null;

  constructor(lease: DriverLease, options: LeaseKeeperOptions) {
    this.#lease = lease;
    this.#options = options;
  }

  get fence(): number {
    return this.#lease.fence;
  }

  /** Why this process may no longer drive; null while it may. */
  get lost(): StoreError | null {
    return this.#lost;
  }

  /** The journal tells that somebody drives under this fence. */
  seeFence(fence: number): void {
    if (fence > this.#lease.fence) this.#lose(failure('lease_lost', `another process took promotion ${this.#lease.promotion} over; this one has stopped`, { promotion: this.#lease.promotion }));
  }

  /**
   * Asked before anything is changed: a process that was stopped and continued finds its lease expired here. One that
   * cannot be renewed then may be somebody else's by now, so it counts as lost.
   */
  async ensure(): Promise<Result<void, StoreError>> {
    if (this.#lost !== null) return err(this.#lost);
    if (this.#options.clock.now() < this.#lease.expiresAt) return ok(undefined);
    const renewed = await this.#renew();
    if (renewed.isErr()) this.#lose(renewed.error);
    return renewed;
  }

  /**
   * Renews at a third of the time, until the signal, and calls `beat` each time. A store that is full or away for a
   * moment is no reason to drop a rollback: the lease itself says when it is over.
   */
  async keep(signal: AbortSignal, beat: () => Promise<void>): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(this.#options.leaseMs / 3, signal);
      if (signal.aborted) return;
      const renewed = await this.#renew();
      if (renewed.isErr() && renewed.error.code === 'lease_lost') this.#lose(renewed.error);
      await beat();
    }
  }

  /** Gives it back, so that nobody has to wait for it to expire. */
  async release(): Promise<void> {
    // Where that fails it expires by itself.
    void (await this.#options.store.releaseLease(this.#lease));
  }

  async #renew(): Promise<Result<void, StoreError>> {
    const { store, leaseMs, clock } = this.#options;
    const renewed = await store.renewLease(this.#lease, leaseMs, clock.now());
    if (renewed.isErr()) return err(renewed.error);
    this.#lease = renewed.value;
    return ok(undefined);
  }

  #lose(why: StoreError): void {
    if (this.#lost !== null) return;
    this.#lost = why;
    this.#options.onLost();
  }
}
