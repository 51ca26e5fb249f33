/**
 * How often is told how far something is: what is told of every chunk is more than anybody can read.
 * @module
 */
import type { Clock } from '../ports/index.js';

const leastIntervalMs = 250;

/** The same `tell`, called at most four times a second; what it is called with in between is left out. The first call passes. */
export function atIntervals<T>(clock: Clock, tell: (value: T) => void): (value: T) => void {
  let toldAt = -Infinity;
  return (value) => {
    const now = clock.now();
    if (now - toldAt < leastIntervalMs) return;
    toldAt = now;
    tell(value);
  };
}
