/** What could not be read: the rest is checked all the same, and nothing counts as passed that was not looked at. */
import { checksPolicy, digestOf, inspectImage, validateImage, type Call, type ChecksOptions, type Repository, type ValidationLevel } from '@davit/core';
import { buildIndex, buildReferrer, memoryRegistry, type BuiltImage, type MemoryRegistry } from '@davit/core/testing';
import { describe, expect, it } from 'vitest';
import { arm64, imageOf, layer, tarOf } from './layers.js';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const call: Call = { signal: new AbortController().signal };
const [one, two] = [layer(), layer(tarOf({ name: 'app', content: 'two' }))];
const withoutOs = { changeConfig: ({ os: _, ...config }: Record<string, unknown>) => config };
/** Its configuration is no configuration; its layers are as they should be. */
const unconfigured = imageOf([one, two], withoutOs);
const armUnconfigured = imageOf([one, two], { ...withoutOs, platform: arm64 });
const good = imageOf([one]);

function stored(image: BuiltImage): MemoryRegistry {
  const registry = memoryRegistry();
  registry.put(staging, image);
  return registry;
}
const validate = async (image: BuiltImage, { level = 'head', checks = {}, registry = stored(image) }: { readonly level?: ValidationLevel; readonly checks?: ChecksOptions; readonly registry?: MemoryRegistry } = {}) => {
  const report = (await validateImage({ reference: { ...staging, digest: image.digest }, source: registry, policy: checksPolicy({ signature: { off: 'a test' }, ...checks }), level, collectAll: true }, call))._unsafeUnwrap();
  const [size, layers, metadata] = ['size', 'layers', 'metadata'].map((name) => report.checks.find(({ check }) => check === name));
  return { outcome: report.outcome, size, layers, metadata, looked: [size?.looked, layers?.looked, metadata?.looked] };
};

describe('an image whose configuration cannot be read', () => {
  it('is measured, and its layers are looked for', async () => {
    const registry = stored(unconfigured);
    registry.removeBlob({ ...staging, digest: digestOf(two.bytes) });
    const report = await validate(unconfigured, { registry, checks: { maxSize: 10 } });
    expect(report.size).toMatchObject({ findings: [{ code: 'image_too_large', path: 'image' }], facts: { platforms: [{ platform: 'image' }] } });
    expect(report.layers).toMatchObject({ findings: [{ code: 'layer_missing', path: 'image layers[1]' }], facts: { blobs: 2, bytes: one.bytes.length + two.bytes.length } });
    expect(report.metadata?.findings).toMatchObject([{ code: 'config_invalid' }]);
    expect(report.looked).toEqual([undefined, undefined, 'nothing']);
  });

  it('has layers that are read, and diff_ids that are said not to have been compared', async () => {
    const report = await validate(unconfigured, { level: 'content' });
    expect(report.outcome).toBe('invalid');
    expect(report.layers?.findings).toMatchObject([{ code: 'layer_not_checked', severity: 'warning', path: 'image config.rootfs' }]);
    expect(report.looked).toEqual([undefined, 'part', 'nothing']);
    const cut = imageOf([{ ...one, bytes: one.bytes.subarray(0, one.bytes.length - 12) }], withoutOs);
    expect((await validate(cut, { level: 'content' })).layers?.findings).toMatchObject([{ code: 'layer_unreadable', path: 'image layers[0]' }, { code: 'layer_not_checked' }]);
  });

  it('is for the platform for which an index names it: it is not missing', async () => {
    const index = buildIndex([good, armUnconfigured]);
    const report = await validate(index, { level: 'content', checks: { platforms: ['linux/amd64', 'linux/arm64', 'linux/s390x'] } });
    expect(report.metadata?.findings).toMatchObject([{ code: 'config_invalid', path: 'linux/arm64/v8 config' }, { code: 'platform_missing', path: 'linux/s390x', actual: ['linux/amd64', 'linux/arm64/v8'] }]);
    expect(report.size?.facts).toMatchObject({ platforms: [{ platform: 'linux/arm64/v8' }, { platform: 'linux/amd64' }] });
    expect(report.layers?.findings).toMatchObject([{ code: 'layer_not_checked', path: 'linux/arm64/v8 config.rootfs' }]);
    expect(report.looked).toEqual([undefined, 'part', 'part']);
  });

  it('is told once where the configuration is missing, and its layers are asked for', async () => {
    const registry = stored(unconfigured);
    registry.removeBlob({ ...staging, digest: [...unconfigured.blobs.keys()][0]! });
    expect((await validate(unconfigured, { registry })).layers?.findings.map(({ code, path }) => `${code} ${path}`)).toEqual(['config_missing image config']);
    expect(registry.count('statBlob')).toBe(2);
  });

  it('and that has no layers says so', async () => {
    expect((await validate(imageOf([], withoutOs), { level: 'content' })).layers?.findings).toMatchObject([{ code: 'no_layers', path: 'image layers' }]);
  });

  it('is known to whoever inspects it', async () => {
    const inspected = (await inspectImage('app', { ...staging, digest: unconfigured.digest }, stored(unconfigured), call))._unsafeUnwrap();
    expect(inspected).toMatchObject({ platforms: [], unconfigured: [{ digest: unconfigured.digest, manifest: { layers: [{}, {}] } }] });
    expect(inspected).not.toHaveProperty('unread');
  });
});

describe('a check', () => {
  it('says that it looked at nothing of an artifact, and at all of an image', async () => {
    const artifact = await validate(buildReferrer(good.descriptor));
    expect([artifact.outcome, ...artifact.looked]).toEqual(['invalid', 'nothing', 'nothing', 'nothing']);
    for (const level of ['manifest', 'head', 'content'] as const) expect(await validate(buildIndex([good], { attestations: true }), { level })).toMatchObject({ outcome: 'valid', looked: [undefined, undefined, undefined] });
  });

  it('says that it looked at a part where an image is missing, and at nothing where the only one is', async () => {
    const spoilt = (image: BuiltImage): MemoryRegistry => {
      const registry = stored(image);
      registry.removeManifest({ ...staging, digest: armUnconfigured.digest });
      return registry;
    };
    const [both, only] = [buildIndex([good, armUnconfigured]), buildIndex([armUnconfigured])];
    expect((await validate(both, { registry: spoilt(both) })).looked).toEqual(['part', 'part', 'part']);
    expect((await validate(only, { registry: spoilt(only) })).looked).toEqual(['nothing', 'nothing', 'nothing']);
  });

  it('of sizes and metadata does not mind an attestation that is missing: only its blobs are of interest', async () => {
    const index = buildIndex([good], { attestations: true });
    const registry = stored(index);
    registry.removeManifest({ ...staging, digest: index.children[1]!.digest });
    expect(await validate(index, { registry })).toMatchObject({ outcome: 'invalid', looked: [undefined, 'part', undefined] });
  });
});
