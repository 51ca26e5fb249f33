/**
 * What a route is given and what it gives back: plain values, so that faults can change them on their way.
 * @module
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

export interface RegistryRequest {
  readonly method: string;
  /** Without the query, as sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The bytes that the request carries; at most one reader. Ends with an error where the client went away. */
  readonly body: AsyncIterable<Buffer>;
}

export interface AnswerBody {
  /** Bytes; becomes Content-Length, of answers to HEAD as well. */
  readonly size: number;
  readonly chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

export interface Answer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: AnswerBody;
}

export function bytesBody(bytes: Uint8Array): AnswerBody {
  return { size: bytes.length, chunks: bytes.length === 0 ? [] : [bytes] };
}

export function jsonAnswer(status: number, value: unknown, headers: OutgoingHttpHeaders = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: bytesBody(Buffer.from(JSON.stringify(value))) };
}

/** Reads a whole body of at most `limitBytes`; undefined where it is longer. */
export async function readBytes(body: AsyncIterable<Buffer>, limitBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
