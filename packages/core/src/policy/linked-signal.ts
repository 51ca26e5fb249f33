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
