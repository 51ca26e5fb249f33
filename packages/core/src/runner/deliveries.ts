/**
 * Gives notices to notifiers, at least once each, and writes down what became of it. A notifier that is down never
 * changes a promotion's result.
 * @module
 */
import type { DavitError } from '../errors/index.js';
import type { Created } from '../journal/created.js';
import type { PromotionJournal } from '../journal/promotion-journal.js';
import type { JournalRecord } from '../journal/record.js';
import { textOf } from '../json.js';
import type { PromotionState } from '../machine/index.js';
import { systemClock, type Notice, type Notifier } from '../ports/index.js';
import { NoticeChannel } from './notice-channel.js';
import { noticesOf } from './notices.js';

// By the machine's own clock: who hangs does so whatever clock the promotion goes by.
/** How long a process that wants to end waits for notifiers, in milliseconds. */
const flushTimeoutMs = 60_000;
/** How long a notifier may take to stop when it is told to. */
const stopTimeoutMs = 2_000;

export class Deliveries {
  readonly #channels: ReadonlyMap<string, NoticeChannel>;
  readonly #actor: string;
  readonly #over = new AbortController();
  #journal: PromotionJournal | null = null;

  constructor(notifiers: readonly Notifier[], actor: string) {
    this.#actor = actor;
    const onTried = (notice: Notice, notifier: string, error: DavitError | undefined): Promise<void> => this.#note(notice, notifier, error);
    this.#channels = new Map(notifiers.map((notifier) => [notifier.name, new NoticeChannel({ notifier, over: this.#over.signal, onTried })]));
  }

  /** Seen for every record, old and new, in order. */
  see(record: JournalRecord, before: PromotionState | null, after: PromotionState, created: Created): void {
    if (record.type === 'note.delivery' && record.data['delivered'] === true) this.#channels.get(textOf(record.data['notifier']))?.wasDelivered(textOf(record.data['notice']));
    for (const notice of noticesOf(record, created, before, after)) for (const channel of this.#channels.values()) channel.add(notice);
  }

  attach(journal: PromotionJournal): void {
    this.#journal = journal;
  }

  /** Begins to send what is due, without holding up the promotion. */
  start(): void {
    this.#send(1);
  }

  /** Sends what is due, what failed before once more, and waits for it: for a minute at most, and not beyond the signal. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#send(2);
    await this.#sent(flushTimeoutMs, signal);
  }

  /** Begins to send what is due, and waits for it like `flush`: before the drive ends. */
  async end(): Promise<void> {
    this.#send(1);
    await this.#sent(flushTimeoutMs, this.#over.signal);
  }

  /** Sends nothing more and ends what is on its way: the rest is left to whoever resumes. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#sent(stopTimeoutMs, new AbortController().signal);
  }

  #send(mostTries: number): void {
    for (const channel of this.#channels.values()) channel.send(mostTries);
  }

  async #sent(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const stop = (): void => {
      enough.abort();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const channels = [...this.#channels.values()];
    const inTime = await Promise.race([Promise.all(channels.map((channel) => channel.sent())).then(() => true), systemClock.sleep(timeoutMs, enough.signal).then(() => enough.signal.aborted)]);
    if (!inTime) for (const channel of channels) channel.giveUp();
    stop();
    signal.removeEventListener('abort', stop);
  }

  /** The note may fail with the store; then the notice is sent again by the next process, under the same id. */
  async #note(notice: Notice, notifier: string, error: DavitError | undefined): Promise<void> {
    void (await this.#journal?.note('note.delivery', { notice: notice.id, notifier, delivered: error === undefined, ...(error === undefined ? {} : { error }) }, this.#actor));
  }
}
