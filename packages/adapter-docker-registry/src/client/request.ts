/**
 * The request file: sends one HTTP request. The only file that imports undici.
 * @module
 */
import { Agent, request as send, type Dispatcher } from 'undici';
import type { HttpAnswer, HttpRequest, Side, Transport } from './http.js';

export interface TransportSettings {
  /** Connections to one address, for each side by itself. */
  readonly connections: number;
  /** Certificates of authorities that are trusted instead of the system's, as PEM. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** Whether the certificate of this host (`host[:port]`) is taken unseen. */
  readonly isInsecure: (host: string) => boolean;
  /** Longest wait for a connection in milliseconds. */
  readonly connectTimeoutMs: number;
}

export function createTransport(settings: TransportSettings): Transport {
  const agents = new Map<string, Agent>();
  let closed = false;

  const agentFor = (side: Side, host: string): Agent => {
    const insecure = settings.isInsecure(host);
    const key = `${side} ${String(insecure)}`;
    const known = agents.get(key);
    if (known !== undefined) return known;
    const made = new Agent({
      connections: settings.connections,
      allowH2: false,
      connect: {
        timeout: settings.connectTimeoutMs,
        ...(settings.ca === undefined ? {} : { ca: typeof settings.ca === 'string' || Buffer.isBuffer(settings.ca) ? settings.ca : [...settings.ca] }),
        ...(insecure ? { rejectUnauthorized: false } : {}),
      },
    });
    agents.set(key, made);
    return made;
  };

  return {
    async send({ method, url, headers, body, side, signal, timeoutMs }: HttpRequest): Promise<HttpAnswer> {
      if (closed) throw Object.assign(new Error('the adapter was closed'), { code: 'UND_ERR_DESTROYED' });
      const answer = await send(url, {
        dispatcher: agentFor(side, url.host),
        method,
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
      const all = [...agents.values()];
      agents.clear();
      await Promise.all(all.map((agent) => agent.destroy()));
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
