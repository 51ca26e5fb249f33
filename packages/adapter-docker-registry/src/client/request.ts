/**
 * The request file: sends one HTTP request. The only file that imports undici, besides those that make its connections.
 * @module
 */
import type { Dispatcher } from 'undici';
// Not from undici's index, see docs/decisions/0006-undici-in-parts.md.
import send from 'undici/lib/api/api-request.js';
import { tlsOptions } from './host-settings.js';
import type { HttpAnswer, HttpRequest, Transport } from './http.js';
import { wasLost } from './network-fault.js';
import { createAgents, type ConnectionSettings } from './request-agents.js';

export function createTransport(settings: ConnectionSettings): Transport {
  const agents = createAgents(settings);
  /** Origins that spoke to us. */
  const known = new Set<string>();
  let closed = false;

  /** Something better than that a host hung up, where it has not taken us as its client. */
  const faultOf = async (thrown: unknown, url: URL, signal: AbortSignal): Promise<unknown> => {
    if (url.protocol !== 'https:' || known.has(url.origin) || settings.proxyFor(url) !== null) return thrown;
    const tls = settings.tls(url.host);
    const fault = wasLost(thrown) ? await (await import('./handshake-fault.js')).handshakeFault(url, tlsOptions(tls), signal) : undefined;
    return Object.assign((fault ?? thrown) as object, { isStranger: tls.clientCertificate === undefined });
  };

  return {
    async send({ method, url, headers, body, side, signal, timeoutMs }: HttpRequest): Promise<HttpAnswer> {
      if (closed) throw Object.assign(new Error('the adapter was closed'), { code: 'UND_ERR_DESTROYED' });
      const dispatcher = await agents.agentFor(side, url);
      const sent = send.call(dispatcher, {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        // The library would give up the connection after each HEAD, for fear of servers that send a body all the same.
        ...(method === 'HEAD' ? { reset: false } : {}),
        headers,
        body: body === undefined ? null : (body as Uint8Array | string),
        signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      const answer = await sent.catch(async (thrown: unknown) => Promise.reject(await faultOf(thrown, url, signal) as Error));
      known.add(url.origin);
      return wrap(answer);
    },
    async close(): Promise<void> {
      closed = true;
      await agents.close();
    },
  };
}

function wrap(answer: Dispatcher.ResponseData): HttpAnswer {
  // A body that is destroyed before anybody listens would otherwise end the process with an unhandled error.
  answer.body.on('error', () => undefined);
  return {
    status: answer.statusCode,
    header: (name) => {
      const value = answer.headers[name.toLowerCase()];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: answer.body as AsyncIterable<Uint8Array>,
    async bytes(limit) {
      const pieces: Uint8Array[] = [];
      let length = 0;
      for await (const piece of answer.body as AsyncIterable<Uint8Array>) {
        length += piece.length;
        if (length > limit) return null;
        pieces.push(piece);
      }
      return Buffer.concat(pieces, length);
    },
    async discard() {
      await answer.body.dump({ limit: 128 * 1024 }).catch(() => undefined);
    },
  };
}
