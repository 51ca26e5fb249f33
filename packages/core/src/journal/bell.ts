/**
 * Wakes one waiter. A ring that comes before the wait is kept, so no wake-up is lost.
 * @module
 */
export class Bell {
  #wasRung = false;
  #wake: (() => void) | undefined;

  readonly ring = (): void => {
    this.#wasRung = true;
    this.#wake?.();
  };

  /** Forgets earlier rings: called right before the waiter looks by itself. */
  reset(): void {
    this.#wasRung = false;
  }

  /** Resolves at the next ring since the last reset, or when the signal fires. It never rejects. */
  async rung(signal: AbortSignal): Promise<void> {
    if (this.#wasRung || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}
