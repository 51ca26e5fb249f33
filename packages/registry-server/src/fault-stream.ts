/**
 * Faults of a body, as steps that its bytes pass through.
 * @module
 */
import type { FaultEffect } from './fault.js';

/** Thrown where a connection is to be broken: nothing is answered any more. */
export class ConnectionCut extends Error {}

/** Sends a body through every effect that is about bodies. `closed` ends waiting when the connection is gone. */
export function faultyBody(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, effects: readonly FaultEffect[], closed: Promise<unknown>): AsyncIterable<Buffer> {
  let stream: AsyncIterable<Buffer> = asBuffers(chunks);
  for (const effect of effects) {
    if ('flipByteAt' in effect) stream = flip(stream, effect.flipByteAt);
    if ('cutAfterBytes' in effect) stream = pauseAt(stream, effect.cutAfterBytes, () => Promise.reject(new ConnectionCut('cut by a fault')));
    if ('holdBackUntil' in effect) stream = pauseAt(stream, effect.afterBytes, () => Promise.race([effect.holdBackUntil.catch(() => undefined), closed]));
  }
  return stream;
}

async function* asBuffers(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

async function* flip(chunks: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of chunks) {
    const index = offset - at;
    at += chunk.length;
    if (index < 0 || index >= chunk.length) {
      yield chunk;
      continue;
    }
    // A copy: what is stored stays as it is.
    const changed = Buffer.from(chunk);
    changed.writeUInt8(chunk.readUInt8(index) ^ 1, index);
    yield changed;
  }
}

/** Passes on exactly `offset` bytes, then does `then` once. A body that ends there or before never gets to it, except at offset 0. */
async function* pauseAt(chunks: AsyncIterable<Buffer>, offset: number, then: () => Promise<unknown>): AsyncGenerator<Buffer> {
  let left = offset;
  let reached = false;
  const reach = async (): Promise<void> => {
    reached = true;
    await then();
  };
  if (left === 0) await reach();
  for await (const chunk of chunks) {
    if (reached || chunk.length <= left) {
      if (!reached) left -= chunk.length;
      yield chunk;
      continue;
    }
    if (left > 0) yield chunk.subarray(0, left);
    await reach();
    yield chunk.subarray(left);
  }
}
