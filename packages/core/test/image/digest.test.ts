import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestAlgorithm, digestHex, digestOf, hashFor, isDigest, parseDigest, shortDigest } from '@davit/core';
import { damaged, digestArbitrary, isDigestText } from './reference-grammar.js';

const hex = (length: number): string => '0123456789abcdef'.repeat(8).slice(0, length);

describe('parseDigest (G13)', () => {
  it.each([`sha256:${hex(64)}`, `sha512:${hex(128)}`])('reads %s', (text) => {
    expect(parseDigest(text)._unsafeUnwrap()).toBe(text);
  });

  it.each([
    '',
    ' ',
    ':',
    'sha256',
    'sha256:',
    hex(64),
    `:${hex(64)}`,
    `sha256:${hex(63)}`,
    `sha256:${hex(65)}`,
    `sha512:${hex(64)}`,
    `sha256:${hex(128)}`,
    `sha256:${hex(64).toUpperCase()}`,
    `SHA256:${hex(64)}`,
    `sha256:${hex(63)}g`,
    `sha256: ${hex(63)}`,
    ` sha256:${hex(64)}`,
    `sha256:${hex(64)}\n`,
    `sha256::${hex(64)}`,
    `sha256:sha256:${hex(64)}`,
    `constructor:${hex(64)}`,
    `__proto__:${hex(64)}`,
  ])('refuses %j', (text) => {
    expect(parseDigest(text)._unsafeUnwrapErr()).toMatchObject({ code: 'digest_invalid', retryable: false });
    expect(isDigest(text)).toBe(false);
  });

  it.each([`md5:${hex(32)}`, `sha384:${hex(96)}`, `blake3:${hex(64)}`, 'sha256+b64:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564', 'multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8'])('says that the algorithm is unknown: %s', (text) => {
    expect(parseDigest(text)._unsafeUnwrapErr().message).toContain('its algorithm is not known');
  });

  it.each([`sha256:${hex(10)}`, 'a++b:x', 'a:', 'a:b:c', 'a:b c'])('says no such thing of %s', (text) => {
    expect(parseDigest(text)._unsafeUnwrapErr().message).not.toContain('algorithm');
  });

  it.each([undefined, null, 7, {}, [`sha256:${hex(64)}`]])('refuses what is no text', (value) => {
    expect(parseDigest(value as string).isErr()).toBe(true);
    expect(isDigest(value as string)).toBe(false);
  });

  it('quotes the beginning of a long text only', () => {
    expect(parseDigest('x'.repeat(1_000_000))._unsafeUnwrapErr().message.length).toBeLessThan(250);
  });

  it('accepts exactly what the grammar accepts', () => {
    fc.assert(
      fc.property(fc.oneof(digestArbitrary, damaged(digestArbitrary), fc.string(), fc.string({ unit: 'binary' })), (text) => {
        expect([text, parseDigest(text).isOk()]).toEqual([text, isDigestText(text)]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('digests of bytes', () => {
  it('are those of the algorithm', () => {
    expect(digestOf('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(digestOf('abc', 'sha512')).toBe(`sha512:${createHash('sha512').update('abc').digest('hex')}`);
  });

  it('are digests, and fall into algorithm and hexadecimal digits', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('sha256' as const, 'sha512' as const), (bytes, algorithm) => {
        const digest = digestOf(bytes, algorithm);
        expect(isDigest(digest)).toBe(true);
        expect([digestAlgorithm(digest), digestHex(digest)]).toEqual([algorithm, createHash(algorithm).update(bytes).digest('hex')]);
        expect(shortDigest(digest)).toBe(digestHex(digest).slice(0, 12));
      }),
    );
  });

  it('are the same when the bytes come in pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), fc.constantFrom('sha256' as const, 'sha512' as const), (pieces, algorithm) => {
        const whole = digestOf(Buffer.concat(pieces), algorithm);
        const hash = hashFor(whole);
        for (const piece of pieces) hash.update(piece);
        expect(hash.digest()).toBe(whole);
      }),
    );
  });
});
