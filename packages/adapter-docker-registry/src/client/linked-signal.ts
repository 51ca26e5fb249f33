/**
 * A signal that fires with another one, and by itself. `AbortSignal.any` would do, but keeps what it made for as long as
 * the outer signal lives on the Node versions that we support.
 * @module
 */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Lets go of the outer one. One that is linked fires, too. */
  end(): void;
}

export function linkedSignal(outer: AbortSignal): LinkedSignal {
  const controller = new AbortController();
  const follow = (): void => {
    controller.abort(outer.reason);
  };
  if (outer.aborted) follow();
  else outer.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    end: () => {
      outer.removeEventListener('abort', follow);
      controller.abort();
    },
  };
}

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
