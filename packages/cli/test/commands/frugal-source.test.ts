import { memoryRegistry } from '@davit/core/testing';
import { digestOf } from '@davit/core';
import { describe, expect, it } from 'vitest';
import { frugal } from '../../src/commands/frugal-source.js';

const call = { signal: new AbortController().signal };
const layer = Buffer.alloc(9 * 1024 * 1024, 7);
const blob = { registry: 'source.example', repository: 'shop/web', digest: digestOf(layer) };

function source() {
  const registry = memoryRegistry();
  registry.putBlob(blob, layer);
  return registry;
}

describe('a frugal source', () => {
  it('gives the same bytes, and collects after every four megabytes, over all blobs together', async () => {
    let collected = 0;
    const frugalSource = frugal(source(), () => { collected += 1; });
    const lengths: number[] = [];
    for (let time = 0; time < 2; time += 1) {
      let length = 0;
      for await (const piece of (await frugalSource.readBlob(blob, 0, call))._unsafeUnwrap().body) length += piece.length;
      lengths.push(length);
    }
    expect(lengths).toEqual([layer.length, layer.length]);
    expect(collected).toBe(4);
  });

  it('is the source itself where garbage cannot be collected', () => {
    const plain = source();
    expect(frugal(plain, null)).toBe(plain);
  });

  it('ends the request where the reader leaves early, and keeps the errors of the source', async () => {
    const frugalSource = frugal(source(), () => undefined);
    for await (const _piece of (await frugalSource.readBlob(blob, 0, call))._unsafeUnwrap().body) break;
    expect((await frugalSource.readBlob({ ...blob, digest: digestOf('nothing') }, 0, call))._unsafeUnwrapErr().code).toBe('blob_not_found');
  });

  it('finds a collector in this Node', () => {
    const plain = source();
    expect(frugal(plain)).not.toBe(plain);
  });
});
