import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUploadRange } from '../../src/client/upload-range.js';

describe('parseUploadRange', () => {
  it.each<[string, number]>([
    ['0-0', 0],
    ['0-1', 1],
    ['bytes=0-1023', 1023],
    ['0-0007', 7],
    ['0-999999999999999', 999_999_999_999_999],
  ])('reads %j', (header, last) => {
    expect(parseUploadRange(header)).toBe(last);
  });

  it.each([undefined, '', '0', '0-', '-5', '-', '5', '1-5', '00-5', '0-5-9', '0--5', '0-5/10', '0-5,7-9', '0-5, 7-9', ' 0-5', '0-5 ', '0 - 5', '0-5\n', '\n0-5', '0-0x5', '0-1e3', '0-5.0', '0-+5', '0-٥', 'bytes 0-5', 'bytes=', 'bytes=5-9', 'bytes=-5', 'bytes=0-', 'Bytes=0-5', 'bytes=bytes=0-5', 'items=0-5', '=0-5', '0-1000000000000000', `0-${'0'.repeat(16)}`])('refuses %j', (header) => {
    expect(parseUploadRange(header)).toBeNull();
  });

  it('gives back every end that was written, with and without its unit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 999_999_999_999_999 }), fc.constantFrom('', 'bytes='), (last, unit) => {
        expect(parseUploadRange(`${unit}0-${String(last)}`)).toBe(last);
      }),
    );
  });

  it('neither throws nor hangs on anything, and accepts nothing but the grammar', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 100 }), fc.string({ unit: fc.constantFrom('bytes=', '0-', '0', '9', '-', '=', ' ', ',', '/', '\n', 'b', '٣'), maxLength: 12 }));
    // A second reading, without an expression over the whole text.
    const lastOf = (text: string): number | null => {
      const range = text.startsWith('bytes=') ? text.slice('bytes='.length) : text;
      const end = range.slice('0-'.length);
      const digits = Array.from(end).every((char) => char >= '0' && char <= '9');
      return range.startsWith('0-') && digits && end.length >= 1 && end.length <= 15 ? Number.parseInt(end, 10) : null;
    };
    fc.assert(
      fc.property(texts, (text) => {
        expect([text, parseUploadRange(text)]).toEqual([text, lastOf(text)]);
      }),
      { numRuns: 5000 },
    );
    for (const piece of ['0', '0-', '-', 'bytes=', ' ']) expect(parseUploadRange(`0-${piece.repeat(1_000_000)}`)).toBeNull();
  });
});
