/**
 * The faults that are switched on.
 * @module
 */
import type { Fault, FaultEffect, FaultHandle } from './fault.js';
import { requestMatches } from './request-log.js';

interface ActiveFault {
  readonly fault: Fault;
  seen: number;
  hits: number;
  windowStart: number;
  windowCount: number;
}

export class Faults {
  readonly #active = new Set<ActiveFault>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Switches a fault on. Without `times` it hits once. */
  add(fault: Fault): FaultHandle {
    const entry: ActiveFault = { fault, seen: 0, hits: 0, windowStart: Number.NEGATIVE_INFINITY, windowCount: 0 };
    this.#active.add(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => void this.#active.delete(entry),
    };
  }

  clear(): void {
    this.#active.clear();
  }

  /** The server's side: what goes wrong with this request, and counts it. Several faults may hit one request. */
  take(method: string, url: string): FaultEffect[] {
    const effects: FaultEffect[] = [];
    for (const entry of this.#active) {
      const { when = {}, then } = entry.fault;
      if (!requestMatches(when, method, url)) continue;
      entry.seen += 1;
      const first = when.nth ?? 1;
      const times = when.times ?? ('rateLimit' in then ? Number.POSITIVE_INFINITY : 1);
      if (entry.seen < first || entry.seen >= first + times) continue;
      const effect = 'rateLimit' in then ? this.#limit(entry, then.rateLimit) : then;
      if (effect === undefined) continue;
      entry.hits += 1;
      effects.push(effect);
    }
    return effects;
  }

  #limit(entry: ActiveFault, { allow, windowMs, retryAfter }: { readonly allow: number; readonly windowMs: number; readonly retryAfter?: string }): FaultEffect | undefined {
    const now = this.#now();
    if (now - entry.windowStart >= windowMs) {
      entry.windowStart = now;
      entry.windowCount = 0;
    }
    entry.windowCount += 1;
    if (entry.windowCount <= allow) return undefined;
    const seconds = Math.max(1, Math.ceil((entry.windowStart + windowMs - now) / 1000));
    return { status: 429, headers: { 'retry-after': retryAfter ?? String(seconds) } };
  }
}
