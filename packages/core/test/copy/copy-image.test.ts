import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { copyImage, digestOf, err, failure, okAsync, planCopy, readBack, ResultAsync, StreamFault, type Call, type CopyOptions, type Digest, type DigestReference, type Progress, type RegistryError, type Repository } from '@davit/core';
import { buildImage, buildIndex, buildReferrer, manualClock, memoryRegistry, type BuiltImage, type MemoryRegistry, type MemoryRegistryOptions } from '@davit/core/testing';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const production: Repository = { registry: 'production.example.com', repository: 'prod/app' };
const call: Call = { signal: new AbortController().signal };
const busy: RegistryError = failure('registry_unavailable', 'the registry is busy', { retryable: true });

const amd = buildImage({ layers: ['shared base', 'amd64 layer'] });
const arm = buildImage({ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' }, layers: ['shared base', 'arm64 layer'] });
const blob = (text: string): Digest => digestOf(text);

interface Sides {
  readonly source: MemoryRegistry;
  readonly target: MemoryRegistry;
  readonly options: CopyOptions;
}

function sides(image: BuiltImage, { target: targetOptions, ...options }: Partial<Omit<CopyOptions, 'target'>> & { readonly target?: MemoryRegistryOptions } = {}): Sides {
  const source = memoryRegistry({ name: 'source', chunkBytes: 4 });
  const target = memoryRegistry({ name: 'target', ...targetOptions });
  const from = source.put(staging, image, 'v1');
  return { source, target, options: { name: 'app', source, from, target, to: production, ...options } };
}

const stored = (registry: MemoryRegistry, digest: Digest, of = production): DigestReference | undefined => (registry.manifest({ ...of, digest }) === undefined ? undefined : { ...of, digest });

describe('copyImage', () => {
  it('copies a single image: blobs, then the manifest, byte for byte (R16)', async () => {
    const { target, options } = sides(amd);
    const report = (await copyImage(options, call))._unsafeUnwrap();
    expect(report).toEqual({
      digest: amd.digest,
      present: false,
      manifests: { written: 1, present: 0 },
      blobs: { copied: 3, mounted: 0, present: 0, foreign: 0 },
      bytesCopied: [...amd.blobs.values()].reduce((sum, bytes) => sum + bytes.length, 0),
      referrers: 0,
      skippedReferrers: [],
      repaired: false,
    });
    expect(target.manifest({ ...production, digest: amd.digest })?.bytes).toEqual(amd.raw.bytes);
    expect(target.effects.at(-1)).toEqual({ method: 'writeManifest', repository: 'production.example.com/prod/app', digest: amd.digest });
    expect(target.effects.some(({ method }) => method === 'tag')).toBe(false);
  });

  it('copies a whole index with its attestations, what is shared only once, parts before wholes', async () => {
    const index = buildIndex([amd, arm], { attestations: true });
    const { source, target, options } = sides(index);
    const report = (await copyImage(options, call))._unsafeUnwrap();
    expect(report.manifests).toEqual({ written: 5, present: 0 });
    expect(report.blobs.copied).toBe(index.blobs.size);
    expect(source.calls.filter(({ method, digest }) => method === 'readBlob' && digest === blob('shared base'))).toHaveLength(1);
    const written = target.effects.map(({ method, digest }) => ({ method, digest }));
    expect(written.findLastIndex(({ method }) => method === 'writeBlob')).toBeLessThan(written.findIndex(({ method }) => method === 'writeManifest'));
    expect(written.at(-1)?.digest).toBe(index.digest);
  });

  it('copies indexes within indexes, the deepest first', async () => {
    const inner = buildIndex([amd]);
    const outer = buildIndex([inner, arm]);
    const { target, options } = sides(outer);
    expect((await copyImage(options, call))._unsafeUnwrap().manifests.written).toBe(4);
    const manifests = target.effects.filter(({ method }) => method === 'writeManifest').map(({ digest }) => digest);
    expect(manifests.slice(-2)).toEqual([inner.digest, outer.digest]);
  });

  it('refuses indexes that stand in one another without end', async () => {
    let image: BuiltImage = amd;
    for (let depth = 0; depth < 6; depth += 1) image = buildIndex([image]);
    const { options } = sides(image);
    expect((await copyImage(options, call))._unsafeUnwrapErr().code).toBe('document_invalid');
  });

  it('copies artifacts, images without layers, empty blobs, and Docker\'s own types', async () => {
    const docker = buildImage({ docker: true, layers: ['', 'x'] });
    const bare = buildImage({ docker: true, layers: [] });
    // An artifact that is all annotations: configuration and only layer are the same two bytes.
    const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: blob('{}'), size: 2 };
    const artifact: BuiltImage = { ...buildImage({ artifactType: 'application/vnd.example.chart', changeManifest: (manifest) => ({ ...manifest, config: empty, layers: [empty] }) }), blobs: new Map([[blob('{}'), Buffer.from('{}')]]) };
    for (const image of [docker, bare, artifact, buildIndex([docker], { docker: true })]) {
      const { target, options } = sides(image);
      expect((await copyImage(options, call)).isOk()).toBe(true);
      expect(target.manifest({ ...production, digest: image.digest })?.mediaType).toBe(image.raw.mediaType);
    }
    const { target, options } = sides(docker);
    void (await copyImage(options, call));
    expect(target.hasBlob({ ...production, digest: blob('') })).toBe(true);
  });

  it('copies an image that goes by sha512', async () => {
    const layer = digestOf('layer by sha512', 'sha512');
    const mixed = buildImage({ changeManifest: (manifest) => ({ ...manifest, layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer, size: 15 }] }) });
    const image: BuiltImage = { ...mixed, digest: digestOf(mixed.raw.bytes, 'sha512'), raw: { ...mixed.raw, digest: digestOf(mixed.raw.bytes, 'sha512') }, blobs: new Map([...mixed.blobs, [layer, Buffer.from('layer by sha512')]]) };
    const { target, options } = sides(image);
    expect((await copyImage(options, call))._unsafeUnwrap().digest).toBe(image.digest);
    expect(target.hasBlob({ ...production, digest: layer })).toBe(true);
  });

  it('leaves layers that registries need not hold where they are', async () => {
    const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const image = buildImage({ changeManifest: (manifest) => ({ ...manifest, layers: [...(manifest['layers'] as object[]), { mediaType: foreign, digest: blob('elsewhere'), size: 9, urls: ['https://example.com/layer'] }] }) });
    const { target, options } = sides(image);
    expect((await copyImage(options, call))._unsafeUnwrap().blobs).toEqual({ copied: 2, mounted: 0, present: 0, foreign: 1 });
    expect(target.calls.some(({ digest }) => digest === blob('elsewhere'))).toBe(false);
  });

  it.each([['without a URL', {}], ['with an empty list of URLs', { urls: [] }]])('copies a layer of such a type %s as any other: nobody else has it', async (_, urls) => {
    const image = buildImage({ layers: ['only here'], changeManifest: (manifest) => ({ ...manifest, layers: (manifest['layers'] as object[]).map((layer) => ({ ...layer, mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar', ...urls })) }) });
    const { source, target, options } = sides(image);
    expect((await copyImage(options, call))._unsafeUnwrap().blobs).toMatchObject({ copied: 2, foreign: 0 });
    expect(target.hasBlob({ ...production, digest: blob('only here') })).toBe(true);
    source.removeBlob({ ...staging, digest: blob('only here') });
    expect((await copyImage({ ...options, to: { ...production, repository: 'other' } }, call))._unsafeUnwrapErr()).toMatchObject({ code: 'blob_not_found', digest: blob('only here') });
  });

  it('does nothing where the target has the image: one question a side, and the referrers', async () => {
    const { source, target, options } = sides(amd);
    target.put(production, amd);
    const report = (await copyImage(options, call))._unsafeUnwrap();
    expect(report).toMatchObject({ present: true, manifests: { written: 0, present: 1 }, blobs: { copied: 0, mounted: 0, present: 0 } });
    expect(target.calls.map(({ method }) => method)).toEqual(['resolve']);
    expect(source.calls.map(({ method }) => method)).toEqual(['listReferrers', 'listTags']);
    const unsigned = sides(amd, { referrers: false });
    unsigned.target.put(production, amd);
    void (await copyImage(unsigned.options, call));
    expect(unsigned.source.calls).toEqual([]);
    expect(target.effects).toEqual([]);
  });

  it('does what is left when it is asked again after a failure at any write (R18)', async () => {
    const index = buildIndex([amd, arm], { attestations: true });
    const whole = sides(index);
    void (await copyImage(whole.options, call));
    const writes = whole.target.effects.length;
    for (let at = 1; at <= writes; at += 1) {
      const { target, options } = sides(index, { parallel: 1 });
      let seen = 0;
      const counting = (): boolean => (seen += 1) === at;
      for (const method of ['writeBlob', 'writeManifest'] as const) target.fail(method, { error: busy, when: counting });
      const first = await copyImage(options, call);
      expect(first._unsafeUnwrapErr()).toMatchObject({ code: 'registry_unavailable', retryable: true });
      expect((await copyImage(options, call)).isOk()).toBe(true);
      expect(target.effects).toHaveLength(writes);
      expect(new Set(target.effects.map(({ digest }) => digest)).size).toBe(writes);
      expect(stored(target, index.digest)).toBeDefined();
    }
  });

  it('mounts within one registry, and uploads what the registry would not mount', async () => {
    const registry = memoryRegistry();
    const to: Repository = { registry: staging.registry, repository: 'prod/app' };
    const from = registry.put(staging, amd);
    registry.fail('mountBlob', { error: failure('registry_denied', 'no right in the source'), when: ({ digest }) => digest === blob('amd64 layer') });
    const report = (await copyImage({ name: 'app', source: registry, from, target: registry, to }, call))._unsafeUnwrap();
    expect(report.blobs).toEqual({ copied: 1, mounted: 2, present: 0, foreign: 0 });
    const without = memoryRegistry({ mounts: false });
    const again = (await copyImage({ name: 'app', source: without, from: without.put(staging, amd), target: without, to }, call))._unsafeUnwrap();
    expect(again.blobs.copied).toBe(3);
  });

  it('uploads where the registry only fails at mounting, after the adapter asked it as often as it wanted', async () => {
    const registry = memoryRegistry();
    registry.fail('mountBlob', { error: busy, times: 99 });
    const report = await copyImage({ name: 'app', source: registry, from: registry.put(staging, amd), target: registry, to: { registry: staging.registry, repository: 'prod/app' }, parallel: 1 }, call);
    expect(report._unsafeUnwrap().blobs).toMatchObject({ copied: 3, mounted: 0 });
  });

  it.each(['registry_unreachable', 'registry_rate_limited', 'interrupted'] as const)('does not try to upload after %s at a mount', async (code) => {
    const registry = memoryRegistry();
    registry.fail('mountBlob', { error: failure(code, 'no') });
    const result = await copyImage({ name: 'app', source: registry, from: registry.put(staging, amd), target: registry, to: { registry: staging.registry, repository: 'prod/app' }, parallel: 1 }, call);
    expect(result._unsafeUnwrapErr().code).toBe(code);
    expect(registry.count('writeBlob')).toBe(0);
  });

  it('repairs a target that affirms blobs which it lost, once', async () => {
    const { target, options } = sides(amd);
    target.fail('writeManifest', { error: failure('blob_not_found', 'blob unknown to registry') });
    for (const [, bytes] of amd.blobs) target.putBlob(production, bytes);
    const report = (await copyImage(options, call))._unsafeUnwrap();
    expect(report).toMatchObject({ repaired: true, blobs: { copied: 3, present: 0 } });
    const stubborn = sides(amd);
    stubborn.target.fail('writeManifest', { error: failure('blob_not_found', 'blob unknown to registry'), times: 9 });
    expect((await copyImage(stubborn.options, call))._unsafeUnwrapErr().code).toBe('blob_not_found');
    expect(stubborn.target.count('writeManifest')).toBe(2);
  });

  it('repairs below a child that the target affirms, and asks of its blobs before sending them', async () => {
    const index = buildIndex([amd, arm]);
    const { target, options } = sides(index);
    target.put(production, amd);
    target.removeBlob({ ...production, digest: blob('amd64 layer') });
    target.fail('writeManifest', { error: failure('blob_not_found', 'manifest unknown'), when: ({ digest }) => digest === index.digest });
    const report = (await copyImage(options, call))._unsafeUnwrap();
    expect(report.repaired).toBe(true);
    expect(target.hasBlob({ ...production, digest: blob('amd64 layer') })).toBe(true);
    expect(target.calls.filter(({ method, digest }) => method === 'writeBlob' && digest === blob('shared base'))).toHaveLength(0);
  });

  it('looks below what is there where that is asked for', async () => {
    const { target, options } = sides(amd, { deep: true });
    target.put(production, amd);
    target.removeBlob({ ...production, digest: blob('amd64 layer') });
    expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ blobs: { copied: 1, present: 2 }, manifests: { written: 1 }, repaired: false });
    expect(target.hasBlob({ ...production, digest: blob('amd64 layer') })).toBe(true);
  });

  it('takes only the platforms that are asked for, with their attestations, and leaves the bytes of the index where that is asked for', async () => {
    const index = buildIndex([amd, arm], { attestations: true });
    const { target, options } = sides(index, { platforms: [{ os: 'linux', architecture: 'arm64' }], sparse: true, target: { sparseIndexes: true } });
    expect((await copyImage(options, call))._unsafeUnwrap().manifests.written).toBe(3);
    expect(stored(target, arm.digest)).toBeDefined();
    expect(stored(target, amd.digest)).toBeUndefined();
    // The index is there now; other platforms of it still are not.
    const rest = await copyImage({ ...options, platforms: [{ os: 'linux', architecture: 'amd64' }] }, call);
    expect(rest._unsafeUnwrap().manifests.written).toBe(2);
    expect(stored(target, amd.digest)).toBeDefined();
  });

  it('says which platform an index lacks', async () => {
    const { options } = sides(buildIndex([amd]), { platforms: [{ os: 'linux', architecture: 's390x' }] });
    expect((await copyImage(options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'manifest_not_found', platform: 'linux/s390x' });
  });

  describe('with referrers', () => {
    const index = buildIndex([amd, arm]);
    const signature = buildReferrer(index.descriptor);
    const childSignature = buildReferrer(arm.descriptor, { content: 'of the child' });
    const materials = buildReferrer(index.descriptor, { artifactType: 'application/spdx+json', content: 'materials' });
    const signedMaterials = buildReferrer(materials.descriptor, { content: 'of the materials' });

    const prepared = (options: Partial<Omit<CopyOptions, 'target'>> = {}): Sides => {
      const both = sides(index, options);
      for (const image of [signature, childSignature, materials, signedMaterials]) both.source.put(staging, image);
      return both;
    };

    it('copies what refers to the index, to its images, and to referrers; after the image', async () => {
      const { target, options } = prepared();
      const report = (await copyImage(options, call))._unsafeUnwrap();
      expect(report.referrers).toBe(4);
      for (const { digest } of [signature, childSignature, materials, signedMaterials]) expect(stored(target, digest)).toBeDefined();
      const manifests = target.effects.filter(({ method }) => method === 'writeManifest').map(({ digest }) => digest);
      expect(manifests.indexOf(index.digest)).toBe(2);
      expect((await target.listReferrers({ ...production, digest: index.digest }, call))._unsafeUnwrap()).toHaveLength(2);
    });

    it('copies later ones also where the image is there already', async () => {
      const { target, options } = prepared();
      target.put(production, index);
      expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ present: true, referrers: 4, manifests: { written: 4 } });
    });

    it('leaves them where that is asked for', async () => {
      const { source, target, options } = prepared({ referrers: false });
      expect((await copyImage(options, call))._unsafeUnwrap().referrers).toBe(0);
      expect(stored(target, signature.digest)).toBeUndefined();
      expect(source.count('listReferrers')).toBe(0);
    });

    it('skips one that is gone, with its reason, and copies the rest', async () => {
      const { source, target, options } = prepared();
      source.fail('readManifest', { error: failure('manifest_not_found', 'deleted'), when: ({ digest }) => digest === signature.digest });
      const { skippedReferrers, referrers } = (await copyImage(options, call))._unsafeUnwrap();
      expect(skippedReferrers).toEqual([{ digest: signature.digest, reason: 'app: referrer application/vnd.example.signature.v1+json: deleted' }]);
      expect(referrers).toBe(3);
      expect(stored(target, materials.digest)).toBeDefined();
    });

    it('fails where referrers cannot be listed or read: an unsigned copy is not the image', async () => {
      const listing = prepared();
      listing.source.fail('listReferrers', { error: busy, nth: 2 });
      expect((await copyImage(listing.options, call))._unsafeUnwrapErr().code).toBe('registry_unavailable');
      const reading = prepared();
      reading.source.fail('readManifest', { error: busy, when: ({ digest }) => digest === signature.digest });
      expect((await copyImage(reading.options, call))._unsafeUnwrapErr().code).toBe('registry_unavailable');
      expect(reading.target.effects).toEqual([]);
    });

    it('ends although a registry lists referrers in a circle', async () => {
      const { source, options } = sides(amd);
      const circle = buildReferrer(amd.descriptor);
      source.put(staging, circle);
      const circling = { ...source, listReferrers: () => okAsync<readonly (typeof circle.descriptor)[], RegistryError>([circle.descriptor, amd.descriptor]) };
      expect((await copyImage({ ...options, source: circling }, call))._unsafeUnwrap().referrers).toBe(1);
    });
  });

  describe('when something goes wrong', () => {
    it('names the image and the part, and keeps code, facts and retryable', async () => {
      const { source, options } = sides(amd, { parallel: 1 });
      source.fail('readBlob', { error: { ...busy, retryAfterMs: 2000 }, when: ({ digest }) => digest === blob('amd64 layer') });
      expect((await copyImage(options, call))._unsafeUnwrapErr()).toEqual({ ...busy, retryAfterMs: 2000, message: 'app: image layers[1]: the registry is busy', digest: blob('amd64 layer') });
    });

    it('refuses damaged bytes before the target can complete them', async () => {
      const { source, target, options } = sides(amd);
      source.damageBlob({ ...staging, digest: blob('amd64 layer') }, Buffer.from('amd64 LAYER'));
      expect((await copyImage(options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'digest_mismatch', digest: blob('amd64 layer'), retryable: false });
      expect(target.hasBlob({ ...production, digest: blob('amd64 layer') })).toBe(false);
      expect(stored(target, amd.digest)).toBeUndefined();
    });

    it.each([1, 2, 3])('fetches a blob again that came damaged %i times, and says so', async (times) => {
      const { source, target, options } = sides(amd);
      const layer = blob('amd64 layer');
      let opened = 0;
      const flipping = {
        ...source,
        readBlob: (...[which, offset, inner]: Parameters<typeof source.readBlob>) => {
          if (which.digest === layer) opened += 1;
          const wrong = which.digest === layer && opened <= times;
          return source.readBlob(which, offset, inner).map((stream) => (wrong ? { ...stream, body: (async function* () { for await (const part of stream.body) yield part.map((byte) => byte ^ 1); })() } : stream));
        },
      };
      const told: Progress[] = [];
      expect((await copyImage({ ...options, source: flipping }, { ...call, progress: (progress) => told.push(progress) })).isOk()).toBe(true);
      expect(target.hasBlob({ ...production, digest: layer })).toBe(true);
      expect(told.filter(({ type }) => type === 'request.retry')).toHaveLength(times);
    });

    it('fetches what always comes damaged four times in all, and the error is final', async () => {
      const { source, target, options } = sides(amd);
      source.damageBlob({ ...staging, digest: blob('amd64 layer') }, Buffer.from('amd64 LAYER'));
      expect((await copyImage(options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'digest_mismatch', retryable: false });
      expect(source.calls.filter(({ method, digest }) => method === 'readBlob' && digest === blob('amd64 layer'))).toHaveLength(4);
      expect(target.hasBlob({ ...production, digest: blob('amd64 layer') })).toBe(false);
    });

    it('does not make a chart begin anew over a manifest that stays wrong', async () => {
      const { source, options } = sides(amd);
      source.fail('readManifest', { error: failure('digest_mismatch', 'wrong three times', { retryable: true }) });
      expect((await copyImage(options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'digest_mismatch', retryable: false });
    });

    it('reports the broken stream even where the target blames something else', async () => {
      const { source, target, options } = sides(amd);
      source.damageBlob({ ...staging, digest: blob('amd64 layer') }, Buffer.from('short'));
      target.fail('writeBlob', { error: failure('registry_timeout', 'upload ended', { retryable: true }), applied: true, when: ({ digest }) => digest === blob('amd64 layer') });
      expect((await copyImage(options, call))._unsafeUnwrapErr().code).toBe('size_mismatch');
    });

    it('does not blame a stream that was ended because the target failed', async () => {
      const { source, target, options } = sides(amd, { parallel: 1 });
      const failing = {
        ...target,
        writeBlob: (...[, content, inner]: Parameters<typeof target.writeBlob>) =>
          content.open(0, inner).andThen((stream) => new ResultAsync((async () => {
            const reading = stream.body[Symbol.asyncIterator]();
            await reading.next().catch(() => undefined);
            return err(busy);
          })())),
      };
      const ended = { ...source, readBlob: () => okAsync({ offset: 0, body: (async function* () { yield* []; await Promise.resolve(); throw new StreamFault(failure('interrupted', 'told to end')); })() }) };
      expect((await copyImage({ ...options, source: ended, target: failing }, call))._unsafeUnwrapErr().code).toBe('registry_unavailable');
    });

    it('refuses a manifest that does not have its digest, whatever the source promises', async () => {
      const { source, options } = sides(amd);
      const lying = { ...source, readManifest: () => okAsync({ ...amd.raw, bytes: arm.raw.bytes }) };
      expect((await copyImage({ ...options, source: lying }, call))._unsafeUnwrapErr().code).toBe('digest_mismatch');
    });

    it('stops the siblings at the first error, waits for them, and returns that error', async () => {
      const { target, options } = sides(amd, { parallel: 3 });
      target.fail('writeBlob', { when: ({ digest }) => digest === blob('amd64 layer') });
      target.fail('writeBlob', { error: busy, when: ({ digest }) => digest === blob('shared base') });
      expect((await copyImage(options, call))._unsafeUnwrapErr().code).toBe('registry_unavailable');
    });

    it('stops when the signal fires', async () => {
      const controller = new AbortController();
      const { target, options } = sides(amd);
      target.fail('writeBlob', { times: 9 });
      target.before('writeBlob', () => { setImmediate(() => { controller.abort(); }); });
      expect((await copyImage(options, { signal: controller.signal }))._unsafeUnwrapErr().code).toBe('interrupted');
      expect(target.effects).toEqual([]);
    });
  });

  it('keeps to its limit of parallel uploads', async () => {
    const image = buildImage({ layers: Array.from({ length: 12 }, (_, at) => `layer ${String(at)}`) });
    const { target, options } = sides(image, { parallel: 3 });
    let running = 0;
    let most = 0;
    target.before('writeBlob', async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    });
    void (await copyImage(options, call));
    expect(most).toBe(3);
  });

  it('tells its progress at most four times a second a blob, and what became of each', async () => {
    const text = 'x'.repeat(400);
    const image = buildImage({ layers: [text, 'present'] });
    const clock = manualClock(0);
    const { source, target, options } = sides(image, { clock, parallel: 1 });
    target.putBlob(production, Buffer.from('present'));
    const told: Progress[] = [];
    const slow = {
      ...source,
      readBlob: (...given: Parameters<typeof source.readBlob>) =>
        source.readBlob(...given).map((stream) => ({
          ...stream,
          body: (async function* () {
            for await (const part of stream.body) {
              clock.set(clock.now() + 10);
              yield part;
            }
          })(),
        })),
    };
    void (await copyImage({ ...options, source: slow }, { ...call, progress: (progress) => told.push(progress) }));
    const of = (digest: Digest): string[] => told.flatMap((progress) => (progress.type === 'copy.blob' && progress.digest === digest ? [`${progress.state} ${String(progress.bytes)}/${String(progress.size)}`] : []));
    // A hundred chunks in a second.
    expect(of(blob(text))).toEqual(['copying 0/400', 'copying 100/400', 'copying 200/400', 'copying 300/400', 'copying 400/400', 'copied 400/400']);
    expect(of(blob('present'))).toEqual(['skipped 7/7']);
    expect(told[0]).toMatchObject({ type: 'copy.planned', image: 'app', blobs: 3, present: 1 });
  });

  it('brings over any image whatsoever, and finds nothing to do afterwards', async () => {
    const image = fc.record({ layers: fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 5 }), architecture: fc.constantFrom('amd64', 'arm64', 'riscv64') }).map(({ layers, architecture }) => buildImage({ layers, platform: { os: 'linux', architecture } }));
    const any = fc.oneof(image, fc.tuple(fc.array(image, { maxLength: 4 }), fc.boolean()).map(([images, attestations]) => buildIndex(images, { attestations })));
    await fc.assert(
      fc.asyncProperty(any, fc.integer({ min: 1, max: 6 }), async (built, parallel) => {
        const { target, options } = sides(built, { parallel });
        expect((await copyImage(options, call)).isOk()).toBe(true);
        for (const raw of [...built.children, built.raw]) expect(target.manifest({ ...production, digest: raw.digest })?.bytes).toEqual(raw.bytes);
        const { length } = target.effects;
        expect((await copyImage(options, call))._unsafeUnwrap().present).toBe(true);
        expect(target.effects).toHaveLength(length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('planCopy', () => {
  it('says what would be done and writes nothing', async () => {
    const index = buildIndex([amd, arm]);
    const { target, options } = sides(index);
    target.putBlob(production, Buffer.from('shared base'));
    const plan = (await planCopy(options, call))._unsafeUnwrap();
    expect(plan).toMatchObject({ image: 'app', digest: index.digest, from: 'staging.example.com/team/app', to: 'production.example.com/prod/app', present: false, foreignBlobs: 0 });
    expect(plan.manifests.map(({ label, role }) => [label, role])).toEqual([['linux/amd64', 'image'], ['linux/arm64/v8', 'image'], ['image', 'index']]);
    expect(plan.blobs.map(({ label, action }) => [label, action])).toEqual([['linux/arm64/v8 config', 'copy'], ['linux/amd64 config', 'copy'], ['linux/amd64 layers[0]', 'present'], ['linux/amd64 layers[1]', 'copy'], ['linux/arm64/v8 layers[1]', 'copy']]);
    expect(plan.bytes).toMatchObject({ present: 11, mount: 0 });
    expect(target.effects).toEqual([]);
    expect(target.calls.every(({ method }) => method === 'resolve' || method === 'statBlob')).toBe(true);
  });

  it('plans to mount only between repositories of one registry', async () => {
    const registry = memoryRegistry();
    const from = registry.put(staging, amd);
    const plan = (await planCopy({ name: 'app', source: registry, from, target: registry, to: { registry: staging.registry, repository: 'prod/app' } }, call))._unsafeUnwrap();
    expect(plan.blobs.every(({ action }) => action === 'mount')).toBe(true);
  });

  it('fails where the target cannot be asked, instead of guessing', async () => {
    const { target, options } = sides(amd);
    target.fail('resolve', { error: failure('registry_denied', 'no') });
    expect((await planCopy(options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'registry_denied', message: 'app: image: no' });
  });
});

describe('readBack', () => {
  it('accepts what is the image, byte for byte (R17)', async () => {
    const { target, options } = sides(amd);
    void (await copyImage(options, call));
    expect((await readBack({ name: 'app', target, to: production, digest: amd.digest, expected: amd.descriptor }, call))._unsafeUnwrap()).toEqual({ mediaType: amd.raw.mediaType, digest: amd.digest, size: amd.raw.bytes.length });
  });

  it('refuses what is missing, other, or called otherwise', async () => {
    const { target } = sides(amd);
    const request = { name: 'app', target, to: production, digest: amd.digest, expected: amd.descriptor };
    expect((await readBack(request, call))._unsafeUnwrapErr().code).toBe('manifest_not_found');
    const serving = (raw: typeof amd.raw) => ({ ...request, target: { ...target, readManifest: () => okAsync(raw) } });
    expect((await readBack(serving({ ...amd.raw, bytes: arm.raw.bytes }), call))._unsafeUnwrapErr().code).toBe('digest_mismatch');
    expect((await readBack(serving({ ...amd.raw, mediaType: 'application/json' }), call))._unsafeUnwrapErr().code).toBe('registry_protocol');
    expect((await readBack({ ...serving(amd.raw), expected: { ...amd.descriptor, size: 1 } }, call))._unsafeUnwrapErr().code).toBe('size_mismatch');
  });
});
