/**
 * What goes over the wire, in our own words: the client is written against these, not against a library.
 * @module
 */

/**
 * Which pool of connections a request takes. Reads and writes never share one: a copy within one registry reads a blob
 * while it writes it, and on a shared limit the readers would wait for writers that wait for them. What goes on with a blob
 * that is being written already has one without a limit: it must not wait for those who wait for it, and there are only as
 * many as are written. Tokens and the cancelling of uploads have their own, because they are asked for while both others may
 * be full.
 */
export type Side = 'read' | 'resume' | 'write' | 'control';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream goes with a `content-length` header and can be sent once. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>;
  readonly side: Side;
  readonly signal: AbortSignal;
  /** Sent also while its host pauses: it asks for less, not for more. */
  readonly duringPauses?: true;
  /** Longest silence in milliseconds: until the answer begins, and between two pieces of it. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Several lines of one name are joined by commas. */
  header(name: string): string | undefined;
  /** The body as it comes; whatever the library throws passes through. At most one reader; leaving early ends the request. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The whole body; null where it is longer than `limit` bytes, of which no more are read. */
  bytes(limit: number): Promise<Uint8Array | null>;
  /** Gives the connection back. Never throws. */
  discard(): Promise<void>;
}

export interface Transport {
  /** Rejects with whatever the library throws when no answer comes. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends every connection, also those in use. */
  close(): Promise<void>;
}
