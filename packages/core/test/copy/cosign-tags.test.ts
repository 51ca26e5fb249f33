import { describe, expect, it } from 'vitest';
import { copyImage, digestHex, digestOf, failure, planCopy, type Call, type CopyOptions, type Repository } from '@davit/core';
import { buildImage, buildIndex, memoryRegistry, type BuiltImage, type MemoryRegistry, type MemoryRegistryOptions } from '@davit/core/testing';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const production: Repository = { registry: 'production.example.com', repository: 'prod/app' };
const call: Call = { signal: new AbortController().signal };
const amd = buildImage({ layers: ['base', 'amd64'] });
const arm = buildImage({ platform: { os: 'linux', architecture: 'arm64' }, layers: ['base', 'arm64'] });
const index = buildIndex([amd, arm]);

const signatureTag = ({ digest }: BuiltImage, suffix = 'sig'): string => `sha256-${digestHex(digest)}.${suffix}`;
const signature = (of: BuiltImage, ...whats: readonly string[]): BuiltImage => buildImage({ layers: (whats.length === 0 ? ['signature'] : whats).map((what) => `${what} of ${of.digest}`), artifactType: 'application/vnd.dev.cosign.simplesigning.v1+json' });

function sides(options: MemoryRegistryOptions = {}): { readonly source: MemoryRegistry; readonly target: MemoryRegistry; readonly options: CopyOptions } {
  const source = memoryRegistry(options);
  const target = memoryRegistry();
  return { source, target, options: { name: 'app', source, from: source.put(staging, index, 'v1'), target, to: production } };
}

const puts = (target: MemoryRegistry): readonly (string | undefined)[] => target.effects.filter(({ method }) => method === 'tag').map(({ tag }) => tag);

describe('the tags of cosign', () => {
  it.each([
    ['with one question for all of them', {}, 1],
    ['one by one where the tags do not fit a page', { tagsPerPage: 1 }, 10],
  ])('.sig, .att and .sbom go with the index and with its images, %s', async (_, paging, questions) => {
    const { source, target, options } = sides(paging);
    const wanted = [signatureTag(index), signatureTag(index, 'att'), signatureTag(amd), signatureTag(arm, 'sbom')];
    for (const tag of wanted) source.put(staging, signature(index, tag), tag);
    source.put(staging, signature(amd, 'stranger'), `sha256-${'0'.repeat(64)}.sig`);
    const report = (await copyImage(options, call))._unsafeUnwrap();
    expect(report.referrers).toBe(4);
    expect(puts(target).toSorted()).toEqual(wanted.toSorted());
    for (const tag of wanted) expect(target.tagged(production, tag)).toBe(source.tagged(staging, tag));
    // After the image, and nothing is tagged before all is written.
    expect(target.effects.findIndex(({ method }) => method === 'tag')).toBe(target.effects.findLastIndex(({ method }) => method === 'writeManifest') + 1);
    const asked = source.calls.filter(({ method, tag }) => method === 'listTags' || (method === 'resolve' && tag !== undefined));
    expect(asked).toHaveLength(questions + (questions === 1 ? 4 : 0));
  });

  it('of the attestations in an index go with it, as those of its images do, whether the target has the index or not', async () => {
    const attested = buildIndex([amd, arm], { attestations: true });
    const [ofAmd, ofArm] = attested.children.slice(2);
    const { source, target, options } = sides();
    const wanted = [ofAmd!, ofArm!].map(({ digest }) => `sha256-${digestHex(digest)}.sig`);
    const request = { ...options, from: source.put(staging, attested) };
    source.put(staging, signature(amd, 'of the first attestation'), wanted[0]);
    expect((await copyImage(request, call))._unsafeUnwrap()).toMatchObject({ present: false, referrers: 1 });
    expect(puts(target)).toEqual([wanted[0]]);
    source.put(staging, signature(amd, 'of the second attestation'), wanted[1]);
    expect((await copyImage(request, call))._unsafeUnwrap()).toMatchObject({ present: true, referrers: 2 });
    for (const tag of wanted) expect(target.tagged(production, tag)).toBe(source.tagged(staging, tag));
    // Among the tags that were listed, each is looked up that is there, and no other.
    expect(source.calls.filter(({ method, tag }) => method === 'resolve' && tag !== undefined)).toHaveLength(3);
    expect(source.count('listTags')).toBe(2);
  });

  it('are not looked for where they would be longer than a tag may be, as for an image by sha512', async () => {
    const bySha512 = { ...amd, digest: digestOf(amd.raw.bytes, 'sha512'), raw: { ...amd.raw, digest: digestOf(amd.raw.bytes, 'sha512') } };
    const { source, target, options } = sides({ tagsPerPage: 1 });
    for (const tag of ['v2', 'v3']) source.put(staging, index, tag);
    source.fail('resolve', { error: failure('reference_invalid', 'not a tag'), when: ({ tag }) => tag !== undefined && tag.length > 128 });
    expect((await copyImage({ ...options, from: source.put(staging, bySha512) }, call))._unsafeUnwrap().digest).toBe(bySha512.digest);
    expect(target.manifest({ ...production, digest: bySha512.digest })).toBeDefined();
  });

  it('come later, too, and are told of in a plan', async () => {
    const { source, target, options } = sides();
    void (await copyImage(options, call));
    source.put(staging, signature(index), signatureTag(index));
    expect((await planCopy(options, call))._unsafeUnwrap()).toMatchObject({ present: true, tags: [{ tag: signatureTag(index), kind: 'cosign', previous: null, action: 'put' }] });
    expect(puts(target)).toEqual([]);
    expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ present: true, tags: [{ tag: signatureTag(index), changed: true }] });
    // Cosign adds to what stands under the tag.
    const second = signature(index, 'signature', 'second signature');
    source.put(staging, second, signatureTag(index));
    expect((await copyImage(options, call))._unsafeUnwrap().tags).toMatchObject([{ previous: signature(index).digest, digest: second.digest, changed: true }]);
    expect((await copyImage(options, call))._unsafeUnwrap().tags).toMatchObject([{ changed: false }]);
    expect(puts(target)).toHaveLength(2);
  });

  it('under which the target has signatures of its own are left to it, and named', async () => {
    const { source, target, options } = sides();
    source.put(staging, signature(index), signatureTag(index));
    void (await copyImage(options, call));
    const extended = signature(index, 'signature', "production's own");
    target.put(production, extended, signatureTag(index));
    const report = (await copyImage(options, call))._unsafeUnwrap();
    expect(target.tagged(production, signatureTag(index))).toBe(extended.digest);
    expect(report.skippedReferrers).toEqual([{ digest: signature(index).digest, reason: `the target has signatures of its own under the tag ${signatureTag(index)}, which stays as it is` }]);
    expect((await planCopy(options, call))._unsafeUnwrap()).toMatchObject({ tags: [], skippedReferrers: [{ digest: signature(index).digest }] });
  });

  it('of an attestation are found in turn', async () => {
    const { source, target, options } = sides();
    const attestation = signature(index, 'attestation');
    source.put(staging, attestation, signatureTag(index, 'att'));
    source.put(staging, signature(attestation), signatureTag(attestation));
    expect((await copyImage(options, call))._unsafeUnwrap().referrers).toBe(2);
    expect(target.tagged(production, signatureTag(attestation))).toBeDefined();
  });

  it('are asked for one by one where the login may not list', async () => {
    const { source, target, options } = sides();
    source.put(staging, signature(index), signatureTag(index));
    source.fail('listTags', { error: failure('registry_denied', 'no catalog for you') });
    expect((await copyImage(options, call)).isOk()).toBe(true);
    expect(target.tagged(production, signatureTag(index))).toBeDefined();
  });

  it('are never left out because the source is down: an unsigned copy is not the image', async () => {
    const { source, target, options } = sides();
    source.fail('listTags', { error: failure('registry_unavailable', 'busy', { retryable: true }) });
    expect((await copyImage(options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'registry_unavailable', retryable: true });
    source.put(staging, signature(index), signatureTag(index));
    source.fail('resolve', { error: failure('registry_unavailable', 'busy', { retryable: true }) });
    expect((await copyImage(options, call))._unsafeUnwrapErr().code).toBe('registry_unavailable');
    expect(target.effects).toEqual([]);
  });

  it('stay where that is asked for', async () => {
    const { source, target, options } = sides();
    source.put(staging, signature(index), signatureTag(index));
    expect((await copyImage({ ...options, referrers: false }, call))._unsafeUnwrap()).not.toHaveProperty('tags');
    expect(puts(target)).toEqual([]);
    expect(source.count('listTags')).toBe(0);
  });
});
