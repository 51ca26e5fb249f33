/**
 * Time, as a port: tests turn it by hand.
 * @module
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal fires; it never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

// Longer waits overflow the timer and would fire at once.
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(ms, 0), longestTimer));
      signal?.addEventListener('abort', done, { once: true });
    }),
};
