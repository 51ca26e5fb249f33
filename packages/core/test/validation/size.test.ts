import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { formatSize, parseSize } from '@davit/core';

describe('parseSize', () => {
  it.each([
    ['1GB', 1_000_000_000],
    ['1GiB', 1_073_741_824],
    ['1.5 GB', 1_500_000_000],
    ['500MB', 500_000_000],
    ['64kib', 65_536],
    ['10B', 10],
    ['1000', 1000],
    [' 2 TB ', 2e12],
    [123, 123],
  ])('reads %j (G11)', (text, bytes) => {
    expect(parseSize(text)._unsafeUnwrap()).toBe(bytes);
  });

  it.each(['', 'GB', '1G', '1g', '-1GB', '1e9', '1 000', '1,5GB', '0', '0.1B', '1GBB', '9999999TB', 0, -1, 1.5, NaN, Infinity])('refuses %j', (text) => {
    expect(parseSize(text)._unsafeUnwrapErr().code).toBe('configuration_invalid');
  });

  it('gives a whole number of bytes or an error for anything', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double(), fc.tuple(fc.nat(), fc.constantFrom('B', 'kB', 'MB', 'GiB')).map(([n, unit]) => `${String(n)}${unit}`)), (text) => {
        const size = parseSize(text);
        if (size.isOk()) expect(Number.isSafeInteger(size.value) && size.value > 0).toBe(true);
      }),
    );
  });
});

describe('formatSize', () => {
  it.each([[0, '0 bytes'], [999, '999 bytes'], [1500, '1.5 kB'], [1_000_000_000, '1 GB'], [1_234_567_890, '1.2 GB']])('shows %i as %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});
