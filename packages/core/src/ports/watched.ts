/**
 * Keeps whoever watches from doing harm.
 * @module
 */
import type { Call } from './call.js';

/** The same call, whose `progress` never throws: whoever only watches must not make the work fail, or blame a registry for it. */
export function watched<C extends Call>(call: C): C {
  const { progress } = call;
  if (progress === undefined) return call;
  return {
    ...call,
    progress: (now) => {
      try {
        progress(now);
      } catch {
        // It is the watcher's own business.
      }
    },
  };
}
