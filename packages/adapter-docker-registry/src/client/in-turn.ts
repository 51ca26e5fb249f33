/**
 * One after another: work in this process that must not run side by side.
 * @module
 */

/** The last in each queue. For the whole process: two adapters may write to one registry. */
const queues = new Map<string, Promise<void>>();

/** Does the work when all that came before it under that key is done. Null when `signal` fires while it waits. */
export async function inTurn<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T | null> {
  const before = queues.get(key) ?? Promise.resolve();
  let done: () => void = () => undefined;
  const own = new Promise<void>((resolve) => (done = resolve));
  const last = before.then(() => own);
  queues.set(key, last);
  let gone: () => void = () => undefined;
  const fired = new Promise<void>((resolve) => (gone = resolve));
  try {
    signal.addEventListener('abort', gone, { once: true });
    if (!signal.aborted) await Promise.race([before, fired]);
    return signal.aborted ? null : await work();
  } finally {
    signal.removeEventListener('abort', gone);
    done();
    if (queues.get(key) === last) queues.delete(key);
  }
}
