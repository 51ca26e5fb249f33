/**
 * Lets go of a request at once when its signal fires. The library waits with that until it has a connection, which may take
 * as long as a host that does not answer.
 * @module
 */
import { setMaxListeners } from 'node:events';
import type { HttpAnswer, Transport } from './http.js';

export function stoppable(transport: Transport): Transport {
  return {
    send: async (request) => {
      const { signal } = request;
      signal.throwIfAborted();
      // One signal stops a whole copy: that many requests listen to it is no leak.
      setMaxListeners(0, signal);
      const sent = transport.send(request);
      let stop: (() => void) | undefined;
      const stopped = new Promise<never>((_, reject) => {
        stop = () => {
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', stop, { once: true });
      });
      try {
        return await Promise.race([sent, stopped]);
      } catch (thrown) {
        // Nobody waits any more for what may still come.
        sent.then(discard, () => undefined);
        throw thrown;
      } finally {
        if (stop !== undefined) signal.removeEventListener('abort', stop);
      }
    },
    close: () => transport.close(),
  };
}

const discard = (answer: HttpAnswer): Promise<void> => answer.discard();
