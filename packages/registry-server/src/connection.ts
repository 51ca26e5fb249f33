/**
 * One request over HTTP: reads it, lets faults at it, has it answered, sends the answer, and notes all that in the log.
 * @module
 */
import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { bytesBody, type Answer, type RegistryRequest } from './answer.js';
import type { FaultEffect } from './fault.js';
import { ConnectionCut, faultyBody } from './fault-stream.js';
import { Problem, problemBody } from './problem.js';
import type { RequestEntry } from './request-log.js';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: RequestUrl;
  readonly entry: RequestEntry;
  readonly effects: readonly FaultEffect[];
  readonly handle: (request: RegistryRequest) => Promise<Answer>;
}

export interface RequestUrl {
  readonly path: string;
  readonly query: string;
}

export function splitUrl(url: string): RequestUrl {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  try {
    return { path: decodeURIComponent(path), query: mark < 0 ? '' : url.slice(mark) };
  } catch {
    return { path, query: mark < 0 ? '' : url.slice(mark) };
  }
}

/** Never rejects: what goes wrong becomes an answer, or the end of the connection. */
export async function serve(exchange: Exchange): Promise<void> {
  const { request, response, entry } = exchange;
  const closed = once(response, 'close').catch(() => undefined);
  try {
    const answer = await answerOf(exchange, closed);
    await send(exchange, answer, closed);
  } catch {
    // The connection was lost, or a fault breaks it: there is nobody to answer.
    // What was written before goes out first, then the message ends in its middle.
    response.socket?.destroySoon();
  } finally {
    // What the route did not read must not be taken for the next request of this connection.
    if (!request.destroyed && !request.complete) request.resume();
    await closed;
    entry.finish();
  }
}

async function answerOf(exchange: Exchange, closed: Promise<unknown>): Promise<Answer> {
  const { request, effects, entry, url, handle } = exchange;
  for (const effect of effects) {
    if ('reset' in effect) {
      request.socket.resetAndDestroy();
      throw new ConnectionCut('reset by a fault');
    }
    if ('stall' in effect) await closed.then(() => Promise.reject(new ConnectionCut('stalled by a fault')));
    if ('hangUpWith' in effect) {
      const status = `HTTP/1.1 ${String(effect.hangUpWith)} Refused\r\n`;
      const headers = Object.entries({ connection: 'close', 'content-length': '0', ...effect.headers }).map(([name, value]) => `${name}: ${String(value)}\r\n`);
      request.socket.write(`${status}${headers.join('')}\r\n`);
      entry.answered(effect.hangUpWith);
      request.socket.destroySoon();
      throw new ConnectionCut('hung up by a fault');
    }
    if ('delayMs' in effect) await delay(effect.delayMs, closed);
    if ('status' in effect) return { status: effect.status, headers: { 'content-type': 'application/json', ...effect.headers }, body: bytesBody(effect.body === undefined ? problemBody(codeOf(effect.status), 'switched on by a test') : Buffer.from(effect.body)) };
  }
  const body = carriesBody(request) ? faultyBody(counted(request, entry), effects, closed) : counted(request, entry);
  try {
    return await handle({ method: request.method ?? 'GET', path: url.path, query: new URLSearchParams(url.query), headers: request.headers, body });
  } catch (cause) {
    if (cause instanceof Problem) return { status: cause.status, headers: { 'content-type': 'application/json', ...cause.headers }, body: bytesBody(problemBody(cause.code, cause.message)) };
    if (cause instanceof ConnectionCut || request.destroyed) throw cause;
    return { status: 500, headers: { 'content-type': 'application/json' }, body: bytesBody(problemBody('UNKNOWN', cause instanceof Error ? cause.message : String(cause))) };
  }
}

async function send(exchange: Exchange, answer: Answer, closed: Promise<unknown>): Promise<void> {
  const { request, response, effects, entry } = exchange;
  if (effects.some((effect) => 'loseAnswer' in effect)) throw new ConnectionCut('the answer is lost by a fault');
  const size = answer.body?.size ?? 0;
  const headers = { 'docker-distribution-api-version': 'registry/2.0', ...answer.headers, ...(answer.status === 204 ? {} : { 'content-length': size }), ...saidInstead(effects) };
  response.writeHead(answer.status, Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)));
  entry.answered(answer.status);
  if (answer.body !== undefined && request.method !== 'HEAD') {
    const chunks = carriesBody(request) ? answer.body.chunks : faultyBody(answer.body.chunks, effects, closed);
    try {
      for await (const chunk of chunks) {
        if (response.destroyed) return;
        entry.sent(chunk.length);
        if (!response.write(chunk)) await Promise.race([once(response, 'drain').catch(() => undefined), closed]);
      }
    } catch (cause) {
      // Headers that wait for a first byte go out before the connection breaks.
      response.flushHeaders();
      throw cause;
    }
  }
  response.end();
}

async function* counted(request: IncomingMessage, entry: RequestEntry): AsyncGenerator<Buffer> {
  // Leaving the loop early must not take the connection away that the answer needs.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    entry.received(chunk.length);
    yield chunk;
  }
}

function saidInstead(effects: readonly FaultEffect[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const effect of effects) if ('sayInstead' in effect) Object.assign(headers, effect.sayInstead);
  return headers;
}

function carriesBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

async function delay(delayMs: number, closed: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([new Promise((resolve) => (timer = setTimeout(resolve, delayMs))), closed]);
  clearTimeout(timer);
}

function codeOf(status: number): string {
  if (status === 401) return 'UNAUTHORIZED';
  if (status === 403) return 'DENIED';
  if (status === 429) return 'TOOMANYREQUESTS';
  return 'UNKNOWN';
}
