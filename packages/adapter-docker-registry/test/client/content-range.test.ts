import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseContentRange } from '../../src/client/content-range.js';

describe('parseContentRange', () => {
  it.each<[string, ReturnType<typeof parseContentRange>]>([
    ['bytes 0-0/1', { first: 0, last: 0, size: 1 }],
    ['bytes 5-9/10', { first: 5, last: 9, size: 10 }],
    ['bytes 5-9/*', { first: 5, last: 9, size: null }],
    ['bytes */10', { first: null, size: 10 }],
    [' Bytes\t5-9/10 ', { first: 5, last: 9, size: 10 }],
  ])('reads %j', (header, expected) => {
    expect(parseContentRange(header)).toEqual(expected);
  });

  it.each([undefined, '', 'bytes', 'bytes 5-9', 'bytes 5-9/', 'bytes 9-5/10', 'bytes 5-10/10', 'bytes */*', 'bytes=5-9/10', 'bytes 5-/10', 'bytes -5/10', 'items 5-9/10', 'bytes 5-9/10, bytes 1-2/10', 'bytes 0x5-9/10', 'bytes 5 - 9/10', 'bytes 5-9/1e3', 'bytes 9999999999999999-9999999999999999/*', 'bytes 5-9/10\n', `bytes 5-9/10${' '.repeat(100)}x`])('refuses %j', (header) => {
    expect(parseContentRange(header)).toBeNull();
  });

  it('gives back every part that was written, and only parts that can be', () => {
    const number = fc.nat({ max: 1_000_000 });
    fc.assert(
      fc.property(number, number, fc.option(number, { nil: null }), (first, last, size) => {
        const possible = first <= last && (size === null || last < size);
        expect(parseContentRange(`bytes ${String(first)}-${String(last)}/${size === null ? '*' : String(size)}`)).toEqual(possible ? { first, last, size } : null);
      }),
    );
  });

  it('neither throws nor hangs on anything, and accepts nothing but the grammar', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ unit: fc.constantFrom('bytes', ' ', '0', '9', '-', '/', '*', ',', '=', '\t', '\n'), maxLength: 12 }));
    fc.assert(
      fc.property(texts, (text) => {
        const parts = text.trim().split(/[ \t]+/);
        const [unit = '', range = '', ...more] = parts;
        const [part = '', size = '', ...rest] = range.split('/');
        const whole = more.length === 0 && rest.length === 0 && unit.toLowerCase() === 'bytes' && /^[ \t]*[^\s].*[^\s][ \t]*$/.test(text);
        const sizeGiven = /^[0-9]{1,15}$/.test(size);
        const [first = '', last = '', ...dashes] = part.split('-');
        const placed = dashes.length === 0 && /^[0-9]{1,15}$/.test(first) && /^[0-9]{1,15}$/.test(last) && (size === '*' || sizeGiven) && Number(first) <= Number(last) && (size === '*' || Number(last) < Number(size));
        expect([text, parseContentRange(text) !== null]).toEqual([text, whole && (placed || (part === '*' && sizeGiven))]);
      }),
      { numRuns: 5000 },
    );
    for (const piece of ['0', 'bytes ', ' ', '0-', '/']) expect(parseContentRange(`bytes ${piece.repeat(1_000_000)}`)).toBeNull();
  });
});
