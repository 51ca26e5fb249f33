/**
 * Pauses of whole hosts: when one request is told to slow down, every other one to that host waits as well (R92). Asking on
 * would be refused too, and registries lengthen the limit of those who do.
 * @module
 */
import { setMaxListeners } from 'node:events';
import { linkedSignal, type Clock, type LinkedSignal, type RegistryError } from '@davit/core/adapter';
import { AdapterClosed } from './errors.js';
import type { Transport } from './http.js';

export interface HostPauses {
  /** Resolves when the host (`host[:port]`) may be asked, or when the signal fires. */
  wait(host: string, signal: AbortSignal): Promise<void>;
  /** What a host refused with; a rate limit that names its time makes the host pause. */
  refused(host: string, error: RegistryError): void;
  /** A request waits that long before it asks again; where a rate limit is the reason, so does everything else. */
  waiting(error: RegistryError, waitMs: number): void;
  /** Every request over it waits for its host, but for those that may go during pauses. Closing it ends every pause. */
  over(transport: Transport): Transport;
  /** A signal that fires with that one, and when the transport is closed. */
  following(signal: AbortSignal): LinkedSignal;
}

/**
 * @param adapter Whose pauses they are; named to those who come after it was closed.
 * @param longestMs What a host asks for is obeyed up to here, in milliseconds.
 */
export function createHostPauses(adapter: string, clock: Clock, longestMs: number): HostPauses {
  const until = new Map<string, number>();
  const hosts = new WeakMap<RegistryError, string>();
  const closed = new AbortController();
  setMaxListeners(0, closed.signal);

  const following: HostPauses['following'] = (signal) => {
    // One signal stops a whole copy: that much listens to it is no leak.
    setMaxListeners(0, signal);
    return linkedSignal(signal, closed.signal);
  };

  const pause = (host: string, forMs: number): void => {
    const end = clock.now() + Math.min(Math.max(forMs, 0), longestMs);
    if (end > (until.get(host) ?? 0)) until.set(host, end);
  };

  const wait: HostPauses['wait'] = async (host, signal) => {
    for (;;) {
      const leftMs = (until.get(host) ?? 0) - clock.now();
      if (leftMs <= 0 || signal.aborted || closed.signal.aborted) return;
      const awake = following(signal);
      await clock.sleep(leftMs, awake.signal);
      awake.end();
    }
  };

  return {
    wait,
    refused: (host, error) => {
      if (error.code !== 'registry_rate_limited') return;
      hosts.set(error, host);
      if (error.retryAfterMs !== undefined) pause(host, error.retryAfterMs);
    },
    waiting: (error, waitMs) => {
      const host = hosts.get(error);
      if (host !== undefined) pause(host, waitMs);
    },
    over: (transport) => ({
      send: async (request) => {
        if (request.duringPauses !== true) await wait(request.url.host, request.signal);
        return transport.send(request);
      },
      close: () => {
        closed.abort(new AdapterClosed(adapter));
        return transport.close();
      },
    }),
    following,
  };
}
