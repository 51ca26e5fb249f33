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
