/**
 * A TCP port that nothing listens on at this moment.
 * @module
 */
import { createServer } from 'node:net';

/** Asks the kernel for a port on the address (default 127.0.0.1). Another process may take it before you do. */
export function freePort(address = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, address, () => {
      const bound = server.address();
      server.close(() => {
        if (bound === null || typeof bound === 'string') reject(new Error(`no port on ${address}`));
        else resolve(bound.port);
      });
    });
  });
}
