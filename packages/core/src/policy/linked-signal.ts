/**
 * A signal that fires with any of others, and by itself. `AbortSignal.any` would do, but keeps what it made for as long as
 * an outer signal lives on the Node versions that we support.
 * @module
 */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Lets go of the outer ones, and fires. */
  end(): void;
}

export function linkedSignal(...outers: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const stops: (() => void)[] = [];
  const end = (reason?: unknown): void => {
    for (const stop of stops.splice(0)) stop();
    controller.abort(reason);
  };
  for (const outer of outers) {
    if (outer === undefined || controller.signal.aborted) continue;
    const follow = (): void => { end(outer.reason); };
    if (outer.aborted) follow();
    else {
      outer.addEventListener('abort', follow, { once: true });
      stops.push(() => { outer.removeEventListener('abort', follow); });
    }
  }
  return { signal: controller.signal, end: () => { end(); } };
}
