/**
 * One notifier and what it is still to be told, one notice after another. A notifier that is slow holds up nobody else.
 * @module
 */
import { causeOf, failure, type DavitError } from '../errors/index.js';
import type { Notice, Notifier } from '../ports/index.js';

/** How long one notice may take, in milliseconds. */
const sendTimeoutMs = 30_000;

export interface ChannelOptions {
  readonly notifier: Notifier;
  /** Fired when nothing more is to be sent. */
  readonly over: AbortSignal;
  /** Called after each try. */
  readonly onTried: (notice: Notice, notifier: string, error: DavitError | undefined) => Promise<void>;
}

export class NoticeChannel {
  readonly #options: ChannelOptions;
  /** By id, in order; a delivery removes it. */
  readonly #due = new Map<string, { readonly notice: Notice; tries: number }>();
  #sending: Promise<void> = Promise.resolve();
  #isSending = false;
  #isGivenUp = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  add(notice: Notice): void {
    if (this.#options.notifier.wants?.(notice) !== false) this.#due.set(notice.id, { notice, tries: 0 });
  }

  /** The journal says that this notice was delivered. */
  wasDelivered(id: string): void {
    this.#due.delete(id);
  }

  /** Begins to send whatever was not tried so often yet. */
  send(mostTries: number): void {
    this.#sending = this.#sending.then(() => this.#sendAll(mostTries));
    // Thrown where it is waited for.
    this.#sending.catch(() => undefined);
  }

  /** Resolves when nothing is on its way. */
  async sent(): Promise<void> {
    if (!this.#isGivenUp) await this.#sending;
  }

  /** Who has not answered by now is waited for no more. */
  giveUp(): void {
    this.#isGivenUp ||= this.#isSending;
  }

  async #sendAll(mostTries: number): Promise<void> {
    const { notifier, over, onTried } = this.#options;
    for (const [id, item] of [...this.#due]) {
      if (over.aborted || this.#isGivenUp) return;
      if (item.tries >= mostTries || !this.#due.has(id)) continue;
      item.tries += 1;
      this.#isSending = true;
      const error = await send(notifier, item.notice, over);
      this.#isSending = false;
      // Cut short by us: nothing is known of it, and nobody tried in vain.
      if (error !== undefined && over.aborted) return;
      if (error === undefined) this.#due.delete(id);
      await onTried(item.notice, notifier.name, error);
    }
  }
}

async function send(notifier: Notifier, notice: Notice, over: AbortSignal): Promise<DavitError | undefined> {
  try {
    const sent = await notifier.notify(notice, { signal: AbortSignal.any([over, AbortSignal.timeout(sendTimeoutMs)]) });
    return sent.isOk() ? undefined : sent.error;
  } catch (thrown) {
    return failure('notification_failed', `${notifier.name} failed: ${causeOf(thrown).message}`, { cause: thrown });
  }
}
