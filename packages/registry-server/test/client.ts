/**
 * A plain HTTP client for these tests: it adds nothing, follows nothing, and shows what really came back.
 * @module
 */
import { request as httpRequest, type Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether the answer ended before its Content-Length. */
  readonly cut: boolean;
}

export interface SendOptions {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array | Readable;
  /** Called at each piece of the answer's body. */
  readonly onChunk?: (bytesSoFar: number) => void;
  /** Breaks the connection. */
  readonly signal?: AbortSignal;
  /** Default: a connection for each request. */
  readonly agent?: Agent;
}

/** Rejects with the error of the socket where no answer came. `url` may be whole, or a path of the server. */
export function send(server: { readonly url: string }, method: string, url: string, { headers = {}, body, onChunk, signal, agent }: SendOptions = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const length = typeof body === 'string' || body instanceof Uint8Array ? { 'content-length': Buffer.byteLength(body) } : {};
    const request = httpRequest(new URL(url, server.url), { method, agent: agent ?? false, headers: { ...length, ...headers }, ...(signal === undefined ? {} : { signal }) }, (response) => {
      const chunks: Buffer[] = [];
      const done = (cut: boolean): void => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks), cut });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        onChunk?.(chunks.reduce((sum, each) => sum + each.length, 0));
      });
      response.on('end', () => done(false));
      response.on('error', () => done(true));
    });
    request.on('error', reject);
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) request.end(body);
    else body.pipe(request);
  });
}

/** The code of the specification's error document. */
export function codeOf(reply: Reply): string | undefined {
  return (JSON.parse(reply.body.toString()) as { errors?: { code?: string }[] }).errors?.[0]?.code;
}

export function jsonOf(reply: Reply): Record<string, unknown> {
  return JSON.parse(reply.body.toString()) as Record<string, unknown>;
}

/** Adds a query to a Location that may have one already. */
export function withQuery(location: string | undefined, query: string): string {
  if (location === undefined) throw new Error('no Location');
  return `${location}${location.includes('?') ? '&' : '?'}${query}`;
}

export const basic = (name: string, password: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
