/**
 * Whether some process drives a promotion at this moment.
 * @module
 */
import type { PromotionStore } from '@davit/core';

/** Long enough to give it back. */
const probeMs = 5000;

/**
 * Asks for the driver's lease and gives it back at once: it is refused exactly where somebody drives. Undefined where the
 * store does not answer.
 */
export async function isDriven(store: PromotionStore, id: string, now: number): Promise<boolean | undefined> {
  const lease = await store.acquireLease(id, store.newOwner(), probeMs, now);
  if (lease.isErr()) return lease.error.code === 'lease_held' ? true : undefined;
  // One that cannot be given back runs out by itself.
  void (await store.releaseLease(lease.value));
  return false;
}
