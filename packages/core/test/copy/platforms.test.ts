import { describe, expect, it } from 'vitest';
import { copyImage, digestOf, failure, okAsync, parseManifest, planCopy, type Call, type CopyOptions, type Digest, type ImageIndex, type ImageSource, type Platform, type Repository } from '@davit/core';
import { buildImage, buildIndex, buildReferrer, memoryRegistry, type BuiltImage, type MemoryRegistry } from '@davit/core/testing';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const production: Repository = { registry: 'production.example.com', repository: 'prod/app' };
const call: Call = { signal: new AbortController().signal };
const amd64: Platform = { os: 'linux', architecture: 'amd64' };
const arm64: Platform = { os: 'linux', architecture: 'arm64' };
const amd = buildImage({ layers: ['base', 'amd64'] });
const arm = buildImage({ platform: arm64, layers: ['base', 'arm64'] });
const s390 = buildImage({ platform: { os: 'linux', architecture: 's390x' }, layers: ['base', 's390x'] });

function sides(image: BuiltImage, more: Partial<CopyOptions>): { readonly source: MemoryRegistry; readonly target: MemoryRegistry; readonly options: CopyOptions } {
  const source = memoryRegistry();
  const target = memoryRegistry();
  return { source, target, options: { name: 'app', source, from: source.put(staging, image), target, to: production, ...more } };
}

const indexAt = (target: MemoryRegistry, digest: BuiltImage['digest']): ImageIndex => {
  const raw = target.manifest({ ...production, digest });
  if (raw === undefined) throw new Error(`${digest} is not there`);
  return parseManifest(raw)._unsafeUnwrap() as ImageIndex;
};

describe('a copy of some platforms', () => {
  it('writes a new index over just these, and says both digests', async () => {
    const index = buildIndex([amd, arm, s390], { annotations: { 'org.opencontainers.image.version': '1.4' }, attestations: true });
    const { target, options } = sides(index, { platforms: [arm64, amd64] });
    const report = (await copyImage(options, call))._unsafeUnwrap();
    expect(report).toMatchObject({ sourceDigest: index.digest, manifests: { written: 5 } });
    expect(report.digest).not.toBe(index.digest);
    const written = indexAt(target, report.digest);
    // In the order of the index that was copied, annotations and attestations of the chosen images kept.
    const original = parseManifest(index.raw)._unsafeUnwrap() as ImageIndex;
    expect(written.manifests).toEqual([original.manifests[0], original.manifests[1], original.manifests[3], original.manifests[4]]);
    expect(written.annotations).toEqual({ 'org.opencontainers.image.version': '1.4' });
    expect(target.manifest({ ...production, digest: s390.digest })).toBeUndefined();
    expect(target.manifest({ ...production, digest: index.digest })).toBeUndefined();
  });

  it('is the same every time, and finds nothing to do the second time', async () => {
    const { target, options } = sides(buildIndex([amd, arm]), { platforms: [amd64] });
    const first = (await copyImage(options, call))._unsafeUnwrap();
    const effects = target.effects.length;
    expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ digest: first.digest, present: true, manifests: { written: 0, present: 2 } });
    expect(target.effects).toHaveLength(effects);
  });

  it('keeps the index itself where all of it was chosen', async () => {
    const index = buildIndex([amd, arm]);
    const { target, options } = sides(index, { platforms: [amd64, arm64] });
    const report = (await copyImage(options, call))._unsafeUnwrap();
    expect(report).not.toHaveProperty('sourceDigest');
    expect(target.manifest({ ...production, digest: index.digest })?.bytes).toEqual(index.raw.bytes);
  });

  it('looks into nested indexes, and leaves those out that have none of them', async () => {
    const index = buildIndex([buildIndex([amd, s390]), buildIndex([s390]), arm]);
    const { target, options } = sides(index, { platforms: [amd64, arm64] });
    const { digest } = (await copyImage(options, call))._unsafeUnwrap();
    const { manifests } = indexAt(target, digest);
    expect(manifests).toHaveLength(2);
    expect(indexAt(target, manifests[0]!.digest).manifests.map((child) => child.digest)).toEqual([amd.digest]);
    expect(manifests[0]!.size).toBe(target.manifest({ ...production, digest: manifests[0]!.digest })?.bytes.length);
    expect(manifests[1]!.digest).toBe(arm.digest);
  });

  it('works for Docker\'s manifest lists', async () => {
    const images = [buildImage({ docker: true, layers: ['a'] }), buildImage({ docker: true, platform: arm64, layers: ['b'] })];
    const { target, options } = sides(buildIndex(images, { docker: true }), { platforms: [arm64] });
    const { digest } = (await copyImage(options, call))._unsafeUnwrap();
    expect(indexAt(target, digest).manifests).toHaveLength(1);
    expect(target.manifest({ ...production, digest })?.mediaType).toBe('application/vnd.docker.distribution.manifest.list.v2+json');
  });

  it('brings the signatures of the images, and not those of the index that stays behind', async () => {
    const index = buildIndex([amd, arm]);
    const { source, target, options } = sides(index, { platforms: [amd64] });
    const [ofIndex, ofImage] = [buildReferrer(index.descriptor), buildReferrer(amd.descriptor, { content: 'of the image' })];
    for (const signature of [ofIndex, ofImage]) source.put(staging, signature);
    expect((await copyImage(options, call))._unsafeUnwrap().referrers).toBe(1);
    expect(target.manifest({ ...production, digest: ofImage.digest })).toBeDefined();
    expect(target.manifest({ ...production, digest: ofIndex.digest })).toBeUndefined();
  });

  it('brings the signatures of their attestations, and not those of the others', async () => {
    const index = buildIndex([amd, arm], { attestations: true });
    const { source, options } = sides(index, { platforms: [amd64] });
    const signatures = index.children.slice(2).map(({ digest }) => buildReferrer({ ...amd.descriptor, digest }));
    for (const signature of signatures) source.put(staging, signature);
    for (const sparse of [false, true]) {
      const target = memoryRegistry({ sparseIndexes: sparse });
      expect((await copyImage({ ...options, target, sparse }, call))._unsafeUnwrap().referrers).toBe(1);
      expect(signatures.map(({ digest }) => target.manifest({ ...production, digest }) !== undefined)).toEqual([true, false]);
    }
  });

  it('takes entries for what they say and not for what they name: of one image for two platforms only the one that is asked for', async () => {
    const also = (image: BuiltImage, platform: Platform): BuiltImage => ({ ...image, descriptor: { ...image.descriptor, platform } });
    const armV6: Platform = { os: 'linux', architecture: 'arm', variant: 'v6' };
    const armV7: Platform = { ...armV6, variant: 'v7' };
    const old = buildImage({ platform: armV6, layers: ['arm'] });
    const index = buildIndex([amd, also(amd, arm64), old, also(old, armV7)]);
    for (const [wanted, image] of [[arm64, amd], [armV6, old], [armV7, old]] as const) {
      const { target, options } = sides(index, { platforms: [wanted] });
      const report = (await copyImage(options, call))._unsafeUnwrap();
      expect(indexAt(target, report.digest).manifests).toEqual([{ ...image.descriptor, platform: wanted }]);
      expect(report.manifests).toEqual({ written: 2, present: 0 });
    }
    // What both entries name is written and counted once.
    const both = sides(index, { platforms: [armV6, armV7] });
    const plan = (await planCopy(both.options, call))._unsafeUnwrap();
    expect(plan.manifests.map(({ role, children }) => [role, children])).toEqual([['image', []], ['index', [old.digest]]]);
    expect(indexAt(both.target, (await copyImage(both.options, call))._unsafeUnwrap().digest).manifests).toHaveLength(2);
  });

  it('takes an index in an index for each entry that names it', async () => {
    const inner = buildIndex([amd, s390]);
    const { target, options } = sides(buildIndex([inner, arm, inner]), { platforms: [amd64] });
    const { manifests } = indexAt(target, (await copyImage(options, call))._unsafeUnwrap().digest);
    expect(manifests).toHaveLength(2);
    expect(manifests[0]).toEqual(manifests[1]);
    expect(indexAt(target, manifests[0]!.digest).manifests.map(({ digest }) => digest)).toEqual([amd.digest]);
  });

  it('leaves nothing in an entry of what it named before', async () => {
    const inner = buildIndex([amd, s390]);
    const embedded = { ...inner, descriptor: { ...inner.descriptor, data: Buffer.from(inner.raw.bytes).toString('base64'), annotations: { a: 'b' } } };
    const whole = { ...amd, descriptor: { ...amd.descriptor, data: 'eA==' } };
    const { target, options } = sides(buildIndex([embedded, whole, arm]), { platforms: [amd64] });
    const { digest } = (await copyImage(options, call))._unsafeUnwrap();
    const { manifests } = JSON.parse(Buffer.from(target.manifest({ ...production, digest })!.bytes).toString()) as { manifests: readonly Record<string, unknown>[] };
    expect(manifests).toMatchObject([{ mediaType: inner.raw.mediaType, annotations: { a: 'b' } }, whole.descriptor]);
    expect(manifests[0]).not.toHaveProperty('data');
  });

  it('finds an image of which the index does not say what it is for by its configuration, and so those in nested indexes', async () => {
    const unnamed = ({ descriptor: { platform: _, ...descriptor }, ...image }: BuiltImage): BuiltImage => ({ ...image, descriptor });
    const index = buildIndex([unnamed(amd), unnamed(s390), buildIndex([unnamed(arm), amd])]);
    const { source, target, options } = sides(index, { platforms: [arm64, amd64] });
    const { digest } = (await copyImage(options, call))._unsafeUnwrap();
    const { manifests } = indexAt(target, digest);
    expect(manifests).toMatchObject([unnamed(amd).descriptor, { mediaType: index.raw.mediaType }]);
    expect(manifests[0]).not.toHaveProperty('platform');
    expect(indexAt(target, manifests[1]!.digest).manifests.map((child) => child.digest)).toEqual([arm.digest, amd.digest]);
    // Each manifest once.
    expect(source.calls.filter(({ method, digest: of }) => method === 'readManifest' && of === amd.digest)).toHaveLength(1);
    const lacking = sides(index, { platforms: [{ os: 'windows', architecture: 'amd64' }] });
    expect((await copyImage(lacking.options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'manifest_not_found', platform: 'windows/amd64' });
  });

  it('takes no entry of which nobody can say what it is for, and no attestation for an image', async () => {
    const { platform: _, ...broken } = buildImage({ layers: ['broken'], changeConfig: ({ os: __, ...config }) => config }).descriptor;
    const gone = { mediaType: broken.mediaType, digest: digestOf('gone'), size: 5 };
    const index = buildIndex([arm, buildReferrer(amd.descriptor), buildImage({ layers: ['broken'], changeConfig: ({ os: __, ...config }) => config })], {
      changeIndex: ({ manifests, ...more }) => ({ ...more, manifests: [...(manifests as { digest: string }[]).map((entry) => (entry.digest === broken.digest ? broken : entry)), gone, { ...gone, annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': 'x' } }] }),
    });
    const { options } = sides(index, { platforms: [arm64] });
    const report = (await copyImage(options, call))._unsafeUnwrap();
    expect(report.manifests.written).toBe(2);
    const { source, options: asked } = sides(index, { platforms: [amd64] });
    expect((await copyImage(asked, call))._unsafeUnwrapErr().code).toBe('manifest_not_found');
    source.fail('readManifest', { error: failure('registry_denied', 'no'), nth: 2 });
    expect((await copyImage(asked, call))._unsafeUnwrapErr().code).toBe('registry_denied');
  });

  it('refuses an index that has no list, and one that is nested too deep to be written again', async () => {
    const none = sides(buildIndex([amd], { changeIndex: (document) => ({ ...document, manifests: null }) }), { platforms: [amd64] });
    expect((await copyImage(none.options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'manifest_not_found', platform: 'linux/amd64' });
    const index = buildIndex([amd, arm]);
    const bytes = Buffer.from(`${Buffer.from(index.raw.bytes).toString().slice(0, -1)},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    const raw = { ...index.raw, bytes, digest: digestOf(bytes) };
    const source = memoryRegistry();
    source.put(staging, index);
    const deep: ImageSource = { ...source, readManifest: (reference, inner) => (reference.digest === raw.digest ? okAsync(raw) : source.readManifest(reference, inner)) };
    expect((await copyImage({ ...none.options, source: deep, from: { ...staging, digest: raw.digest } }, call))._unsafeUnwrapErr()).toMatchObject({ code: 'document_invalid', digest: raw.digest });
  });

  it('puts the tag on the new index, and the plan says so before', async () => {
    const { target, options } = sides(buildIndex([amd, arm]), { platforms: [amd64], tags: [{ tag: 'slim' }] });
    const plan = (await planCopy(options, call))._unsafeUnwrap();
    expect(plan.tags).toEqual([{ tag: 'slim', kind: 'asked', policy: 'allow-move', digest: plan.digest, previous: null, action: 'put' }]);
    expect(target.effects).toEqual([]);
    const report = (await copyImage(options, call))._unsafeUnwrap();
    expect(report.digest).toBe(plan.digest);
    expect(target.tagged(production, 'slim')).toBe(plan.digest);
  });

});

describe('a copy of some platforms of an image without an index', () => {
  const windows: Platform = { os: 'windows', architecture: 'arm64' };
  const configOf = (image: BuiltImage): Digest => [...image.blobs.keys()][0]!;

  it.each<[string, BuiltImage, readonly Platform[]]>([
    ['is for the one that is asked for', amd, [amd64]],
    ['is for it by the usual variant', buildImage({ platform: { ...arm64, variant: 'v8' } }), [arm64]],
    ['is an artifact, which is for none', buildReferrer(amd.descriptor), [amd64]],
  ])('takes it as it is where it %s', async (_, image, platforms) => {
    const { options } = sides(image, { platforms });
    expect((await copyImage(options, call))._unsafeUnwrap().digest).toBe(image.digest);
    expect((await copyImage(options, call))._unsafeUnwrap().present).toBe(true);
  });

  it.each<[string, readonly Platform[], string]>([
    ['another one', [windows], 'windows/arm64'],
    ['one more', [amd64, arm64], 'linux/arm64'],
  ])('refuses it where %s is asked for, as an index that lacks it, and writes nothing', async (_, platforms, lacking) => {
    for (const image of [amd, buildIndex([amd])]) {
      const { target, options } = sides(image, { platforms });
      const expected = { code: 'manifest_not_found', digest: image.digest, platform: lacking, retryable: false };
      expect((await planCopy(options, call))._unsafeUnwrapErr()).toMatchObject(expected);
      expect((await copyImage(options, call))._unsafeUnwrapErr()).toMatchObject(expected);
      expect(target.effects).toEqual([]);
      // Also where the target has it: what was asked for is not there.
      target.put(production, image);
      expect((await copyImage(options, call))._unsafeUnwrapErr()).toMatchObject(expected);
    }
    const { options } = sides(amd, { platforms });
    expect((await copyImage(options, call))._unsafeUnwrapErr().message).toBe(`app: the image ${amd.digest} is for linux/amd64, and not for ${lacking}`);
  });

  it('reads the configuration a second time where its bytes are wrong, and says what is wrong with it', async () => {
    const { source, options } = sides(amd, { platforms: [amd64] });
    const config = configOf(amd);
    const right = Buffer.from(amd.blobs.get(config)!);
    source.damageBlob({ ...staging, digest: config }, Buffer.alloc(right.length, 'x'));
    expect((await copyImage(options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'digest_mismatch', retryable: false, message: expect.stringMatching(/^app: image config: /) as string });
    let reads = 0;
    source.before('readBlob', ({ digest }) => {
      if (digest === config && (reads += 1) === 2) source.damageBlob({ ...staging, digest: config }, right);
    });
    expect((await copyImage(options, call))._unsafeUnwrap().digest).toBe(amd.digest);
    source.removeBlob({ ...staging, digest: config });
    expect((await copyImage(options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'blob_not_found', digest: config });
  });

  it('refuses a configuration that does not say what it is for, and one that nobody would read', async () => {
    const silent = sides(buildImage({ changeConfig: ({ os: _, ...config }) => config }), { platforms: [amd64] });
    expect((await copyImage(silent.options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'document_invalid', message: 'app: image config: image configuration: os is missing' });
    const huge = sides(buildImage({ changeManifest: (manifest) => ({ ...manifest, config: { ...(manifest['config'] as object), size: 1e9 } }) }), { platforms: [amd64] });
    expect((await copyImage(huge.options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'document_invalid', actual: 1e9 });
    expect(huge.source.count('readBlob')).toBe(0);
  });

  it('reads no configuration where no platform is asked for', async () => {
    const { source, options } = sides(amd, {});
    void (await planCopy(options, call))._unsafeUnwrap();
    expect(source.count('readBlob')).toBe(0);
  });
});
