/**
 * What the tests of this package share: a server that answers as a test says, and small contents.
 * @module
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf, mediaTypes, okAsync, type BlobContent, type Call, type Progress, type RawManifest, type RegistryError, type Result } from '@davit/core';

import { afterEach } from 'vitest';
import { dockerRegistry, type DockerRegistryOptions, type RegistryClient } from '../src/index.js';

const open: (() => Promise<unknown>)[] = [];

/** Closed after the test, the newest first. */
export function closing<T extends { close(): Promise<void> }>(closable: T): T {
  open.push(() => closable.close());
  return closable;
}

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

export interface FakeServer {
  readonly host: string;
  readonly url: string;
  /** `GET /v2/a?b`, in the order of arrival. */
  readonly requests: string[];
  readonly headers: IncomingMessage['headers'][];
  close(): Promise<void>;
}

export interface Fake {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** The whole body of the request. */
  body(): Promise<Buffer>;
  answer(status: number, headers?: Readonly<Record<string, string>>, body?: string | Uint8Array): void;
}

/** Serves HTTP as `handle` says; `make` gives another kind of server, such as one with TLS. */
export async function fakeServer(handle: (fake: Fake) => unknown, make: (listener: RequestListener) => Server = createServer): Promise<FakeServer> {
  const requests: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server = make((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    headers.push(request.headers);
    void handle({
      request,
      response,
      url: new URL(request.url ?? '/', 'http://fake'),
      body: async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        return Buffer.concat(chunks);
      },
      answer: (status, more = {}, body = '') => {
        response.writeHead(status, { ...(body.length > 0 || request.method !== 'HEAD' ? { 'content-length': Buffer.byteLength(body) } : {}), ...more }).end(request.method === 'HEAD' ? undefined : body);
      },
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return closing({
    host,
    url: `http://${host}`,
    requests,
    headers,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

/** An adapter that never reads the developer's own logins, and does not wait long between attempts. */
export function adapter(options: DockerRegistryOptions = {}): RegistryClient {
  return closing(dockerRegistry({ dockerConfig: false, retry: { minDelayMs: 1, maxDelayMs: 5 }, ...options }));
}

export function call(signal: AbortSignal = new AbortController().signal): Call & { readonly seen: Progress[] } {
  const seen: Progress[] = [];
  return { signal, seen, progress: (progress) => void seen.push(progress) };
}

export async function errorOf<T>(result: PromiseLike<Result<T, RegistryError>>): Promise<RegistryError> {
  const settled = await result;
  if (settled.isOk()) throw new Error(`expected an error, got ${JSON.stringify(settled.value)}`);
  return settled.error;
}

export async function valueOf<T>(result: PromiseLike<Result<T, RegistryError>>): Promise<T> {
  const settled = await result;
  if (settled.isErr()) throw new Error(`${settled.error.code}: ${settled.error.message}`);
  return settled.value;
}

export function contentOf(bytes: Uint8Array, pieceBytes = 64 * 1024): BlobContent & { readonly opened: number[] } {
  const opened: number[] = [];
  return {
    descriptor: { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length },
    opened,
    open: (offset) => {
      opened.push(offset);
      return okAsync({ offset, body: pieces(bytes.subarray(offset), pieceBytes) });
    },
  };
}

async function* pieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
}

export async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** An image manifest of an empty configuration, unlike any other by its annotation. */
export function manifestOf(text: string): RawManifest {
  const config = { mediaType: mediaTypes.ociEmpty, digest: digestOf('{}'), size: 2 };
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [config], annotations: { text } }));
  return { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), bytes };
}

export const someDigest = digestOf('some content');
