/**
 * Why a host hung up on a client that it had just met. Loaded when that happens.
 * @module
 */
import { isIP } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';

const longestMs = 1500;

/**
 * What the host objects to in the handshake, such as that it wants a certificate of its client; undefined where it objects to
 * nothing, or does not say so in time.
 *
 * With TLS 1.3 a server judges its client after the client may write, and its words are lost when the connection is reset for
 * what was written. Here nothing is written, so that they arrive.
 */
export function handshakeFault(url: URL, tls: ConnectionOptions, signal: AbortSignal): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ ...tls, host, port: url.port === '' ? 443 : Number(url.port), ...(isIP(host) === 0 ? { servername: host } : {}) });
    const give = (fault?: Error): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(fault);
    };
    const stop = (): void => {
      give();
    };
    const timer = setTimeout(stop, longestMs);
    signal.addEventListener('abort', stop, { once: true });
    // `error` stays listened to: a socket that is being destroyed may still have one.
    socket.on('error', give).once('close', stop).resume();
  });
}
