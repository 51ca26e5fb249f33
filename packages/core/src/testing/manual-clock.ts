/**
 * A clock that a test turns by hand: nobody waits, and everything that was due happens in its order.
 * @module
 */
import type { Clock } from '../ports/index.js';

export interface ManualClockOptions {
  /** Milliseconds since 1970. Default: 2026-01-01T00:00:00Z. */
  readonly start?: number;
  /** Turns itself: as soon as the program has nothing else to do, the next sleeper is woken. For runs without parallel timers. */
  readonly auto?: boolean;
}

export interface ManualClock extends Clock {
  /** How many sleep now. */
  readonly sleeping: number;
  /** Every wait that was asked for, in milliseconds. */
  readonly slept: readonly number[];
  /** Goes on by `ms`. Sleepers wake in the order in which they are due; what they do next has happened when this resolves. */
  advance(ms: number): Promise<void>;
  /** Goes on until nobody sleeps any more. Throws after `limit` wakings (default 10 000): something sleeps in a loop. */
  runAll(limit?: number): Promise<void>;
  /** Sets the time without waking anybody: what a restart on a later day sees. */
  set(now: number): void;
}

interface Sleeper {
  readonly dueAt: number;
  readonly order: number;
  readonly wake: () => void;
}

/** Lets everything run that is not waiting for time: promises, and callbacks of finished reads. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Makes a manual clock. A bare number is its start. */
export function manualClock(options: ManualClockOptions | number = {}): ManualClock {
  const { start = Date.UTC(2026, 0, 1), auto = false } = typeof options === 'number' ? { start: options } : options;
  let now = start;
  let order = 0;
  let turning = false;
  const slept: number[] = [];
  const sleepers = new Set<Sleeper>();
  const next = (until: number): Sleeper | undefined => [...sleepers].filter((sleeper) => sleeper.dueAt <= until).sort((a, b) => a.dueAt - b.dueAt || a.order - b.order)[0];
  const wakeNext = (until: number): boolean => {
    const sleeper = next(until);
    if (sleeper === undefined) return false;
    now = Math.max(now, sleeper.dueAt);
    sleeper.wake();
    return true;
  };
  const turn = async (): Promise<void> => {
    if (turning) return;
    turning = true;
    do await settle();
    while (wakeNext(Infinity));
    turning = false;
  };
  return {
    now: () => now,
    get sleeping() {
      return sleepers.size;
    },
    slept,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        slept.push(ms);
        if (signal?.aborted === true || ms <= 0) {
          resolve();
          return;
        }
        const wake = (): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper: Sleeper = { dueAt: now + ms, order: (order += 1), wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', wake, { once: true });
        if (auto) void turn();
      }),
    advance: async (ms) => {
      const until = now + ms;
      do await settle();
      while (wakeNext(until));
      now = Math.max(now, until);
    },
    runAll: async (limit = 10_000) => {
      for (let woken = 0; ; woken += 1) {
        await settle();
        if (sleepers.size === 0) return;
        if (woken >= limit) throw new Error(`the clock was turned ${String(limit)} times and ${String(sleepers.size)} still sleep`);
        wakeNext(Infinity);
      }
    },
    set: (to) => {
      now = to;
    },
  };
}
