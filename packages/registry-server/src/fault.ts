/**
 * What can be made to go wrong, and for which requests.
 * @module
 */
import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestFilter } from './request-log.js';

/**
 * One thing that goes wrong. Where it is about a body, it is the request's where the request carries one, else the answer's;
 * offsets are bytes of that body.
 */
export type FaultEffect =
  /** Answers this, and does nothing of what was asked. Without a body: the specification's error document. */
  | { readonly status: number; readonly headers?: OutgoingHttpHeaders; readonly body?: string }
  /** Answers this before the request's body was read, and hangs up: whoever still sends finds the connection broken. */
  | { readonly hangUpWith: number; readonly headers?: OutgoingHttpHeaders }
  /** Does what was asked, and says these headers of it instead of its own, or with `undefined` none; a length may be wrong. */
  | { readonly sayInstead: OutgoingHttpHeaders }
  /** Waits before it does what was asked. */
  | { readonly delayMs: number }
  /** Breaks the connection after so many bytes of the body; lengths in headers stay true to the whole. */
  | { readonly cutAfterBytes: number }
  /** Inverts one bit of the byte at that offset. */
  | { readonly flipByteAt: number }
  /** Passes so many bytes of the body on, and the rest when the promise is settled. */
  | { readonly holdBackUntil: Promise<unknown>; readonly afterBytes: number }
  /** Resets the connection at once. */
  | { readonly reset: true }
  /** Never answers; the connection stays open. */
  | { readonly stall: true }
  /** Does what was asked, then breaks the connection instead of answering. */
  | { readonly loseAnswer: true }
  /** Lets `allow` matching requests pass in each window of `windowMs`; the others get 429 with this Retry-After (seconds by default, or an HTTP date). */
  | { readonly rateLimit: { readonly allow: number; readonly windowMs: number; readonly retryAfter?: string } };

export interface Fault {
  readonly when?: RequestFilter & {
    /** The first matching request that is hit, from 1. Default 1. */
    readonly nth?: number;
    /** How many matching requests are hit from there on. Default 1; of a rate limit: all. */
    readonly times?: number;
  };
  readonly then: FaultEffect;
}

export interface FaultHandle {
  /** Requests that were hit so far. */
  readonly hits: number;
  remove(): void;
}
