/**
 * Folds what others append to a promotion as they do it, so that a cancel or an approval is met at once.
 * @module
 */
import type { PromotionJournal } from '../journal/promotion-journal.js';
import type { Clock, PromotionStore } from '../ports/index.js';

/** How soon a store is looked at again that could not be read, in milliseconds. */
const lookAgainMs = 5_000;

/** Ends at the signal, or where the store can never be read: the next append then says why. */
export async function followJournal(store: PromotionStore, journal: PromotionJournal, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for await (const record of store.follow({ kind: 'promotion', id: journal.id }, journal.records.length + 1, signal)) {
      if (record.isErr() && !record.error.retryable) return;
      if (record.isErr()) break;
      if (record.value.seq > journal.records.length) void (await journal.refresh());
    }
    await clock.sleep(lookAgainMs, signal);
  }
}
