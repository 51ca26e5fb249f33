import { describe, expect, it } from 'vitest';
import { digestOf, failure, inspectImage, okAsync, StreamFault, type Call, type Descriptor, type ImageSource, type RegistryError, type Repository } from '@davit/core';
import { buildImage, buildIndex, buildReferrer, manualClock, memoryRegistry, rawManifest, type BuiltImage, type MemoryRegistry } from '@davit/core/testing';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const call: Call = { signal: new AbortController().signal };
const busy: RegistryError = failure('registry_unavailable', 'busy', { retryable: true });

const amd = buildImage();
const arm = buildImage({ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } });
const configOf = (image: BuiltImage): Descriptor => (JSON.parse(new TextDecoder().decode(image.raw.bytes)) as { config: Descriptor }).config;

async function inspect(registry: MemoryRegistry, image: BuiltImage) {
  return inspectImage('app', registry.put(staging, image), registry, call);
}
const faultsOf = async (registry: MemoryRegistry, image: BuiltImage) => {
  const reference = { ...staging, digest: image.digest };
  const inspected = (await inspectImage('app', reference, registry, call))._unsafeUnwrap();
  return { platforms: inspected.platforms.length, faults: (inspected.faults ?? []).map(({ code, path }) => `${code} ${path}`) };
};

describe('inspectImage', () => {
  it('reads a single image; its platform is that of its configuration', async () => {
    const inspected = (await inspect(memoryRegistry(), arm))._unsafeUnwrap();
    expect(inspected).toMatchObject({ name: 'app', reference: { ...staging, digest: arm.digest }, platforms: [{ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' }, digest: arm.digest }] });
    expect(inspected.faults).toBeUndefined();
  });

  it('reads every image of an index, also in indexes within it, and leaves attestations out', async () => {
    const index = buildIndex([buildIndex([amd], { attestations: true }), arm], { attestations: true, annotations: { a: 'b' } });
    const inspected = (await inspect(memoryRegistry(), index))._unsafeUnwrap();
    expect(inspected.platforms.map(({ digest }) => digest)).toEqual([amd.digest, arm.digest]);
    expect(inspected.annotations).toEqual({ a: 'b' });
    // They are kept apart, to be asked whether they are complete.
    expect(inspected.attestations?.map(({ of }) => of)).toEqual([amd.digest, expect.any(String), arm.digest]);
    expect(inspected.faults).toBeUndefined();
  });

  it.each([
    ['is missing', (registry: MemoryRegistry, config: Descriptor) => { registry.removeBlob({ ...staging, digest: config.digest }); }, 'config_missing'],
    ['has other bytes', (registry: MemoryRegistry, config: Descriptor) => { registry.damageBlob({ ...staging, digest: config.digest }, Buffer.alloc(config.size, 'x')); }, 'config_damaged'],
    ['is stored too long', (registry: MemoryRegistry, config: Descriptor) => { registry.damageBlob({ ...staging, digest: config.digest }, Buffer.alloc(config.size + 1, 'x')); }, 'config_size'],
    ['is stored too short', (registry: MemoryRegistry, config: Descriptor) => { registry.damageBlob({ ...staging, digest: config.digest }, Buffer.from('{}')); }, 'config_size'],
  ])('has a fault for a configuration that %s, and reads the other platforms', async (_how, harm, code) => {
    const registry = memoryRegistry();
    const index = buildIndex([amd, arm]);
    registry.put(staging, index);
    harm(registry, configOf(arm));
    expect(await faultsOf(registry, index)).toEqual({ platforms: 1, faults: [`${code} linux/arm64/v8 config`] });
  });

  it('takes a configuration that was cut on the way for what it is: not the image\'s fault', async () => {
    const registry = memoryRegistry();
    const reference = registry.put(staging, amd);
    const cut = { ...registry, readBlob: () => okAsync({ offset: 0, body: (async function* () { await Promise.resolve(); yield Buffer.from('{'); })() }) };
    expect((await inspectImage('app', reference, cut, call, manualClock({ auto: true })))._unsafeUnwrapErr()).toMatchObject({ code: 'size_mismatch', retryable: true });
  });

  it('goes on with a configuration where its connection broke', async () => {
    const registry = memoryRegistry();
    const reference = registry.put(staging, amd);
    const offsets: number[] = [];
    const breaking: ImageSource = {
      ...registry,
      readBlob: (blob, offset, inner) => registry.readBlob(blob, offset, inner).map((stream) => (offsets.push(offset) > 1 ? stream : { ...stream, body: (async function* () {
        for await (const part of stream.body) yield part.subarray(0, 5);
        throw new StreamFault(failure('registry_unreachable', 'the connection was lost on the way', { retryable: true }));
      })() })),
    };
    const clock = manualClock({ auto: true });
    const inspected = (await inspectImage('app', reference, breaking, call, clock))._unsafeUnwrap();
    expect([inspected.platforms.length, inspected.faults, offsets]).toEqual([1, undefined, [0, 5]]);
  });

  it.each([
    ['is no JSON', () => ({ toJSON: () => 'text' }), 'config_invalid'],
    ['has no architecture', (config: object) => ({ ...config, architecture: undefined }), 'config_invalid'],
    ['has no rootfs', (config: object) => ({ ...config, rootfs: undefined }), 'config_invalid'],
  ])('has a fault for a configuration that %s', async (_how, changeConfig, code) => {
    const registry = memoryRegistry();
    const image = buildImage({ changeConfig });
    registry.put(staging, image);
    expect(await faultsOf(registry, image)).toEqual({ platforms: 0, faults: [`${code} image config`] });
  });

  it('does not read a configuration of a size that no configuration has', async () => {
    const registry = memoryRegistry();
    const image = buildImage({ changeManifest: (manifest) => ({ ...manifest, config: { ...(manifest['config'] as object), size: 1e9 } }) });
    registry.put(staging, image);
    expect(await faultsOf(registry, image)).toEqual({ platforms: 0, faults: ['config_too_large image config'] });
    expect(registry.count('readBlob')).toBe(0);
  });

  it('fails where the connection breaks in the middle of a configuration', async () => {
    const registry = memoryRegistry();
    const reference = registry.put(staging, amd);
    const breaking = (thrown: Error) => ({ ...registry, readBlob: () => okAsync({ offset: 0, body: (async function* () { await Promise.resolve(); yield Buffer.from('{'); throw thrown; })() }) });
    expect((await inspectImage('app', reference, breaking(new StreamFault(busy)), call))._unsafeUnwrapErr().code).toBe('registry_unavailable');
    await expect(inspectImage('app', reference, breaking(new RangeError('bug')), call)).rejects.toThrow('bug');
  });

  it('takes an artifact beside images for what it is, and says so; one alone is no image', async () => {
    const registry = memoryRegistry();
    const artifact = buildReferrer(amd.descriptor);
    const beside = buildIndex([amd, artifact]);
    registry.put(staging, beside);
    const inspected = (await inspectImage('app', { ...staging, digest: beside.digest }, registry, call))._unsafeUnwrap();
    expect(inspected.platforms).toHaveLength(1);
    expect(inspected.faults).toMatchObject([{ code: 'artifact', severity: 'warning', message: expect.stringContaining('application/vnd.example.signature.v1+json') as string }]);
    const alone = buildIndex([artifact]);
    registry.put(staging, alone);
    expect((await inspectImage('app', { ...staging, digest: alone.digest }, registry, call))._unsafeUnwrap().faults).toMatchObject([{ code: 'not_an_image', severity: 'error' }]);
  });

  it('has a fault for a child or an attestation that is not what the index calls it', async () => {
    const registry = memoryRegistry();
    const index = buildIndex([amd, arm], { attestations: true, changeIndex: (document) => ({ ...document, manifests: (document['manifests'] as object[]).map((child, at) => (at === 0 ? { ...child, mediaType: 'application/vnd.docker.distribution.manifest.v2+json' } : child)) }) });
    registry.put(staging, index);
    const attestation = index.children[3]!;
    registry.removeManifest({ ...staging, digest: attestation.digest });
    expect(await faultsOf(registry, index)).toEqual({ platforms: 1, faults: ['manifest_type linux/amd64', `manifest_missing attestation ${attestation.digest.slice(7, 19)}`] });
  });

  it('reads manifests and configurations a second time where their bytes are wrong (G16)', async () => {
    const registry = memoryRegistry();
    const reference = registry.put(staging, amd);
    const wrong = { mediaType: amd.raw.mediaType, digest: amd.digest, bytes: Buffer.from(amd.raw.bytes).fill('x', 3, 4) };
    let manifests = 0;
    let configs = 0;
    const once = {
      ...registry,
      readManifest: (...given: Parameters<typeof registry.readManifest>) => ((manifests += 1) === 1 ? okAsync(wrong) : registry.readManifest(...given)),
      readBlob: (...given: Parameters<typeof registry.readBlob>) => ((configs += 1) === 1 ? okAsync({ offset: 0, body: (async function* () { await Promise.resolve(); yield Buffer.alloc(configOf(amd).size, ' '); })() }) : registry.readBlob(...given)),
    };
    expect((await inspectImage('app', reference, once, call))._unsafeUnwrap()).toMatchObject({ platforms: [{ digest: amd.digest }] });
    expect([manifests, configs]).toEqual([2, 2]);
    const always = { ...registry, readManifest: () => okAsync(wrong) };
    expect((await inspectImage('app', reference, always, call))._unsafeUnwrapErr().code).toBe('digest_mismatch');
  });

  it('tells another artifact from an image', async () => {
    const registry = memoryRegistry();
    const artifact = buildReferrer(amd.descriptor);
    registry.put(staging, artifact);
    expect(await faultsOf(registry, artifact)).toEqual({ platforms: 0, faults: ['not_an_image image config'] });
  });

  it('has a fault for an index without an image', async () => {
    const registry = memoryRegistry();
    const index = buildIndex([]);
    registry.put(staging, index);
    expect(await faultsOf(registry, index)).toEqual({ platforms: 0, faults: ['no_image index'] });
  });

  it('has a fault for a child that is missing, that is no manifest, or whose size the index has wrong', async () => {
    const missing = memoryRegistry();
    const index = buildIndex([amd, arm]);
    missing.put(staging, index);
    missing.removeManifest({ ...staging, digest: arm.digest });
    expect(await faultsOf(missing, index)).toEqual({ platforms: 1, faults: ['manifest_missing linux/arm64/v8'] });

    const broken = memoryRegistry();
    const none = rawManifest({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' });
    const over = buildIndex([{ ...arm, digest: none.digest, raw: none, descriptor: { ...arm.descriptor, digest: none.digest, size: none.bytes.length } }, amd]);
    broken.put(staging, over);
    expect(await faultsOf(broken, over)).toEqual({ platforms: 1, faults: ['manifest_invalid linux/arm64/v8'] });

    const lying = memoryRegistry();
    const sized = buildIndex([{ ...arm, descriptor: { ...arm.descriptor, size: arm.descriptor.size + 1 } }]);
    lying.put(staging, sized);
    expect(await faultsOf(lying, sized)).toEqual({ platforms: 0, faults: ['manifest_size linux/arm64/v8'] });
  });

  it('does not follow indexes without end', async () => {
    const registry = memoryRegistry();
    let image = amd;
    for (let depth = 0; depth < 7; depth += 1) image = buildIndex([image]);
    registry.put(staging, image);
    expect((await faultsOf(registry, image)).faults[0]).toMatch(/^index_too_deep /);
  });

  it('fails where the image\'s own manifest is missing or none', async () => {
    const registry = memoryRegistry();
    expect((await inspectImage('app', { ...staging, digest: digestOf('x') }, registry, call))._unsafeUnwrapErr().code).toBe('manifest_not_found');
    const text = Buffer.from('<html>');
    registry.put(staging, { ...amd, digest: digestOf(text), raw: { mediaType: amd.raw.mediaType, digest: digestOf(text), bytes: text } });
    const error = (await inspectImage('app', { ...staging, digest: digestOf(text) }, registry, call))._unsafeUnwrapErr();
    expect(error.code).toBe('document_invalid');
    expect(error.message).toMatch(/^app: staging\.example\.com\/team\/app@sha256:/);
    const lying = { ...registry, readManifest: () => okAsync({ ...amd.raw, bytes: arm.raw.bytes }) };
    expect((await inspectImage('app', { ...staging, digest: amd.digest }, lying, call))._unsafeUnwrapErr().code).toBe('digest_mismatch');
  });

  it.each(['readManifest', 'readBlob'] as const)('never takes a fault of the network at %s for a fault of the image (G16)', async (method) => {
    const registry = memoryRegistry();
    const reference = registry.put(staging, buildIndex([amd, arm]));
    registry.fail(method, { error: busy, nth: 2 });
    expect((await inspectImage('app', reference, registry, call))._unsafeUnwrapErr()).toMatchObject({ code: 'registry_unavailable', retryable: true });
  });
});
