/**
 * Gives notices to notifiers, at least once each, and writes down what became of it. A notifier that is down never
 * changes a promotion's result.
 * @module
 */
import type { PromotionJournal } from '../journal/promotion-journal.js';
import type { JournalRecord } from '../journal/record.js';
import { causeOf, failure, type DavitError } from '../errors/index.js';
import type { PromotionState } from '../machine/index.js';
import type { Notice, Notifier } from '../ports/index.js';
import { noticesOf } from './notices.js';

/** How long a process that wants to end waits for notifiers, in milliseconds. */
const flushTimeoutMs = 60_000;

export class Deliveries {
  readonly #notifiers: readonly Notifier[];
  readonly #actor: string;
  /** What is to be told, by notice and notifier; a delivery removes it. */
  readonly #due = new Map<string, { readonly notice: Notice; readonly notifier: Notifier; tries: number }>();
  #sending: Promise<void> = Promise.resolve();
  #journal: PromotionJournal | null = null;

  constructor(notifiers: readonly Notifier[], actor: string) {
    this.#notifiers = notifiers;
    this.#actor = actor;
  }

  /** Seen for every record, old and new, in order. */
  see(record: JournalRecord, before: PromotionState | null, after: PromotionState, created: Parameters<typeof noticesOf>[1]): void {
    if (record.type === 'note.delivery' && record.data['delivered'] === true) this.#due.delete(keyOf(String(record.data['notice']), String(record.data['notifier'])));
    for (const notice of noticesOf(record, created, before, after)) {
      for (const notifier of this.#notifiers) if (notifier.wants?.(notice) !== false) this.#due.set(keyOf(notice.id, notifier.name), { notice, notifier, tries: 0 });
    }
  }

  attach(journal: PromotionJournal): void {
    this.#journal = journal;
  }

  /** Begins to send what is due, one after another, without holding up the promotion. */
  start(): void {
    this.#sending = this.#sending.then(() => this.#sendAll(1));
  }

  /** Sends what is due, what failed before once more, and waits for it, for a minute at most. */
  async flush(): Promise<void> {
    this.#sending = this.#sending.then(() => this.#sendAll(2));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.#sending, new Promise((resolve) => (timer = setTimeout(resolve, flushTimeoutMs)))]);
    clearTimeout(timer);
  }

  /** Waits for what is on its way, and sends nothing more. */
  async settle(): Promise<void> {
    await this.#sending;
  }

  async #sendAll(mostTries: number): Promise<void> {
    for (const [key, item] of [...this.#due]) {
      if (item.tries >= mostTries || !this.#due.has(key)) continue;
      item.tries += 1;
      const error = await send(item.notifier, item.notice);
      if (error === undefined) this.#due.delete(key);
      // The note may fail with the store; then the notice is sent again by the next process, under the same id.
      await this.#journal?.note('note.delivery', { notice: item.notice.id, notifier: item.notifier.name, delivered: error === undefined, ...(error === undefined ? {} : { error }) }, this.#actor);
    }
  }
}

const keyOf = (notice: string, notifier: string): string => `${notice} ${notifier}`;

async function send(notifier: Notifier, notice: Notice): Promise<DavitError | undefined> {
  try {
    const sent = await notifier.notify(notice, { signal: AbortSignal.timeout(flushTimeoutMs) });
    return sent.isOk() ? undefined : sent.error;
  } catch (thrown) {
    return failure('notification_failed', `${notifier.name} failed: ${causeOf(thrown).message}`, { cause: thrown });
  }
}
