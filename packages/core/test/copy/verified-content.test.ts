import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { digestOf, errAsync, failure, okAsync, StreamFault, streamFault, verifiedContent, type BlobStream, type Call, type Descriptor, type RegistryError, type ResultAsync } from '@davit/core';
import { manualClock } from '@davit/core/testing';

const call: Call = { signal: new AbortController().signal };
const describeBytes = (bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): Descriptor => ({ mediaType: 'application/octet-stream', digest: digestOf(bytes, algorithm), size: bytes.length });

async function* inChunks(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    await Promise.resolve();
    const length = lengths[turn % lengths.length] ?? 1;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** What a target would get before the stream ended or broke. */
async function drain(body: AsyncIterable<Uint8Array>): Promise<{ readonly got: Buffer; readonly fault?: RegistryError | undefined; readonly thrown?: unknown }> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of body) parts.push(Uint8Array.from(part));
    return { got: Buffer.concat(parts) };
  } catch (thrown) {
    return { got: Buffer.concat(parts), fault: streamFault(thrown), thrown };
  }
}

describe('verifiedContent', () => {
  it('passes the right bytes on, however they are cut (R16)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }), fc.constantFrom('sha256' as const, 'sha512' as const), async (bytes, lengths, algorithm) => {
        const content = verifiedContent(describeBytes(bytes, algorithm), () => okAsync({ offset: 0, body: inChunks(bytes, lengths) }));
        const { got, fault } = await drain((await content.open(0, call))._unsafeUnwrap().body);
        expect(fault).toBeUndefined();
        expect(got.equals(bytes)).toBe(true);
      }),
    );
  });

  it('never lets a wrong stream be completed: flipped, cut and lengthened ones all end before the last byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat(), fc.constantFrom('flip', 'cut', 'lengthen'), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }), async (bytes, where, how, lengths) => {
        const at = where % bytes.length;
        const wrong = how === 'flip' ? Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 1 : byte)) : how === 'cut' ? bytes.subarray(0, at) : Buffer.concat([bytes, Buffer.from([7])]);
        const content = verifiedContent(describeBytes(bytes), () => okAsync({ offset: 0, body: inChunks(wrong, lengths) }));
        const { got, fault } = await drain((await content.open(0, call))._unsafeUnwrap().body);
        expect(fault?.code).toBe(how === 'flip' ? 'digest_mismatch' : 'size_mismatch');
        expect(fault?.retryable).toBe(false);
        expect(got.length).toBeLessThan(bytes.length);
        expect(content.fault).toBe(fault);
      }),
    );
  });

  it('ends an empty blob without a byte, and knows a wrong digest of nothing', async () => {
    const empty = new Uint8Array();
    const right = verifiedContent(describeBytes(empty), () => okAsync({ offset: 0, body: inChunks(empty, [1]) }));
    expect(await drain((await right.open(0, call))._unsafeUnwrap().body)).toEqual({ got: Buffer.alloc(0) });
    const wrong = verifiedContent({ ...describeBytes(Buffer.from('x')), size: 0 }, () => okAsync({ offset: 0, body: inChunks(empty, [1]) }));
    expect((await drain((await wrong.open(0, call))._unsafeUnwrap().body)).fault?.code).toBe('digest_mismatch');
  });

  it('hands a chunk on before the next one comes, so that source and target may wait for one another', async () => {
    const bytes = Buffer.from('first half|second half');
    let received = '';
    let goOn: () => void = () => undefined;
    const half = new Promise<void>((resolve) => (goOn = resolve));
    const body = (async function* () {
      yield bytes.subarray(0, 11);
      await half;
      yield bytes.subarray(11);
    })();
    const content = verifiedContent(describeBytes(bytes), () => okAsync({ offset: 0, body }));
    for await (const part of (await content.open(0, call))._unsafeUnwrap().body) {
      received += Buffer.from(part).toString();
      if (received === 'first half|') goOn();
    }
    expect(received).toBe(bytes.toString());
  });

  it('goes on from any offset and still knows the whole digest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat({ max: 100 }), fc.boolean(), fc.boolean(), async (bytes, place, ranges, damaged) => {
        const offset = Math.min(place, bytes.length);
        const served = damaged ? Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)) : bytes;
        const content = verifiedContent(describeBytes(bytes), (from) => okAsync({ offset: ranges ? from : 0, body: inChunks(served.subarray(ranges ? from : 0), [7]) }));
        await drain((await content.open(0, call))._unsafeUnwrap().body);
        const again = (await content.open(offset, call))._unsafeUnwrap();
        const { got, fault } = await drain(again.body);
        expect(again.offset).toBe(offset);
        expect(fault?.code).toBe(damaged ? 'digest_mismatch' : undefined);
        if (!damaged) expect(got.equals(bytes.subarray(offset))).toBe(true);
      }),
    );
  });

  it('reads again only what lies after the last place it remembers', async () => {
    const bytes = Buffer.alloc(20 * 1024 * 1024, 'davit');
    const asked: number[] = [];
    const content = verifiedContent(describeBytes(bytes), (from) => {
      asked.push(from);
      return okAsync({ offset: from, body: inChunks(bytes.subarray(from), [1024 * 1024]) });
    });
    let taken = 0;
    for await (const part of (await content.open(0, call))._unsafeUnwrap().body) {
      taken += part.length;
      if (taken === 18 * 1024 * 1024) break;
    }
    const { got, fault } = await drain((await content.open(17 * 1024 * 1024, call))._unsafeUnwrap().body);
    expect(fault).toBeUndefined();
    expect(got.length).toBe(3 * 1024 * 1024);
    expect(asked).toEqual([0, 16 * 1024 * 1024]);
  });

  it('refuses a source that begins somewhere else', async () => {
    const bytes = Buffer.alloc(9 * 1024 * 1024);
    const content = verifiedContent(describeBytes(bytes), (from) => okAsync({ offset: from === 0 ? 0 : from + 1, body: inChunks(bytes, [1024 * 1024]) }));
    await drain((await content.open(0, call))._unsafeUnwrap().body);
    expect((await content.open(bytes.length, call))._unsafeUnwrapErr().code).toBe('registry_protocol');
  });

  describe('of a source that breaks off', () => {
    const lost: RegistryError = failure('registry_unreachable', 'the connection was lost', { retryable: true });
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251));

    async function* breaking(from: number, to: number, error: RegistryError | null): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(bytes.subarray(from, to));
      if (error !== null) throw new StreamFault(error);
    }

    /** Serves so many bytes with each opening, then breaks off. */
    const source = (each: number, { ranges = true, error = lost }: { readonly ranges?: boolean; readonly error?: RegistryError | null } = {}) => {
      const asked: number[] = [];
      const open = (offset: number): ResultAsync<BlobStream, RegistryError> => {
        asked.push(offset);
        const from = ranges ? offset : 0;
        const to = Math.min(offset + each, bytes.length);
        return okAsync({ offset: from, body: breaking(from, to, to === bytes.length ? null : error) });
      };
      return { asked, open };
    };

    it('goes on where it stopped, within the stream that the target reads: nothing comes twice', async () => {
      const { asked, open } = source(300);
      const clock = manualClock({ start: 0, auto: true });
      const waits: number[] = [];
      const content = verifiedContent(describeBytes(bytes), open, { clock, onResume: ({ waitMs }) => waits.push(waitMs) });
      const { got, fault } = await drain((await content.open(0, call))._unsafeUnwrap().body);
      expect(fault).toBeUndefined();
      expect(got.equals(bytes)).toBe(true);
      expect(asked).toEqual([0, 300, 600, 900]);
      // The first time at once, then longer and longer.
      expect(waits[0]).toBe(0);
      expect(waits[2]).toBeGreaterThan(waits[1] ?? 0);
    });

    it('leaves out what a source without ranges sends once more', async () => {
      const { asked, open } = source(300, { ranges: false });
      const content = verifiedContent(describeBytes(bytes), open, { clock: manualClock({ start: 0, auto: true }) });
      expect((await drain((await content.open(0, call))._unsafeUnwrap().body)).got.equals(bytes)).toBe(true);
      expect(asked).toEqual([0, 300, 600, 900]);
    });

    it('takes an early end for a cut, and a second one at the same place for the end', async () => {
      const cut = source(600, { error: null });
      const whole = verifiedContent(describeBytes(bytes), cut.open, { clock: manualClock({ start: 0, auto: true }) });
      expect((await drain((await whole.open(0, call))._unsafeUnwrap().body)).got.equals(bytes)).toBe(true);
      const asked: number[] = [];
      const short = verifiedContent(describeBytes(bytes), (offset) => {
        asked.push(offset);
        return okAsync({ offset, body: breaking(offset, 600, null) });
      });
      expect((await drain((await short.open(0, call))._unsafeUnwrap().body)).fault).toMatchObject({ code: 'size_mismatch', retryable: false, expected: 1000, actual: 600 });
      expect(asked).toEqual([0, 600]);
    });

    it('gives up after five openings that brought less than a mebibyte, with what the source said', async () => {
      const { asked, open } = source(10);
      const content = verifiedContent(describeBytes(bytes), open, { clock: manualClock({ start: 0, auto: true }) });
      expect((await drain((await content.open(0, call))._unsafeUnwrap().body)).fault).toBe(lost);
      expect(asked).toHaveLength(5);
      expect(content.fault).toBe(lost);
    });

    it('begins to count anew when enough has come', async () => {
      const big = Buffer.alloc(12 * 1024 * 1024, 'davit');
      let opened = 0;
      const content = verifiedContent(describeBytes(big), (offset) => {
        opened += 1;
        const body = (async function* (): AsyncGenerator<Uint8Array> {
          yield await Promise.resolve(big.subarray(offset, offset + 1024 * 1024));
          if (offset + 1024 * 1024 < big.length) throw new StreamFault(lost);
        })();
        return okAsync({ offset, body });
      });
      expect((await drain((await content.open(0, call))._unsafeUnwrap().body)).got.equals(big)).toBe(true);
      expect(opened).toBe(12);
    });

    it('knows a wrong digest also where the wrong byte came before the break', async () => {
      const wrong = { ...describeBytes(bytes), digest: digestOf('else') };
      const content = verifiedContent(wrong, source(600).open);
      expect((await drain((await content.open(0, call))._unsafeUnwrap().body)).fault).toMatchObject({ code: 'digest_mismatch', retryable: false });
    });

    it('does not ask again after a fault that lasts, nor when the signal has fired', async () => {
      const denied = source(300, { error: failure('registry_denied', 'no') });
      const refused = verifiedContent(describeBytes(bytes), denied.open);
      expect((await drain((await refused.open(0, call))._unsafeUnwrap().body)).fault?.code).toBe('registry_denied');
      expect(denied.asked).toEqual([0]);
      const stop = new AbortController();
      const late = source(300);
      const clock = manualClock(0);
      const waiting = verifiedContent(describeBytes(bytes), late.open, { clock, onResume: ({ attempt }) => { if (attempt === 2) setImmediate(() => { stop.abort(); }); } });
      expect((await drain((await waiting.open(0, { signal: stop.signal }))._unsafeUnwrap().body)).fault?.code).toBe('interrupted');
      expect(late.asked).toEqual([0, 300]);
    });

    it('takes the whole for the whole where the connection is lost behind its last byte', async () => {
      const content = verifiedContent(describeBytes(bytes), () => okAsync({ offset: 0, body: breaking(0, bytes.length, lost) }));
      expect((await drain((await content.open(0, call))._unsafeUnwrap().body)).got.equals(bytes)).toBe(true);
    });
  });

  it('remembers what broke the stream, and lets foreign exceptions through', async () => {
    const gone: RegistryError = failure('registry_unreachable', 'gone');
    const broken = verifiedContent(describeBytes(Buffer.from('abc')), () => okAsync({ offset: 0, body: (async function* () { await Promise.resolve(); yield Buffer.from('a'); throw new StreamFault(gone); })() }));
    expect((await drain((await broken.open(0, call))._unsafeUnwrap().body)).fault).toBe(gone);
    expect(broken.fault).toBe(gone);
    const bug = verifiedContent(describeBytes(Buffer.from('abc')), () => okAsync({ offset: 0, body: (async function* () { await Promise.resolve(); yield Buffer.from('a'); throw new RangeError('bug'); })() }));
    expect((await drain((await bug.open(0, call))._unsafeUnwrap().body)).thrown).toBeInstanceOf(RangeError);
    const refused = verifiedContent(describeBytes(Buffer.from('abc')), () => errAsync(gone));
    expect((await refused.open(0, call))._unsafeUnwrapErr()).toBe(gone);
    expect(refused.fault).toBe(gone);
  });

  it('ends the source\'s request when the target leaves early', async () => {
    let closed = false;
    const body = (async function* () {
      try {
        await Promise.resolve();
        yield Buffer.from('a');
        yield Buffer.from('b');
      } finally {
        closed = true;
      }
    })();
    const content = verifiedContent(describeBytes(Buffer.from('abc')), () => okAsync({ offset: 0, body }));
    for await (const part of (await content.open(0, call))._unsafeUnwrap().body) if (part.length > 0) break;
    expect(closed).toBe(true);
  });
});
