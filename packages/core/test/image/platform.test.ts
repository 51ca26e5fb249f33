import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPlatform, isUnknownPlatform, parsePlatform, platformMatches, type Platform } from '@davit/core';

const read = (text: string): Platform => parsePlatform(text)._unsafeUnwrap();

describe('parsePlatform (R43)', () => {
  it.each<[string, Platform]>([
    ['linux/amd64', { os: 'linux', architecture: 'amd64' }],
    ['linux/arm64/v8', { os: 'linux', architecture: 'arm64', variant: 'v8' }],
    ['windows/386', { os: 'windows', architecture: '386' }],
    ['wasip1/wasm', { os: 'wasip1', architecture: 'wasm' }],
  ])('reads %s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each(['', '/', 'linux', 'linux/', '/amd64', 'linux//v8', 'linux/arm64/', 'linux/arm64/v8/x', 'linux/arm64/v8/', 'Linux/amd64', 'linux/AMD64', ' linux/amd64', 'linux/amd64 ', 'linux/am d64', 'linux\n/amd64', 'linux,amd64', 'linux/-', `linux/${'a'.repeat(65)}`, 'a/'.repeat(1_000_000)])(
    'refuses %j',
    (text) => {
      const error = parsePlatform(text)._unsafeUnwrapErr();
      expect(error.code).toBe('configuration_invalid');
      expect(error.message).toContain('linux/amd64');
      expect(error.message.length).toBeLessThan(300);
    },
  );

  it.each([undefined, null, 7, { os: 'linux' }])('refuses what is no text', (value) => {
    expect(parsePlatform(value as unknown as string).isErr()).toBe(true);
  });

  it('and writing gives the same text', () => {
    const part = fc.stringMatching(/^[a-z0-9]([a-z0-9._-]{0,8}[a-z0-9])?$/);
    fc.assert(
      fc.property(part, part, fc.option(part, { nil: undefined }), (os, architecture, variant) => {
        const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
        expect(read(formatPlatform(platform))).toEqual(platform);
      }),
    );
  });

  it('accepts nothing but parts between slashes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', '6', '/', '.', '-', 'A', ' ') })), (text) => {
        const parts = text.split('/');
        const good = (parts.length === 2 || parts.length === 3) && parts.every((part) => part !== '' && /^[a-z0-9._-]+$/.test(part) && !/^[._-]|[._-]$/.test(part));
        expect([text, parsePlatform(text).isOk()]).toEqual([text, good]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('platformMatches', () => {
  it.each([
    ['linux/amd64', 'linux/amd64', true],
    ['linux/amd64', 'linux/arm64', false],
    ['linux/amd64', 'windows/amd64', false],
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm64/v8', 'linux/arm64', true],
    ['linux/arm64', 'linux/arm64/v9', false],
    ['linux/arm/v7', 'linux/arm', true],
    ['linux/arm', 'linux/arm/v6', false],
    ['linux/arm/v6', 'linux/arm/v7', false],
    ['linux/amd64/v1', 'linux/amd64', true],
    ['linux/amd64', 'linux/amd64/v3', false],
    ['linux/amd64/v3', 'linux/amd64', false],
    ['linux/riscv64', 'linux/riscv64', true],
    ['linux/riscv64', 'linux/riscv64/rva23', true],
  ])('%s is met by %s: %s', (wanted, offered, expected) => {
    expect(platformMatches(read(wanted), read(offered))).toBe(expected);
  });
});

it('isUnknownPlatform knows what stands in an index beside the images', () => {
  expect(isUnknownPlatform(read('unknown/unknown'))).toBe(true);
  expect(isUnknownPlatform(read('unknown/amd64'))).toBe(false);
});
