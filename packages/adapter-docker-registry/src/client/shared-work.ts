/**
 * Work that several callers wait for: done once, and ended when the last of them has gone.
 * @module
 */

export interface SharedWork<T> {
  /** Joins the work of that key, or begins it. Null when `signal` fires first. */
  join(key: string, signal: AbortSignal, begin: (signal: AbortSignal) => Promise<T>): Promise<T | null>;
}

export function createSharedWork<T>(): SharedWork<T> {
  const running = new Map<string, { readonly done: Promise<T>; readonly end: AbortController; waiting: number }>();
  return {
    async join(key, signal, begin) {
      if (signal.aborted) return null;
      let work = running.get(key);
      if (work === undefined) {
        const end = new AbortController();
        work = { done: begin(end.signal), end, waiting: 0 };
        const begun = work;
        running.set(key, begun);
        const over = (): void => {
          if (running.get(key) === begun) running.delete(key);
        };
        begun.done.then(over, over);
      }
      const joined = work;
      joined.waiting += 1;
      let leave: (() => void) | undefined;
      try {
        const gone = new Promise<null>((resolve) => {
          leave = () => {
            resolve(null);
          };
          signal.addEventListener('abort', leave, { once: true });
          // It may have fired while the work was begun.
          if (signal.aborted) leave();
        });
        return await Promise.race([joined.done, gone]);
      } finally {
        if (leave !== undefined) signal.removeEventListener('abort', leave);
        joined.waiting -= 1;
        if (joined.waiting === 0) {
          // Somebody who comes now begins anew rather than joining what is being ended.
          if (running.get(key) === joined) running.delete(key);
          joined.end.abort();
        }
      }
    },
  };
}
