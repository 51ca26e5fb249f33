import { describe, expect, it } from 'vitest';
import { lanes as newLanes, openInRanges, type Lanes } from '../../src/copy/parallel-ranges.js';
import { failure, type RegistryError } from '../../src/errors/index.js';
import type { Digest } from '../../src/image/index.js';
import { StreamFault, type Call, type Clock, type ImageSource } from '../../src/ports/index.js';
import { errAsync, okAsync } from '../../src/result.js';
import { manualClock } from '../../src/testing/index.js';

const mebibyte = 1024 * 1024;
const blob = { registry: 'source.example', repository: 'shop/web', digest: `sha256:${'a'.repeat(64)}` as Digest };
const size = 64 * mebibyte + 12_345;

/** The byte at a place of the blob says which mebibyte it is of, so that a wrong order shows. */
const bytesAt = (from: number, to: number): Buffer => Buffer.concat(
  Array.from({ length: Math.ceil((to - from) / mebibyte) + 1 }, (_, at) => {
    const start = Math.max(from, (Math.floor(from / mebibyte) + at) * mebibyte);
    const end = Math.min(to, (Math.floor(from / mebibyte) + at + 1) * mebibyte);
    return Buffer.alloc(Math.max(end - start, 0), Math.floor(start / mebibyte));
  }),
);

interface SourceOptions {
  /** Of each connection. */
  readonly bytesPerSecond: number;
  readonly range?: (offset: number, length: number) => RegistryError | 'cut' | 'broken' | 'endless' | undefined;
}

function slowSource(clock: Clock, { bytesPerSecond, range }: SourceOptions) {
  const state = { open: 0, most: 0, left: 0, ranges: [] as (readonly [number, number])[] };
  async function* stream(from: number, to: number, call: Call, ends: 'well' | 'cut' | 'broken' | 'endless' = 'well'): AsyncGenerator<Uint8Array> {
    state.open += 1;
    state.most = Math.max(state.most, state.open);
    try {
      for (let at = from; at < to || ends === 'endless'; at += mebibyte / 4) {
        await clock.sleep((mebibyte / 4 / bytesPerSecond) * 1000, call.signal);
        if (call.signal.aborted) throw new StreamFault(failure('interrupted', 'interrupted'));
        // Nobody should come so far.
        if (at > to + mebibyte) throw new Error('a part is read on without end');
        if ((ends === 'cut' || ends === 'broken') && at > from) {
          if (ends === 'cut') return;
          throw new StreamFault(failure('registry_unreachable', 'connection reset', { retryable: true }));
        }
        yield bytesAt(at, ends === 'endless' ? at + mebibyte / 4 : Math.min(at + mebibyte / 4, to));
      }
    } finally {
      state.open -= 1;
      state.left += 1;
    }
  }
  const source = {
    readBlob: (_blob, offset, call) => okAsync({ offset, body: stream(offset, size, call) }),
    ...(range === undefined
      ? {}
      : {
          readBlobRange: (_blob, offset, length, call) => {
            state.ranges.push([offset, length]);
            const fault = range(offset, length);
            if (typeof fault === 'object') return errAsync(fault);
            return okAsync({ offset, body: stream(offset, offset + length, call, fault) });
          },
        }),
  } as Pick<ImageSource, 'readBlob' | 'readBlobRange'> as ImageSource;
  return { source, state };
}

const megabyte = 1_000_000;

interface ReadOptions {
  readonly lanes?: Lanes;
  readonly offset?: number;
  readonly targetMs?: number;
  readonly of?: number;
}

/** Lanes of a copy in which other blobs are on their way. */
function busy(blobs: number): Lanes {
  const lanes = newLanes();
  for (let blob = 0; blob < blobs; blob += 1) lanes.enter();
  return lanes;
}

/** Reads the whole blob; how long it took by the clock, and what went wrong. */
async function read(options: SourceOptions, { lanes = newLanes(), offset = 0, targetMs = 0, of = size }: ReadOptions = {}) {
  const clock = manualClock({ auto: true });
  const { source, state } = slowSource(clock, options);
  const began = clock.now();
  const call = { signal: new AbortController().signal };
  const stream = (await openInRanges(source, blob, { size: of, lanes, clock })(offset, call))._unsafeUnwrap();
  let position = offset;
  let fault: unknown;
  try {
    for await (const piece of stream.body) {
      expect(Buffer.compare(Buffer.from(piece), bytesAt(position, position + piece.length)), `at ${String(position)}`).toBe(0);
      position += piece.length;
      if (targetMs > 0) await clock.sleep(targetMs);
    }
  } catch (thrown) {
    fault = (thrown as StreamFault).fault;
  }
  return { position, fault, seconds: (clock.now() - began) / 1000, state, lanes };
}

describe('a large blob over slow connections', () => {
  it('is read in parts over four, in the right order, and leaves the connections that it took', async () => {
    const alone = await read({ bytesPerSecond: 10 * megabyte });
    const { position, seconds, state, lanes, fault } = await read({ bytesPerSecond: 10 * megabyte, range: () => undefined });
    expect(fault).toBeUndefined();
    expect([alone.position, position]).toEqual([size, size]);
    expect(alone.seconds / seconds).toBeGreaterThan(2.3);
    expect(state.most).toBeLessThanOrEqual(4);
    expect(state.open).toBe(0);
    expect(lanes.take(10)).toBe(4);
    // Every byte behind the first part was asked for once.
    const sorted = [...state.ranges].sort(([one], [other]) => one - other);
    expect(sorted.slice(1).every(([offset], at) => offset === sorted[at]![0] + sorted[at]![1])).toBe(true);
    expect(sorted.at(-1)![0] + sorted.at(-1)![1]).toBe(size);
  });

  it('goes on from where it was opened', async () => {
    const { position, state, fault } = await read({ bytesPerSecond: 10 * megabyte, range: () => undefined }, { offset: 7 * mebibyte + 13 });
    expect([position, fault]).toEqual([size, undefined]);
    expect(state.ranges.length).toBeGreaterThan(5);
  });

  it.each([
    ['a fast connection', { bytesPerSecond: 100 * megabyte, range: () => undefined }, {}],
    ['a slow target', { bytesPerSecond: 100 * megabyte, range: () => undefined }, { targetMs: 50 }],
    ['a blob that is not large', { bytesPerSecond: 10 * megabyte, range: () => undefined }, { of: 31 * mebibyte }],
    ['one of four blobs that are on their way', { bytesPerSecond: 10 * megabyte, range: () => undefined }, { lanes: busy(3) }],
  ])('is not divided for %s', async (_name: string, options: SourceOptions, more: ReadOptions) => {
    const { state } = await read(options, more);
    expect(state.ranges).toEqual([]);
  });

  it('takes no more connections than the other blobs of the copy leave', async () => {
    const { position, state, fault } = await read({ bytesPerSecond: 10 * megabyte, range: () => undefined }, { lanes: busy(2) });
    expect([position, fault]).toEqual([size, undefined]);
    expect(state.most).toBe(2);
  });

  it('goes on in one stream where the source refuses parts', async () => {
    const { position, fault, state } = await read({ bytesPerSecond: 10 * megabyte, range: () => failure('registry_protocol', 'no ranges here') });
    expect([position, fault]).toEqual([size, undefined]);
    // It was tried once, with as many as there were lanes.
    expect(state.ranges.length).toBe(3);
  });

  it.each([
    ['cut', { code: 'size_mismatch', retryable: true }],
    ['broken', { code: 'registry_unreachable', retryable: true }],
  ] as const)('ends with a fault that can be resumed from where a part was %s', async (how, expected) => {
    const { position, fault, lanes, state } = await read({ bytesPerSecond: 10 * megabyte, range: (offset) => (offset > 30 * mebibyte ? how : undefined) });
    expect(fault).toMatchObject(expected);
    expect(position).toBeGreaterThan(20 * mebibyte);
    expect(position).toBeLessThan(40 * mebibyte);
    expect(lanes.take(10)).toBe(4);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(state.open).toBe(0);
  });

  it('can be resumed as a whole where the source gives parts no more', async () => {
    const clock = manualClock({ auto: true });
    const { source, state } = slowSource(clock, { bytesPerSecond: 10 * megabyte, range: (offset) => (offset > 30 * mebibyte ? failure('registry_protocol', 'the whole instead of a part') : undefined) });
    const open = openInRanges(source, blob, { size, lanes: newLanes(), clock });
    const call = { signal: new AbortController().signal };
    let position = 0;
    const readOn = async (): Promise<void> => {
      for await (const piece of (await open(position, call))._unsafeUnwrap().body) position += piece.length;
    };
    await expect(readOn()).rejects.toMatchObject({ fault: { code: 'registry_protocol', retryable: true } });
    const asked = state.ranges.length;
    await readOn();
    expect(position).toBe(size);
    expect(state.ranges.length).toBe(asked);
  });

  it('leaves a part that has more bytes than were asked for, and can be resumed as a whole', async () => {
    const clock = manualClock({ auto: true });
    const { source, state } = slowSource(clock, { bytesPerSecond: 10 * megabyte, range: (offset) => (offset > 30 * mebibyte ? 'endless' : undefined) });
    const open = openInRanges(source, blob, { size, lanes: newLanes(), clock });
    const call = { signal: new AbortController().signal };
    let position = 0;
    const readOn = async (): Promise<void> => {
      for await (const piece of (await open(position, call))._unsafeUnwrap().body) position += piece.length;
    };
    await expect(readOn()).rejects.toMatchObject({ fault: { code: 'registry_protocol', retryable: true } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(state.open).toBe(0);
    const asked = state.ranges.length;
    await readOn();
    expect([position, state.ranges.length]).toEqual([size, asked]);
  });

  it('comes as a whole when it is opened once more after all of it came in parts, which may have been wrong', async () => {
    const clock = manualClock({ auto: true });
    const { source, state } = slowSource(clock, { bytesPerSecond: 10 * megabyte, range: () => undefined });
    const open = openInRanges(source, blob, { size, lanes: newLanes(), clock });
    const readTo = async (end: number): Promise<void> => {
      let position = 0;
      for await (const piece of (await open(0, { signal: new AbortController().signal }))._unsafeUnwrap().body) {
        position += piece.length;
        // Whoever finds it wrong does so with the last piece, and takes no more.
        if (position >= end) break;
      }
    };
    // One that was left before its end says nothing of its parts.
    await readTo(40 * mebibyte);
    const before = state.ranges.length;
    await readTo(size);
    const asked = state.ranges.length;
    expect(asked).toBeGreaterThan(before);
    await readTo(size);
    expect(state.ranges.length).toBe(asked);
  });

  it('lets go of every part when it is left early', async () => {
    const clock = manualClock({ auto: true });
    const { source, state } = slowSource(clock, { bytesPerSecond: 10 * megabyte, range: () => undefined });
    const stream = (await openInRanges(source, blob, { size, lanes: newLanes(), clock })(0, { signal: new AbortController().signal }))._unsafeUnwrap();
    for await (const _piece of stream.body) if (state.ranges.length > 2) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(state.open).toBe(0);
  });

  it('stops with its signal', async () => {
    const clock = manualClock({ auto: true });
    const { source, state } = slowSource(clock, { bytesPerSecond: 10 * megabyte, range: () => undefined });
    const stop = new AbortController();
    const stream = (await openInRanges(source, blob, { size, lanes: newLanes(), clock })(0, { signal: stop.signal }))._unsafeUnwrap();
    await expect((async () => {
      for await (const _piece of stream.body) if (state.ranges.length > 2) stop.abort();
    })()).rejects.toMatchObject({ fault: { code: 'interrupted' } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(state.open).toBe(0);
  });
});
