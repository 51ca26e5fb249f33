/**
 * Lets a few through at a time: a server opens only so many sessions on one connection (sshd's MaxSessions, 10).
 * @module
 */
export interface Semaphore {
  /** Resolves with the function that gives the place back. */
  enter(): Promise<() => void>;
}

export function semaphore(places: number): Semaphore {
  let free = places;
  const waiting: (() => void)[] = [];
  return {
    enter: async () => {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      let left = false;
      return () => {
        if (left) return;
        left = true;
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      };
    },
  };
}
