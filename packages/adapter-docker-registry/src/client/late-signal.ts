/**
 * A signal that gives what runs a moment to end by itself.
 * @module
 */
import type { LinkedSignal } from '@davit/core/adapter';

/** A signal that fires some time after another one: for what should still be allowed to end by itself. */
export function lateSignal(outer: AbortSignal, afterMs: number): LinkedSignal {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => {
      controller.abort(outer.reason);
    }, afterMs);
  };
  if (outer.aborted) begin();
  else outer.addEventListener('abort', begin, { once: true });
  return {
    signal: controller.signal,
    end: () => {
      outer.removeEventListener('abort', begin);
      clearTimeout(timer);
    },
  };
}
