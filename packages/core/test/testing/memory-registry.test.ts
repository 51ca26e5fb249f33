import { describe, expect, it } from 'vitest';
import { digestOf, failure, okAsync, parseManifest, streamFault, type BlobContent, type Call, type Digest, type Repository } from '@davit/core';
import { buildImage, buildIndex, buildReferrer, memoryRegistry, type MemoryRegistry } from '@davit/core/testing';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const production: Repository = { registry: 'staging.example.com', repository: 'prod/app' };
const call: Call = { signal: new AbortController().signal };
const busy = failure('registry_unavailable', 'busy', { retryable: true });

async function read(registry: MemoryRegistry, digest: Digest, offset = 0): Promise<string> {
  const stream = (await registry.readBlob({ ...staging, digest }, offset, call))._unsafeUnwrap();
  const parts: Uint8Array[] = [];
  for await (const part of stream.body) parts.push(part);
  return Buffer.concat(parts).toString();
}

const content = (digest: Digest, text: string): BlobContent => ({
  descriptor: { mediaType: 'application/octet-stream', digest, size: text.length },
  open: () =>
    okAsync({
      offset: 0,
      body: (async function* () {
        await Promise.resolve();
        yield Buffer.from(text);
      })(),
    }),
});

describe('memoryRegistry', () => {
  it('serves what was put by hand: by tag, by digest, whole and from the middle', async () => {
    const registry = memoryRegistry({ chunkBytes: 3 });
    const image = buildImage({ layers: ['0123456789'] });
    const reference = registry.put(staging, image, 'v1');
    expect((await registry.resolve({ ...staging, tag: 'v1' }, call))._unsafeUnwrap().digest).toBe(image.digest);
    expect((await registry.readManifest(reference, call))._unsafeUnwrap().bytes).toEqual(image.raw.bytes);
    const layer = digestOf('0123456789');
    expect((await registry.statBlob({ ...staging, digest: layer }, call))._unsafeUnwrap()).toBe(10);
    expect(await read(registry, layer)).toBe('0123456789');
    expect(await read(registry, layer, 4)).toBe('456789');
    expect(registry.effects).toEqual([]);
  });

  it('has a name for what is missing', async () => {
    const registry = memoryRegistry();
    const digest = digestOf('none');
    expect((await registry.resolve({ ...staging, tag: 'v1' }, call))._unsafeUnwrapErr().code).toBe('manifest_not_found');
    expect((await registry.readManifest({ ...staging, digest }, call))._unsafeUnwrapErr().code).toBe('manifest_not_found');
    expect((await registry.readBlob({ ...staging, digest }, 0, call))._unsafeUnwrapErr().code).toBe('blob_not_found');
    expect((await registry.statBlob({ ...staging, digest }, call))._unsafeUnwrap()).toBeNull();
  });

  it('refuses a blob with another digest and a manifest whose parts it lacks', async () => {
    const registry = memoryRegistry();
    const image = buildImage();
    const digest = digestOf('right');
    expect((await registry.writeBlob({ ...staging, digest }, content(digest, 'wrong'), call))._unsafeUnwrapErr().code).toBe('registry_refused');
    expect(registry.hasBlob({ ...staging, digest })).toBe(false);
    expect((await registry.writeManifest(staging, image.raw, call))._unsafeUnwrapErr().code).toBe('blob_not_found');
    const index = buildIndex([image]);
    expect((await registry.writeManifest(staging, index.raw, call))._unsafeUnwrapErr().code).toBe('blob_not_found');
    expect(registry.effects).toEqual([]);
  });

  it('refuses a blob of another size, and a text that is no tag', async () => {
    const registry = memoryRegistry();
    const digest = digestOf('right');
    const { open } = content(digest, 'right');
    const short: BlobContent = { descriptor: { mediaType: 'application/octet-stream', digest, size: 6 }, open };
    expect((await registry.writeBlob({ ...staging, digest }, short, call))._unsafeUnwrapErr().message).toMatch('it has 5 bytes instead of 6');
    const image = buildImage();
    registry.put(staging, image);
    expect((await registry.tag(staging, 'a b', image.raw, call))._unsafeUnwrapErr().code).toBe('reference_invalid');
    expect(registry.effects).toEqual([]);
  });

  it('does not wait for a source that hangs once the signal has fired, and keeps nothing', async () => {
    const registry = memoryRegistry();
    const digest = digestOf('never');
    const stop = new AbortController();
    const hanging: BlobContent = {
      descriptor: { mediaType: 'application/octet-stream', digest, size: 5 },
      open: () =>
        okAsync({
          offset: 0,
          body: (async function* () {
            yield Buffer.from('nev');
            stop.abort();
            await new Promise(() => undefined);
          })(),
        }),
    };
    expect((await registry.writeBlob({ ...staging, digest }, hanging, { signal: stop.signal }))._unsafeUnwrapErr().code).toBe('interrupted');
    expect(registry.hasBlob({ ...staging, digest })).toBe(false);
  });

  it('never gives the bytes of a damaged manifest', async () => {
    const registry = memoryRegistry();
    const image = buildImage();
    const reference = registry.put(staging, image, 'v1');
    registry.damageManifest(reference, Buffer.from('{}'));
    expect((await registry.readManifest(reference, call))._unsafeUnwrapErr()).toMatchObject({ code: 'digest_mismatch', expected: image.digest, actual: digestOf('{}') });
  });

  it('mounts within one registry only, and notes what changed', async () => {
    const registry = memoryRegistry();
    const image = buildImage();
    registry.put(staging, image);
    const [digest] = image.blobs.keys();
    expect((await registry.mountBlob({ ...production, digest: digest as Digest }, staging, call))._unsafeUnwrap()).toBe(true);
    expect((await registry.mountBlob({ registry: 'other.example.com', repository: 'a', digest: digest as Digest }, staging, call))._unsafeUnwrap()).toBe(false);
    expect(registry.effects).toEqual([{ method: 'mountBlob', repository: 'staging.example.com/prod/app', digest }]);
  });

  it('lists what refers to a manifest', async () => {
    const registry = memoryRegistry();
    const image = buildImage();
    const signature = buildReferrer(image.descriptor);
    const subject = registry.put(staging, image);
    registry.put(staging, signature);
    expect((await registry.listReferrers(subject, call))._unsafeUnwrap()).toEqual([{ mediaType: signature.raw.mediaType, digest: signature.digest, size: signature.raw.bytes.length, artifactType: 'application/vnd.example.signature.v1+json' }]);
  });

  it('fails as scripted: which call, how often, and for which digest', async () => {
    const registry = memoryRegistry();
    const image = buildImage();
    const reference = registry.put(staging, image, 'v1');
    registry.fail('resolve', { error: busy, nth: 2, times: 2 });
    const outcomes: boolean[] = [];
    for (let turn = 0; turn < 4; turn += 1) outcomes.push((await registry.resolve(reference, call)).isOk());
    expect(outcomes).toEqual([true, false, false, true]);
    registry.fail('readManifest', { error: busy, when: ({ digest }) => digest !== image.digest });
    expect((await registry.readManifest(reference, call)).isOk()).toBe(true);
    expect(registry.count('resolve')).toBe(4);
  });

  it('can lose only the answer of a write', async () => {
    const registry = memoryRegistry();
    const image = buildImage();
    registry.put(staging, image);
    registry.fail('tag', { error: busy, applied: true });
    expect((await registry.tag(staging, 'v1', image.raw, call)).isErr()).toBe(true);
    expect(registry.tagged(staging, 'v1')).toBe(image.digest);
  });

  it('hangs as scripted until the signal fires', async () => {
    const registry = memoryRegistry();
    registry.fail('statBlob', {});
    const controller = new AbortController();
    const asked = registry.statBlob({ ...staging, digest: digestOf('x') }, { signal: controller.signal });
    controller.abort();
    expect((await asked)._unsafeUnwrapErr().code).toBe('interrupted');
  });

  it('cuts a blob stream when the signal fires', async () => {
    const registry = memoryRegistry({ chunkBytes: 1 });
    const digest = registry.putBlob(staging, Buffer.from('abc'));
    const controller = new AbortController();
    const stream = (await registry.readBlob({ ...staging, digest }, 0, { signal: controller.signal }))._unsafeUnwrap();
    const thrown = await (async () => {
      for await (const part of stream.body) if (part.length > 0) controller.abort();
    })().catch((error: unknown) => error);
    expect(streamFault(thrown)?.code).toBe('interrupted');
  });

  it('lets a hook end the process in mid-call', async () => {
    const registry = memoryRegistry();
    registry.before('statBlob', () => {
      throw new Error('killed');
    });
    await expect(registry.statBlob({ ...staging, digest: digestOf('x') }, call)).rejects.toThrow('killed');
  });
});

describe('the image builder', () => {
  it('makes images and indexes that can be read, with attestations beside the images', () => {
    const amd = buildImage({ labels: { a: 'b' } });
    const arm = buildImage({ platform: { os: 'linux', architecture: 'arm64' }, layers: ['arm'] });
    const index = buildIndex([amd, arm], { attestations: true });
    const parsed = parseManifest(index.raw)._unsafeUnwrap();
    expect(parsed.kind === 'index' && parsed.manifests.map(({ platform }) => platform?.architecture)).toEqual(['amd64', 'arm64', 'unknown', 'unknown']);
    expect(index.children).toHaveLength(4);
    expect(index.blobs.size).toBe(8);
    expect(parseManifest(amd.raw)._unsafeUnwrap().kind).toBe('manifest');
  });
});
