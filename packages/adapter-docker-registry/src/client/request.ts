/**
 * The request file: sends one HTTP request. The only file that imports undici, besides those that make its connections.
 * @module
 */
import type { Dispatcher } from 'undici';
// Not from undici's index, see docs/decisions/0006-undici-in-parts.md.
import send from 'undici/lib/api/api-request.js';
import type { HttpAnswer, HttpRequest, Transport } from './http.js';
import { createAgents, type ConnectionSettings } from './request-agents.js';

export function createTransport(settings: ConnectionSettings): Transport {
  const agents = createAgents(settings);
  let closed = false;

  return {
    async send({ method, url, headers, body, side, signal, timeoutMs }: HttpRequest): Promise<HttpAnswer> {
      if (closed) throw Object.assign(new Error('the adapter was closed'), { code: 'UND_ERR_DESTROYED' });
      const dispatcher = await agents.agentFor(side, url);
      const answer = await send.call(dispatcher, {
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
