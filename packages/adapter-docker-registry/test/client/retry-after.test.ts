import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goDurationMs, retryAfterMs } from '../../src/client/retry-after.js';

const now = Date.UTC(2026, 0, 1, 12, 0, 0);

describe('retryAfterMs', () => {
  it('reads seconds', () => {
    expect(retryAfterMs('8', undefined, now)).toBe(8000);
    expect(retryAfterMs(' 0 ', undefined, now)).toBe(0);
  });

  it('reads the three forms of a date, against our clock', () => {
    expect(retryAfterMs('Thu, 01 Jan 2026 12:00:30 GMT', undefined, now)).toBe(30_000);
    expect(retryAfterMs('Thursday, 01-Jan-26 12:00:30 GMT', undefined, now)).toBe(30_000);
    expect(retryAfterMs('Thu Jan  1 12:00:30 2026', undefined, now)).toBe(30_000);
    expect(retryAfterMs('Thu, 01 Jan 2026 11:00:00 GMT', undefined, now)).toBe(0);
  });

  it('compares a date with the clock of the registry where it tells it', () => {
    expect(retryAfterMs('Thu, 01 Jan 2026 12:10:30 GMT', 'Thu, 01 Jan 2026 12:10:00 GMT', now)).toBe(30_000);
  });

  it.each<[string, number | undefined]>([
    ['2, 2', 2000],
    ['2, 60, 5', 60_000],
    ['soon, 7', 7000],
    ['5, Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 12:00:30 GMT, 45', 45_000],
    ['Thu Jan  1 12:00:30 2026,,', 30_000],
    ['soon, later', undefined],
    [', ,', undefined],
  ])('takes the longest that can be read of several lines: %j', (header, expected) => {
    expect(retryAfterMs(header, undefined, now)).toBe(expected);
  });

  it.each([undefined, '', 'soon', '-5', '1.5', '2026 x', '2026-01-01T00:00:00Z', 'Thu, 99 Foo 2026 25:61:61 GMT'])('takes %j for no wait at all', (header) => {
    expect(retryAfterMs(header, undefined, now)).toBeUndefined();
  });

  it('never throws and never asks for a negative wait', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (header, date) => {
      expect(retryAfterMs(header, date, now) ?? 0).toBeGreaterThanOrEqual(0);
    }));
  });
});

describe('goDurationMs', () => {
  it.each<[string, number | undefined]>([
    ['10.3ms', 11],
    ['1m2.5s', 62_500],
    ['884.7µs', 1],
    ['2h', 7_200_000],
    ['0s', 0],
    ['10', undefined],
    ['', undefined],
    ['ms', undefined],
    ['1x', undefined],
  ])('reads %j', (text, expected) => {
    expect(goDurationMs(text)).toBe(expected);
  });
});
