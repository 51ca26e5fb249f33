import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { checksPolicy, ConfigurationError, describeChecks, okAsync, type ChecksOptions } from '@davit/core';
import { scriptedVerifier } from '@davit/core/testing';

describe('checksPolicy', () => {
  it('has a limit of one thousand million bytes, and nothing else, by default (G11)', () => {
    expect(checksPolicy()).toEqual({ maxSizeBytes: 1_000_000_000 });
    expect(checksPolicy({ maxSize: '1GiB', platforms: ['linux/arm64/v8'] })).toEqual({ maxSizeBytes: 1_073_741_824, platforms: [{ os: 'linux', architecture: 'arm64', variant: 'v8' }] });
  });

  it.each<[keyof ChecksOptions | 'signature.off', ChecksOptions]>([
    ['level', { level: 'deep' as 'head' }],
    ['maxSize', { maxSize: 'huge' }],
    ['platforms', { platforms: ['linux'] }],
    ['maxAgeMs', { maxAgeMs: 0 }],
    ['rootUser', { rootUser: 'never' as 'refuse' }],
    ['signature.off', { signature: { off: ' ' } }],
  ])('throws for a wrong %s and names it', (field, options) => {
    const thrown = (() => {
      try {
        return checksPolicy(options);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(ConfigurationError);
    expect(thrown).toMatchObject({ code: 'configuration_invalid', field: `checks.${field}` });
  });
});

describe('checksPolicy, called without a compiler', () => {
  it.each<[string, object, string]>([
    ['maxsize', { maxsize: '1GB' }, 'checks has no option "maxsize"; it has level, maxSize'],
    ['level', { level: 'deep' }, 'is "deep"; it must be one of manifest, head, content'],
    ['maxSize', { maxSize: null }, 'is null; it must be a number of bytes, or a text'],
    ['platforms', { platforms: 'linux/amd64' }, 'is a string; it must be a list of platforms'],
    ['platforms[0]', { platforms: [{ os: 'linux', architecture: 'amd64' }] }, 'is an object'],
    ['labels', { labels: null }, 'is null; it must be an object'],
    ['labels', { labels: ['a'] }, 'is a list; it must be an object'],
    // Compared as a text, 2 would be met by 12.
    ['labels.major', { labels: { major: 2 } }, 'is a number; it must be a text or a regular expression'],
    ['annotations.x', { annotations: { x: undefined } }, 'is missing; it must be a text or a regular expression'],
    ['revisionLabel', { revisionLabel: '' }, 'is empty'],
    ['maxAgeMs', { maxAgeMs: '1d' }, 'is a string; it must be a number of milliseconds above 0'],
    ['maxAgeMs', { maxAgeMs: Number.NaN }, 'is NaN'],
    ['rootUser', { rootUser: true }, 'is a boolean; it must be one of allow, refuse'],
    ['signature', { signature: true }, 'is a boolean; it must be a signature verifier, or { off'],
    ['signature', { signature: null }, 'is null; it must be a signature verifier'],
    ['signature', { signature: {} }, 'is no SignatureVerifier'],
    ['signature.off', { signature: { off: true } }, 'is a boolean; it must be a text that says why'],
    ['custom', { custom: {} }, 'is an object; it must be a list'],
    ['custom[0]', { custom: [{}] }, 'is no ImageCheck'],
    ['collectAll', { collectAll: 'yes' }, 'is a string; it must be true or false'],
  ])('refuses %s of %j', (field, options, words) => {
    expect(() => checksPolicy(options)).toThrow(expect.objectContaining({ name: 'ConfigurationError', field: `checks.${field}`, message: expect.stringContaining(words) as unknown }) as Error);
  });

  it('takes labels with an empty text, and patterns of any make', () => {
    expect(checksPolicy({ labels: { a: '', b: runInNewContext('/^x/') as RegExp } }).labels).toMatchObject({ a: '' });
  });
});

describe('describeChecks', () => {
  it('is data that does not depend on the order in which the options were written', () => {
    const one = describeChecks(checksPolicy({ labels: { b: /^x/, a: '1' }, platforms: ['linux/arm64', 'linux/amd64'], signature: { off: 'not yet' } }));
    const two = describeChecks(checksPolicy({ labels: { a: '1', b: /^x/ }, platforms: ['linux/amd64', 'linux/arm64'], signature: { off: 'not yet' } }));
    expect(JSON.stringify(one)).toBe(JSON.stringify(two));
    expect(one).toMatchObject({ labels: { a: '1', b: '/^x/' }, signature: { off: 'not yet' }, rootUser: 'allow' });
  });

  it('changes with each policy', () => {
    const variants: ChecksOptions[] = [{}, { level: 'content' }, { level: 'manifest' }, { maxSize: '2GB' }, { platforms: ['linux/amd64'] }, { labels: { a: '1' } }, { annotations: { a: '1' } }, { revisionLabel: 'x' }, { maxAgeMs: 1 }, { rootUser: 'refuse' }, { signature: { off: 'x' } }, { signature: scriptedVerifier() }, { custom: [{ name: 'mine', check: () => okAsync([]) }] }];
    expect(describeChecks(checksPolicy({ level: 'head' }))).toEqual(describeChecks(checksPolicy()));
    expect(new Set(variants.map((options) => JSON.stringify(describeChecks(checksPolicy(options))))).size).toBe(variants.length);
  });
});
