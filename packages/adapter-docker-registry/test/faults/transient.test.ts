/** Each fault that passes, once and thrice, alone, on every kind of request of either side: the right image in the end (issue 3). */
import type { FaultEffect } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { bench, kinds, largestLayer, type Kind } from './bench.js';

interface PassingFault {
  readonly name: string;
  readonly then: FaultEffect;
  /** Which requests it can befall. Default: all. */
  readonly on?: (kind: Kind) => boolean;
  readonly requestTimeoutMs?: number;
}

const answers = (kind: Kind): boolean => kind.name.startsWith('GET') || kind.name === 'token';
const carriesBody = (kind: Kind): boolean => kind.name.startsWith('PUT') || kind.name.startsWith('GET');

const faults: readonly PassingFault[] = [
  ...[408, 425, 429, 500, 502, 503, 504].map((status): PassingFault => ({ name: String(status), then: { status } })),
  { name: '429 with Retry-After in seconds', then: { status: 429, headers: { 'retry-after': '7' } } },
  { name: '429 with Retry-After as a date', then: { status: 429, headers: { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' } } },
  { name: '503 with Retry-After', then: { status: 503, headers: { 'retry-after': '3' } } },
  { name: 'reset', then: { reset: true } },
  { name: 'lost answer', then: { loseAnswer: true } },
  { name: 'cut at once', then: { cutAfterBytes: 0 }, on: carriesBody },
  { name: 'cut after 10 bytes', then: { cutAfterBytes: 10 }, on: carriesBody },
  { name: 'cut after 100 000 bytes', then: { cutAfterBytes: 100_000 }, on: ({ body }) => body === true },
  { name: 'silence', then: { stall: true }, requestTimeoutMs: 150 },
  { name: 'silence in the middle', then: { holdBackUntil: new Promise(() => undefined), afterBytes: 100_000 }, on: ({ name }) => name === 'GET blob', requestTimeoutMs: 150 },
  { name: 'flipped byte', then: { flipByteAt: 7 }, on: ({ name }) => name === 'GET blob' || name === 'GET manifest' || name === 'PUT blob' || name === 'PUT manifest' || name === 'PUT tag' || name === 'GET referrers' },
  { name: 'flipped byte in the word "manifests" of a list', then: { flipByteAt: 75 }, on: ({ name }) => name === 'GET referrers' },
  { name: 'wrong digest header', then: { sayInstead: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } }, on: ({ name }) => /manifest|tag$/.test(name) && !name.includes('signature') },
  { name: 'Content-Length too long', then: { sayInstead: { 'content-length': '999999' } }, on: (kind) => answers(kind), requestTimeoutMs: 150 },
  { name: 'Content-Length too short', then: { sayInstead: { 'content-length': '5' } }, on: ({ name }) => name === 'GET blob' || name === 'GET manifest' },
  { name: 'early 401 and hang-up', then: { hangUpWith: 401, headers: { 'www-authenticate': 'Bearer realm="http://127.0.0.1/token",error="invalid_token"' } }, on: ({ name }) => name === 'PUT blob' },
  { name: 'early 503 and hang-up', then: { hangUpWith: 503 }, on: ({ name }) => name.startsWith('PUT') || name.startsWith('POST') },
];

describe.each(faults)('$name', ({ then, on = () => true, requestTimeoutMs }) => {
  it.concurrent.each(kinds.filter((kind) => on(kind)))('on $name of the $side, once and thrice, ends in the right image', async (kind) => {
    const befall = async (times: number): Promise<void> => {
      const run = await bench(requestTimeoutMs === undefined ? {} : { requestTimeoutMs });
      try {
        const fault = run.inject(kind, then, times);
        const result = await run.copy();
        expect(result.isErr() ? result.error : 'copied', `${String(times)} times`).toBe('copied');
        // The signature goes with its tag and as a referrer: that the second was found shows here alone.
        expect(result._unsafeUnwrap()).toMatchObject({ referrers: 2, skippedReferrers: [] });
        expect(fault.hits).toBeGreaterThan(0);
        expect(await run.isRight(), `${String(times)} times: the target is right`).toBe(true);
        // A manifest that is put under a tag is whatever arrives: it is put again, and what arrived first lies there without a name.
        expect(run.strangeManifests()).toBeLessThanOrEqual('flipByteAt' in then && kind.name === 'PUT tag' ? times : 0);
        // What a lost answer named cannot be cancelled.
        expect(run.target.openUploads, 'open uploads').toBe('loseAnswer' in then && kind.name === 'POST upload' ? times : 0);
        const twice = run.bytesTwice();
        // Only what broke while bytes of layers were on their way costs any of them again, and at most the layer for each time.
        const bound = kind.body === true ? times * largestLayer : 0;
        expect(twice.target, 'bytes sent twice').toBeLessThanOrEqual(bound);
        expect(twice.source, 'bytes read twice').toBeLessThanOrEqual(bound);
        // A source that breaks off costs the target nothing; a byte that flipped on the way from it costs both a layer.
        if (kind.side === 'source' && !('flipByteAt' in then)) expect(twice.target).toBe(0);
      } finally {
        await run.close();
      }
    };
    // Beside one another: silence is waited for in real time.
    await Promise.all([befall(1), befall(3)]);
  });
});
