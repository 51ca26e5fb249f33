/** The entries of an index: each is judged as what it says, and what they share is read and counted once. */
import { checksPolicy, copyImage, inspectImage, validateImage, type Call, type ChecksOptions, type Platform, type Repository } from '@davit/core';
import { buildImage, buildIndex, memoryRegistry, type BuiltImage, type MemoryRegistry } from '@davit/core/testing';
import { describe, expect, it } from 'vitest';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const call: Call = { signal: new AbortController().signal };
const arm64: Platform = { os: 'linux', architecture: 'arm64' };
const amd = buildImage({ layers: ['shared', 'amd64'] });
/** The same image, by another name in the index. */
const also = (image: BuiltImage, platform: Platform): BuiltImage => ({ ...image, descriptor: { ...image.descriptor, platform } });

function stored(image: BuiltImage): MemoryRegistry {
  const registry = memoryRegistry();
  registry.put(staging, image);
  return registry;
}
const inspect = async (image: BuiltImage, registry = stored(image)) => (await inspectImage('app', { ...staging, digest: image.digest }, registry, call))._unsafeUnwrap();
const validate = async (image: BuiltImage, checks: ChecksOptions = {}, registry = stored(image)) => {
  const report = (await validateImage({ reference: { ...staging, digest: image.digest }, source: registry, policy: checksPolicy({ signature: { off: 'a test' }, ...checks }), level: 'content', collectAll: true }, call))._unsafeUnwrap();
  return { ...report, errors: report.checks.flatMap(({ findings }) => findings).filter(({ severity }) => severity === 'error').map(({ code, path }) => `${code} ${path}`) };
};

describe('an index that names one image for two platforms', () => {
  const wrong = buildIndex([amd, also(amd, arm64)]);

  it('is found to be wrong of the second one', async () => {
    const registry = stored(wrong);
    const report = (await validateImage({ reference: { ...staging, digest: wrong.digest }, source: registry, policy: checksPolicy({ signature: { off: 'a test' } }) }, call))._unsafeUnwrap();
    expect(report.outcome).toBe('invalid');
    expect(report.checks.at(-1)).toMatchObject({ check: 'metadata', findings: [{ code: 'platform_differs', path: 'linux/arm64 config', expected: 'linux/arm64', actual: 'linux/amd64' }] });
    // Each platform has a size; the bytes are there once, and are asked for once.
    const { platforms } = report.checks[0]?.facts as { readonly platforms: readonly { readonly platform: string; readonly bytes: number }[] };
    expect(platforms.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
    expect(report.checks[1]?.facts).toEqual({ blobs: 3, bytes: platforms[1]!.bytes });
    expect(registry.count('statBlob')).toBe(3);
  });

  it('is read without reading anything twice', async () => {
    const registry = stored(wrong);
    expect((await inspect(wrong, registry)).platforms.map(({ platform, digest }) => [platform.architecture, digest])).toEqual([['amd64', amd.digest], ['arm64', amd.digest]]);
    expect([registry.count('readManifest'), registry.count('readBlob')]).toEqual([2, 1]);
  });

  it('offers both where the image can be both', async () => {
    const armV6: Platform = { os: 'linux', architecture: 'arm', variant: 'v6' };
    const image = buildImage({ platform: { os: 'linux', architecture: 'arm' }, layers: [] });
    const index = buildIndex([also(image, armV6), also(image, { ...armV6, variant: 'v7' })]);
    expect((await validate(index, { platforms: ['linux/arm/v6', 'linux/arm/v7'] })).checks.find(({ check }) => check === 'metadata')?.findings).toEqual([]);
  });

  it('tells of a fault of the image\'s blobs once', async () => {
    const registry = stored(wrong);
    registry.removeBlob({ ...staging, digest: [...amd.blobs.keys()][1]! });
    expect((await validate(wrong, {}, registry)).errors).toEqual(['layer_missing linux/amd64 layers[0]', 'platform_differs linux/arm64 config']);
  });
});

describe('an index that names something twice', () => {
  it('offers an image once that it names twice in the same way', async () => {
    expect((await inspect(buildIndex([amd, buildIndex([amd]), amd]))).platforms).toHaveLength(1);
  });

  it('tells of what is below an index at the first place where it stands', async () => {
    const inner = buildIndex([amd]);
    const index = buildIndex([buildIndex([inner, inner]), buildIndex([inner, buildImage({ platform: arm64 })])]);
    const registry = stored(index);
    registry.removeManifest({ ...staging, digest: amd.digest });
    const { platforms, faults } = await inspect(index, registry);
    expect(platforms.map(({ platform }) => platform)).toEqual([arm64]);
    expect(faults?.map(({ code, path }) => `${code} ${path}`)).toEqual(['manifest_missing manifests[0]/manifests[0]/linux/amd64']);
    expect(registry.calls.filter(({ method, digest }) => method === 'readManifest' && digest === inner.digest)).toHaveLength(1);
  });
});

describe('indexes in one another', () => {
  it.each([[1, true], [4, true], [5, false]])('%i deep are copied and found valid, or neither: %s', async (deep, good) => {
    let image: BuiltImage = amd;
    for (let depth = 0; depth < deep; depth += 1) image = buildIndex([image]);
    const source = stored(image);
    const { faults } = await inspect(image, source);
    expect(faults?.map(({ code }) => code)).toEqual(good ? undefined : ['index_too_deep']);
    const copied = await copyImage({ name: 'app', source, from: { ...staging, digest: image.digest }, target: memoryRegistry(), to: { ...staging, repository: 'copy' } }, call);
    expect(copied.isOk()).toBe(good);
  });
});
