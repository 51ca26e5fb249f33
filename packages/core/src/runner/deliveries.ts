/**
 * Gives notices to notifiers, at least once each, and writes down what became of it. A notifier that is down never
 * changes a promotion's result.
 * @module
 */
import type { Created } from '../journal/created.js';
import type { PromotionJournal } from '../journal/promotion-journal.js';
import type { JournalRecord } from '../journal/record.js';
import { causeOf, failure, type DavitError } from '../errors/index.js';
import { textOf } from '../json.js';
import type { PromotionState } from '../machine/index.js';
import { systemClock, type Notice, type Notifier } from '../ports/index.js';
import { noticesOf } from './notices.js';

/** How long a process that wants to end waits for notifiers, in milliseconds, by the machine's own clock. */
const flushTimeoutMs = 60_000;

export class Deliveries {
  readonly #notifiers: readonly Notifier[];
  readonly #actor: string;
  /** What is to be told, by notice and notifier; a delivery removes it. */
  readonly #due = new Map<string, { readonly notice: Notice; readonly notifier: Notifier; tries: number }>();
  readonly #over = new AbortController();
  #sending: Promise<void> = Promise.resolve();
  #journal: PromotionJournal | null = null;

  constructor(notifiers: readonly Notifier[], actor: string) {
    this.#notifiers = notifiers;
    this.#actor = actor;
  }

  /** Seen for every record, old and new, in order. */
  see(record: JournalRecord, before: PromotionState | null, after: PromotionState, created: Created): void {
    if (record.type === 'note.delivery' && record.data['delivered'] === true) this.#due.delete(keyOf(textOf(record.data['notice']), textOf(record.data['notifier'])));
    for (const notice of noticesOf(record, created, before, after)) {
      for (const notifier of this.#notifiers) if (notifier.wants?.(notice) !== false) this.#due.set(keyOf(notice.id, notifier.name), { notice, notifier, tries: 0 });
    }
  }

  attach(journal: PromotionJournal): void {
    this.#journal = journal;
  }

  /** Begins to send what is due, one after another, without holding up the promotion. */
  start(): void {
    this.#send(1);
  }

  /** Sends what is due, what failed before once more, and waits for it: for a minute at most, and not beyond the signal. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#send(2);
    await this.#sent(signal);
  }

  /** Begins to send what is due, and waits for it like `flush`: before the drive ends. */
  async end(): Promise<void> {
    this.#send(1);
    await this.#sent(this.#over.signal);
    await this.stop();
  }

  /** Sends nothing more and ends what is on its way: the rest is left to whoever resumes. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#sent(new AbortController().signal);
  }

  #send(mostTries: number): void {
    this.#sending = this.#sending.then(() => this.#sendAll(mostTries));
    // Thrown where it is waited for.
    this.#sending.catch(() => undefined);
  }

  async #sent(signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const stop = (): void => {
      enough.abort();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    await Promise.race([this.#sending, systemClock.sleep(flushTimeoutMs, enough.signal)]);
    stop();
    signal.removeEventListener('abort', stop);
  }

  async #sendAll(mostTries: number): Promise<void> {
    for (const [key, item] of [...this.#due]) {
      if (this.#over.signal.aborted) return;
      if (item.tries >= mostTries || !this.#due.has(key)) continue;
      item.tries += 1;
      const error = await send(item.notifier, item.notice, this.#over.signal);
      // Cut short by us: nothing is known of it, and nobody tried in vain.
      if (error !== undefined && this.#over.signal.aborted) return;
      if (error === undefined) this.#due.delete(key);
      // The note may fail with the store; then the notice is sent again by the next process, under the same id.
      void (await this.#journal?.note('note.delivery', { notice: item.notice.id, notifier: item.notifier.name, delivered: error === undefined, ...(error === undefined ? {} : { error }) }, this.#actor));
    }
  }
}

const keyOf = (notice: string, notifier: string): string => `${notice} ${notifier}`;

async function send(notifier: Notifier, notice: Notice, over: AbortSignal): Promise<DavitError | undefined> {
  try {
    const sent = await notifier.notify(notice, { signal: AbortSignal.any([over, AbortSignal.timeout(flushTimeoutMs)]) });
    return sent.isOk() ? undefined : sent.error;
  } catch (thrown) {
    return failure('notification_failed', `${notifier.name} failed: ${causeOf(thrown).message}`, { cause: thrown });
  }
}
