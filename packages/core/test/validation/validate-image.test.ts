import { describe, expect, it } from 'vitest';
import { checksPolicy, digestOf, failure, okAsync, validateImage, type Call, type ChecksOptions, type RegistryError, type Repository, type ValidationOptions } from '@davit/core';
import { buildImage, buildIndex, manualClock, memoryRegistry, scriptedVerifier, type BuiltImage, type MemoryRegistry } from '@davit/core/testing';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const call: Call = { signal: new AbortController().signal };
const off: ChecksOptions = { signature: { off: 'a test' } };
const busy: RegistryError = failure('registry_unavailable', 'busy', { retryable: true });

function validating(registry: MemoryRegistry, image: BuiltImage, checks: ChecksOptions = off, more: Partial<ValidationOptions> = {}) {
  return validateImage({ reference: { ...staging, digest: image.digest }, source: registry, policy: checksPolicy(checks), clock: manualClock(), ...more }, call);
}
async function validate(image: BuiltImage, checks: ChecksOptions = off, more: Partial<ValidationOptions> = {}) {
  const registry = memoryRegistry();
  registry.put(staging, image);
  return (await validating(registry, image, checks, more))._unsafeUnwrap();
}

describe('validateImage', () => {
  it('makes the checks in the order of the chart (R36–R49)', async () => {
    const report = await validate(buildIndex([buildImage()], { attestations: true }));
    expect(report).toMatchObject({ outcome: 'valid', image: 'team/app', level: 'head' });
    expect(report.checks.map(({ check }) => check)).toEqual(['size', 'layers', 'metadata', 'signature']);
  });

  it.each<[string, BuiltImage, ChecksOptions, string[]]>([
    ['size', buildImage({ layers: ['x'.repeat(500)] }), { ...off, maxSize: 500 }, ['size']],
    ['metadata', buildImage(), { ...off, labels: { team: 'shop' } }, ['size', 'layers', 'metadata']],
    ['mine', buildImage(), { ...off, custom: [{ name: 'mine', check: () => okAsync([{ code: 'no', path: 'image', severity: 'error', message: 'no' }]) }] }, ['size', 'layers', 'metadata', 'mine']],
    ['signature', buildImage(), { signature: scriptedVerifier('unsigned') }, ['size', 'layers', 'metadata', 'signature']],
  ])('stops at the first check that fails: %s', async (_name, image, checks, made) => {
    const report = await validate(image, checks);
    expect(report.outcome).toBe('invalid');
    expect(report.checks.map(({ check }) => check)).toEqual(made);
  });

  it('makes all checks where that is asked for (R6)', async () => {
    const report = await validate(buildImage(), { maxSize: 1, labels: { team: 'shop' }, signature: scriptedVerifier('invalid') }, { collectAll: true });
    expect(report.checks.map(({ check, findings }) => [check, findings.length])).toEqual([['size', 1], ['layers', 0], ['metadata', 1], ['signature', 1]]);
  });

  it.each<[string, (() => unknown), string]>([
    ['throws', () => { throw new Error('hsm is gone'); }, 'failed: hsm is gone'],
    ['rejects', () => Promise.reject(new Error('hsm is gone')), 'failed: hsm is gone'],
    ['answers with a list', () => [], 'answered with what is a list, and not with a Result'],
    ['answers with nothing', () => undefined, 'answered with what is missing, and not with a Result'],
    ['gives what is no answer', () => okAsync({}), 'gave no answer that can be used: '],
    ['gives a severity or verdict of its own', () => okAsync([{ code: 'CVE-1', path: 'x', severity: 'critical', message: 'bad' }]), 'gave no answer that can be used: its answer'],
  ])('does not pass where an organisation\'s own check or verifier %s', async (_how, answer, says) => {
    const check = answer as never as () => never;
    for (const [name, checks] of [['mine', { ...off, custom: [{ name: 'mine', check }] }], ['signature', { signature: { name: 'mine', verify: check } }]] as const) {
      const report = await validate(buildImage(), checks);
      expect(report.outcome).toBe('indeterminate');
      expect(report.checks.at(-1)).toMatchObject({ check: name, error: { code: 'check_inconclusive', check: name, message: expect.stringContaining(`mine ${says}`) as string } });
    }
  });

  it('says what it looked at: the limit and the sizes, the blobs and their bytes', async () => {
    const image = buildIndex([buildImage({ layers: ['shared', 'x'.repeat(100)] }), buildImage({ platform: { os: 'linux', architecture: 'arm64' }, layers: ['shared'] })]);
    const { checks } = await validate(image);
    const bytes = [...image.blobs.values()].map(({ length }) => length);
    expect(checks[0]?.facts).toEqual({ limit: 1_000_000_000, platforms: [{ platform: 'linux/amd64', bytes: bytes[0]! + 6 + 100 }, { platform: 'linux/arm64', bytes: bytes[3]! + 6 }] });
    expect(checks[1]?.facts).toEqual({ blobs: 4, bytes: bytes.reduce((sum, length) => sum + length, 0) });
  });

  it('reads no layer unless that is asked for, and only what is there', async () => {
    const registry = memoryRegistry();
    const image = buildImage({ layers: ['no archive'] });
    registry.put(staging, image);
    expect((await validating(registry, image))._unsafeUnwrap().outcome).toBe('valid');
    expect((await validating(registry, image, off, { level: 'content' }))._unsafeUnwrap()).toMatchObject({ outcome: 'invalid', level: 'content', checks: [{}, { check: 'layers', findings: [{ code: 'layer_unreadable' }] }] });
    const reads = registry.count('readBlob');
    registry.removeBlob({ ...staging, digest: digestOf('no archive') });
    expect((await validating(registry, image, off, { level: 'content' }))._unsafeUnwrap()).toMatchObject({ outcome: 'invalid', checks: [{}, { check: 'layers', findings: [{ code: 'layer_missing' }] }] });
    expect(registry.count('readBlob')).toBe(reads + 1);
  });

  it('is indeterminate where a layer cannot be read to its end (G16)', async () => {
    const registry = memoryRegistry();
    const image = buildImage();
    registry.put(staging, image);
    const layer = digestOf('layer of a small image');
    registry.fail('readBlob', { error: failure('registry_denied', 'no'), when: ({ digest }) => digest === layer });
    expect((await validating(registry, image, off, { level: 'content' }))._unsafeUnwrap()).toMatchObject({ outcome: 'indeterminate', checks: [{}, { check: 'layers', error: { code: 'registry_denied' } }] });
  });

  it('asks for no blob at the level manifest, yet reports what it stumbled over', async () => {
    const registry = memoryRegistry();
    const [present, absent] = [buildImage(), buildImage({ platform: { os: 'linux', architecture: 'arm64' } })];
    const index = buildIndex([present, absent]);
    registry.put(staging, index);
    for (const digest of present.blobs.keys()) if (digest === digestOf('layer of a small image')) registry.removeBlob({ ...staging, digest });
    expect((await validating(registry, index, off, { level: 'manifest' }))._unsafeUnwrap().outcome).toBe('valid');
    expect(registry.count('statBlob')).toBe(0);
    expect((await validating(registry, index))._unsafeUnwrap().outcome).toBe('invalid');
    registry.removeManifest({ ...staging, digest: absent.digest });
    expect((await validating(registry, index, off, { level: 'manifest' }))._unsafeUnwrap()).toMatchObject({ outcome: 'invalid', checks: [{ check: 'size' }, { check: 'layers', findings: [{ code: 'manifest_missing' }] }] });
  });

  it('is indeterminate, never invalid, where the registry cannot be read (G16)', async () => {
    for (const method of ['readManifest', 'readBlob', 'statBlob'] as const) {
      const registry = memoryRegistry();
      const image = buildImage();
      registry.put(staging, image);
      registry.fail(method, { error: busy });
      const report = (await validating(registry, image))._unsafeUnwrap();
      expect(report.outcome).toBe('indeterminate');
      expect(report.checks.at(-1)?.error?.code).toBe('registry_unavailable');
    }
  });

  it('is indeterminate where there is no such image or no signature policy, and says so (G12)', async () => {
    expect((await validating(memoryRegistry(), buildImage()))._unsafeUnwrap()).toMatchObject({ outcome: 'indeterminate', checks: [{ check: 'manifest', error: { code: 'manifest_not_found' } }] });
    expect(await validate(buildImage(), {})).toMatchObject({ outcome: 'indeterminate', checks: [{}, {}, {}, { check: 'signature', error: { code: 'signature_policy_missing' } }] });
  });

  it('is invalid where one check found an error although another could not be made', async () => {
    expect((await validate(buildImage(), { maxSize: 1 }, { collectAll: true })).outcome).toBe('invalid');
  });

  it('is invalid where the manifest itself is none', async () => {
    const text = Buffer.from('nothing');
    const image = buildImage();
    const report = await validate({ ...image, digest: digestOf(text), raw: { ...image.raw, digest: digestOf(text), bytes: text } });
    expect(report).toMatchObject({ outcome: 'invalid', checks: [{ check: 'manifest', findings: [{ code: 'document_invalid' }] }] });
  });

  it('compares the revision that is given', async () => {
    expect((await validate(buildImage({ labels: { 'org.opencontainers.image.revision': 'b6573d0d' } }), off, { revision: 'aaaaaaaa' })).outcome).toBe('invalid');
  });

  it('has one digest for equal reports and another for others (R49)', async () => {
    const one = await validate(buildImage());
    const later = await validate(buildImage(), off, { clock: manualClock(Date.UTC(2027, 0, 1)) });
    expect(later.reportDigest).toBe(one.reportDigest);
    expect((await validate(buildImage(), { signature: { off: 'another reason' } })).reportDigest).not.toBe(one.reportDigest);
    expect((await validate(buildImage({ labels: { a: 'b' } }))).reportDigest).not.toBe(one.reportDigest);
  });

  it('ends as interrupted when the signal fires', async () => {
    const controller = new AbortController();
    const registry = memoryRegistry();
    const image = buildImage();
    registry.put(staging, image);
    registry.before('statBlob', () => { controller.abort(); });
    const result = await validateImage({ reference: { ...staging, digest: image.digest }, source: registry, policy: checksPolicy(off) }, { signal: controller.signal });
    expect(result._unsafeUnwrapErr().code).toBe('interrupted');
  });
});
