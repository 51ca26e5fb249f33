import { describe, expect, it } from 'vitest';
import { checkCustom, checkLayers, checkMetadata, checkSignature, checkSize, checksPolicy, digestOf, errAsync, failure, inspectImage, mediaTypes, okAsync, type Call, type ChecksOptions, type Finding, type InspectedImage, type RegistryError, type Repository } from '@davit/core';
import { buildImage, buildIndex, memoryRegistry, scriptedVerifier, type BuiltImage, type MemoryRegistry } from '@davit/core/testing';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const call: Call = { signal: new AbortController().signal };
const busy: RegistryError = failure('registry_unavailable', 'busy', { retryable: true });
const now = Date.UTC(2026, 0, 1);
const day = 86_400_000;

async function inspected(image: BuiltImage, registry = memoryRegistry(), revision?: string): Promise<InspectedImage> {
  const read = (await inspectImage('app', registry.put(staging, image), registry, call))._unsafeUnwrap();
  return revision === undefined ? read : { ...read, revision };
}
const short = (findings: readonly Finding[]): string[] => findings.map(({ code, path }) => `${code} ${path}`);

describe('checkSize', () => {
  const sized = async (bytes: number, platforms = ['amd64']): Promise<InspectedImage> => {
    const layers = platforms.map((architecture, at) => buildImage({ platform: { os: 'linux', architecture }, changeManifest: (manifest) => ({ ...manifest, config: { ...(manifest['config'] as object) }, layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(`layer ${String(at)}`), size: bytes + at }] }) }));
    return inspected(buildIndex(layers, { attestations: true }));
  };
  const configBytes = async (): Promise<number> => (await sized(0)).platforms[0]?.manifest.config.size ?? 0;

  it.each([
    [-1, 0],
    [0, 1],
    [1, 1],
  ])('is strict about the limit: %i bytes from it make %i findings (R38, G11)', async (off, findings) => {
    const image = await sized(1_000_000_000 - (await configBytes()) + off);
    expect(checkSize(image, checksPolicy())._unsafeUnwrap()).toHaveLength(findings);
  });

  it('looks at each platform for itself, the largest first, and counts no attestation', async () => {
    const image = await sized(600_000_000, ['amd64', 'arm64']);
    expect(checkSize(image, checksPolicy())._unsafeUnwrap()).toEqual([]);
    const [first, second] = checkSize(image, checksPolicy({ maxSize: '500MB' }))._unsafeUnwrap();
    expect(first).toMatchObject({ code: 'image_too_large', path: 'linux/arm64', severity: 'error', expected: 500_000_000 });
    expect(first?.message).toMatch(/^linux\/arm64 has 600 MB \(6000\d+ bytes\); it must be below 500 MB \(500000000 bytes\)$/);
    expect(second?.path).toBe('linux/amd64');
  });
});

describe('checkLayers', () => {
  const amd = buildImage({ layers: ['shared', 'amd64'] });
  const arm = buildImage({ platform: { os: 'linux', architecture: 'arm64' }, layers: ['shared', 'arm64'] });
  const index = buildIndex([amd, arm]);
  const check = async (image: InspectedImage, registry: MemoryRegistry) => checkLayers(image, registry, call);

  it('finds nothing where all is there, and asks for each blob once (R40)', async () => {
    const registry = memoryRegistry();
    const image = await inspected(index, registry);
    expect((await check(image, registry))._unsafeUnwrap()).toEqual([]);
    expect(registry.count('statBlob')).toBe(5);
    expect(registry.calls.filter(({ method }) => method === 'readBlob')).toHaveLength(2);
  });

  it('asks for what belongs to attestations too: an index is copied with them', async () => {
    const registry = memoryRegistry();
    const image = await inspected(buildIndex([amd], { attestations: true }), registry);
    const provenance = digestOf(`provenance of ${amd.digest}`);
    registry.removeBlob({ ...staging, digest: provenance });
    expect(short((await check(image, registry))._unsafeUnwrap())).toEqual([`layer_missing attestation ${image.attestations![0]!.digest.slice(7, 19)} layers[0]`]);
  });

  it.each([
    [mediaTypes.ociLayerZstd, []],
    ['application/vnd.docker.image.rootfs.diff.tar', []],
    ['application/vnd.oci.image.layer.v1.tar+gzip+encrypted', ['warning layer_type_unknown']],
    ['application/json', ['error layer_type_unknown']],
  ])('knows the media types of layers: %s', async (mediaType, found) => {
    const registry = memoryRegistry();
    const image = await inspected(buildImage({ changeManifest: (manifest) => ({ ...manifest, layers: (manifest['layers'] as object[]).map((layer) => ({ ...layer, mediaType })) }) }), registry);
    expect((await check(image, registry))._unsafeUnwrap().map(({ severity, code }) => `${severity} ${code}`)).toEqual(found);
  });

  it.each([true, false])('has a finding for an image without layers, which is told from an artifact without layers (Docker\'s own format: %s)', async (docker) => {
    const registry = memoryRegistry();
    const image = await inspected(buildIndex([amd, buildImage({ docker, platform: { os: 'linux', architecture: 'arm64' }, layers: [] })]), registry);
    expect((await check(image, registry))._unsafeUnwrap()).toMatchObject([{ code: 'no_layers', path: 'linux/arm64 layers', severity: 'error' }]);
    const artifact = await inspected(buildImage({ artifactType: 'application/vnd.example', changeManifest: (manifest) => ({ ...manifest, config: { ...(manifest['config'] as object), mediaType: mediaTypes.ociEmpty }, layers: [] }) }), registry);
    expect((await check(artifact, registry))._unsafeUnwrap()).toEqual([]);
    expect(artifact.faults).toMatchObject([{ code: 'not_an_image', severity: 'error' }]);
  });

  it('asks at most six times at once', async () => {
    const registry = memoryRegistry();
    const image = await inspected(buildImage({ layers: Array.from({ length: 20 }, (_, at) => `layer ${String(at)}`) }), registry);
    let running = 0;
    let most = 0;
    registry.before('statBlob', async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    });
    void (await check(image, registry));
    expect(most).toBe(6);
  });

  it('finds what is missing and what has another size, with its place (R41)', async () => {
    const registry = memoryRegistry();
    const image = await inspected(index, registry);
    registry.removeBlob({ ...staging, digest: digestOf('arm64') });
    registry.damageBlob({ ...staging, digest: digestOf('shared') }, Buffer.from('x'));
    registry.removeBlob({ ...staging, digest: image.platforms[0]?.manifest.config.digest ?? digestOf('') });
    const findings = (await check(image, registry))._unsafeUnwrap();
    expect(short(findings).sort()).toEqual(['config_missing linux/amd64 config', 'layer_missing linux/arm64 layers[1]', 'layer_size linux/amd64 layers[0]', 'layer_size linux/arm64 layers[0]']);
    expect(findings.find(({ code }) => code === 'layer_size')).toMatchObject({ expected: 6, actual: 1, severity: 'error' });
  });

  it('asks for a blob once and compares every place of it: what one platform says right another may say wrong (R41)', async () => {
    const registry = memoryRegistry();
    const lying = buildImage({ platform: { os: 'linux', architecture: 'arm64' }, layers: ['shared', 'arm64'], changeManifest: (manifest) => ({ ...manifest, layers: (manifest['layers'] as object[]).map((layer, at) => (at === 0 ? { ...layer, size: 999 } : layer)) }) });
    const image = await inspected(buildIndex([amd, lying]), registry);
    expect((await check(image, registry))._unsafeUnwrap()).toMatchObject([{ code: 'layer_size', path: 'linux/arm64 layers[0]', severity: 'error', expected: 999, actual: 6 }]);
    expect(registry.calls.filter(({ method, digest }) => method === 'statBlob' && digest === digestOf('shared'))).toHaveLength(1);
  });

  it('lists layers that are kept elsewhere as warnings and does not ask for them', async () => {
    const registry = memoryRegistry();
    const image = await inspected(buildImage({ changeManifest: (manifest) => ({ ...manifest, layers: [{ mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', digest: digestOf('elsewhere'), size: 9, urls: ['https://example.com/layer'] }] }) }), registry);
    const [finding] = (await check(image, registry))._unsafeUnwrap();
    expect(finding).toMatchObject({ code: 'layer_foreign', severity: 'warning', path: 'linux/amd64 layers[0]' });
    expect(registry.calls.some(({ digest }) => digest === digestOf('elsewhere'))).toBe(false);
  });

  it('finds that a layer of such a type is missing where no URL says who else has it', async () => {
    const registry = memoryRegistry();
    const image = await inspected(buildImage({ changeManifest: (manifest) => ({ ...manifest, layers: [{ mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', digest: digestOf('elsewhere'), size: 9, urls: [] }] }) }), registry);
    expect((await check(image, registry))._unsafeUnwrap()).toMatchObject([{ code: 'layer_missing', severity: 'error', path: 'linux/amd64 layers[0]' }]);
  });

  it.each([busy, failure('registry_denied', 'no') as RegistryError])('never makes a finding of $code: nothing is known (G16)', async (error) => {
    const registry = memoryRegistry();
    const image = await inspected(index, registry);
    registry.fail('statBlob', { error, nth: 3 });
    expect((await check(image, registry))._unsafeUnwrapErr()).toMatchObject({ code: error.code, retryable: error.retryable });
  });

  it('takes a registry\'s plain no for missing', async () => {
    const registry = memoryRegistry();
    const image = await inspected(amd, registry);
    registry.fail('statBlob', { error: failure('blob_not_found', 'no such blob') });
    expect(short((await check(image, registry))._unsafeUnwrap())).toEqual(['config_missing linux/amd64 config']);
  });

  it('reports what the inspection found missing', async () => {
    const registry = memoryRegistry();
    registry.put(staging, index);
    registry.removeManifest({ ...staging, digest: arm.digest });
    const image = (await inspectImage('app', { ...staging, digest: index.digest }, registry, call))._unsafeUnwrap();
    expect(short((await check(image, registry))._unsafeUnwrap())).toEqual(['manifest_missing linux/arm64']);
    expect(checkMetadata(image, {}, now)._unsafeUnwrap()).toEqual([]);
  });
});

describe('checkMetadata', () => {
  const findings = async (image: BuiltImage, options: ChecksOptions = {}, revision?: string): Promise<string[]> => short(checkMetadata(await inspected(image, memoryRegistry(), revision), checksPolicy(options), now)._unsafeUnwrap());
  const plain = buildImage();

  it('finds nothing in a plain image', async () => {
    expect(await findings(plain)).toEqual([]);
  });

  it('asks for platforms, variants and the like; more may be offered (R43)', async () => {
    const index = buildIndex([plain, buildImage({ platform: { os: 'linux', architecture: 'arm64' } })]);
    expect(await findings(index, { platforms: ['linux/amd64'] })).toEqual([]);
    expect(await findings(index, { platforms: ['linux/arm64/v8'] })).toEqual([]);
    expect(await findings(index, { platforms: ['linux/amd64', 'linux/s390x', 'linux/arm64/v9'] })).toEqual(['platform_missing linux/s390x', 'platform_missing linux/arm64/v9']);
  });

  it('finds a configuration of another platform than the index says', async () => {
    const wrong = { ...plain, descriptor: { ...plain.descriptor, platform: { os: 'linux', architecture: 'arm64' } } };
    expect(await findings(buildIndex([wrong]))).toEqual(['platform_differs linux/arm64 config']);
    const variant = buildImage({ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } });
    expect(await findings(buildIndex([{ ...variant, descriptor: { ...variant.descriptor, platform: { os: 'linux', architecture: 'arm64', variant: 'v7' } } }]))).toEqual(['platform_differs linux/arm64/v7 config']);
    expect(await findings(buildIndex([{ ...variant, descriptor: { ...variant.descriptor, platform: { os: 'linux', architecture: 'arm64' } } }]))).toEqual([]);
  });

  it('compares the number of layers with rootfs and with the history', async () => {
    const fewer = buildImage({ layers: ['a', 'b'], changeConfig: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [digestOf('a')] } }) });
    expect(await findings(fewer)).toEqual(['layer_count linux/amd64 config.rootfs']);
    const steps = (empty: boolean[]) => buildImage({ layers: ['a'], changeConfig: (config) => ({ ...config, history: empty.map((is) => (is ? { empty_layer: true } : {})) }) });
    expect(await findings(steps([false, true, true]))).toEqual([]);
    expect(await findings(steps([false, false]))).toEqual(['history_count linux/amd64 config.history']);
    expect(await findings(steps([]))).toEqual([]);
  });

  it('asks for labels, exactly or by pattern', async () => {
    const image = buildImage({ labels: { team: 'shop', version: '1.4.2' } });
    const pattern = /^1\.\d+/g;
    for (let turn = 0; turn < 2; turn += 1) expect(await findings(image, { labels: { team: 'shop', version: pattern } })).toEqual([]);
    expect(await findings(image, { labels: { team: 'Shop', version: /^2/, source: /./ } })).toEqual(['label_differs linux/amd64 labels["team"]', 'label_differs linux/amd64 labels["version"]', 'label_missing linux/amd64 labels["source"]']);
    expect(await findings(image, { labels: { toString: /./ } })).toEqual(['label_missing linux/amd64 labels["toString"]']);
  });

  it('asks for annotations, on the manifest or on the index', async () => {
    expect(await findings(buildImage({ annotations: { a: '1' } }), { annotations: { a: '1' } })).toEqual([]);
    expect(await findings(buildIndex([plain], { annotations: { a: '1' } }), { annotations: { a: '1' } })).toEqual([]);
    expect(await findings(buildIndex([buildImage({ annotations: { a: '2' } })], { annotations: { a: '1' } }), { annotations: { a: '1' } })).toEqual(['annotation_differs linux/amd64 annotations["a"]']);
    expect(await findings(plain, { annotations: { a: /./ } })).toEqual(['annotation_missing linux/amd64 annotations["a"]']);
  });

  it('compares the revision with the tested one', async () => {
    const commit = 'b6573d0d5a1c9e8f7a6b5c4d3e2f1a0b9c8d7e6f';
    const image = buildImage({ labels: { 'org.opencontainers.image.revision': commit } });
    const place = 'linux/amd64 labels["org.opencontainers.image.revision"]';
    expect(await findings(image, {}, commit)).toEqual([]);
    expect(await findings(image, {}, 'b6573d0')).toEqual([]);
    expect(await findings(image, {}, 'b6573d1')).toEqual([`revision_differs ${place}`]);
    expect(await findings(image, {}, 'b65')).toEqual([`revision_differs ${place}`]);
    expect(await findings(image)).toEqual([]);
    expect(await findings(plain, {}, commit)).toEqual([]);
    expect(await findings(plain, { revisionLabel: 'git.sha' }, commit)).toEqual(['revision_missing linux/amd64 labels["git.sha"]']);
    expect(await findings(buildImage({ labels: { 'git.sha': 'release-7' } }), { revisionLabel: 'git.sha' }, 'release-7')).toEqual([]);
  });

  it('refuses what was created in the future, beyond a little skew, or too long ago', async () => {
    const at = (ms: number) => buildImage({ created: new Date(ms).toISOString() });
    expect(await findings(at(now + 60_000))).toEqual([]);
    expect(await findings(at(now + day))).toEqual(['created_in_future linux/amd64 config.created']);
    expect(await findings(at(0))).toEqual([]);
    expect(await findings(at(now - 2 * day), { maxAgeMs: day })).toEqual(['too_old linux/amd64 config.created']);
    expect(await findings(at(now - day), { maxAgeMs: day })).toEqual([]);
    const undated = buildImage({ changeConfig: (config) => ({ ...config, created: undefined }) });
    expect(await findings(undated)).toEqual([]);
    expect(await findings(undated, { maxAgeMs: day })).toEqual(['created_missing linux/amd64 config.created']);
  });

  it.each([[undefined, true], ['', true], ['root', true], ['0', true], ['0:0', true], ['root:root', true], ['00', true], ['+0', true], ['-0', true], ['+00:5', true], ['app', false], ['+1', false], ['0app', false], ['+', false], ['1000:0', false], ['10', false]])('takes the user %j for root: %s', async (user, root) => {
    const image = buildImage(user === undefined ? {} : { user });
    expect(await findings(image, { rootUser: 'refuse' })).toEqual(root ? ['root_user linux/amd64 config.User'] : []);
    expect(await findings(image)).toEqual([]);
  });

  it('reports what cannot be read as a configuration (R45)', async () => {
    expect(await findings(buildImage({ changeConfig: (config) => ({ ...config, os: undefined }) }))).toEqual(['config_invalid image config']);
  });
});

describe('checkSignature', () => {
  const check = async (options: ChecksOptions) => checkSignature(await inspected(buildImage()), checksPolicy(options), memoryRegistry(), call);

  it('fails and names the switch where nothing is configured (G12)', async () => {
    const error = (await check({}))._unsafeUnwrapErr();
    expect(error).toMatchObject({ code: 'signature_policy_missing', retryable: false });
    expect(error.message).toContain('signature: { off: \'reason\' }');
  });

  it('records the reason for which signatures are not checked', async () => {
    expect((await check({ signature: { off: 'signing starts in May' } }))._unsafeUnwrap()).toEqual([{ code: 'signature_off', path: 'signature', severity: 'warning', message: 'signatures are not checked: signing starts in May' }]);
  });

  it('accepts only verified (R46, R47)', async () => {
    const verifier = scriptedVerifier('verified');
    expect((await check({ signature: verifier }))._unsafeUnwrap()).toEqual([]);
    expect(verifier.calls.map(({ digest }) => digest)).toEqual([buildImage().digest]);
    for (const verdict of ['unsigned', 'untrusted', 'invalid'] as const) expect((await check({ signature: scriptedVerifier(verdict, 'because') }))._unsafeUnwrap()).toMatchObject([{ code: `signature_${verdict}`, severity: 'error', actual: verdict }]);
  });

  it('is technical where the verifier cannot decide or fails, never a verdict', async () => {
    expect((await check({ signature: scriptedVerifier('indeterminate', 'no network') }))._unsafeUnwrapErr()).toMatchObject({ code: 'check_inconclusive', retryable: true });
    expect((await check({ signature: { name: 'broken', verify: () => errAsync(busy) } }))._unsafeUnwrapErr()).toMatchObject({ code: 'registry_unavailable', retryable: true, message: 'app: busy' });
  });
});

describe('checkCustom', () => {
  it('passes findings and errors on, and takes an exception for nothing known', async () => {
    const image = await inspected(buildImage());
    const finding: Finding = { code: 'mine', path: 'image', severity: 'error', message: 'no' };
    const make = (check: () => ReturnType<Parameters<typeof checkCustom>[0]['check']>) => checkCustom({ name: 'mine', check }, image, memoryRegistry(), call);
    expect((await make(() => okAsync([finding])))._unsafeUnwrap()).toEqual([finding]);
    expect((await make(() => errAsync(busy)))._unsafeUnwrapErr()).toBe(busy);
    const thrown = await make(() => {
      throw new TypeError('bug');
    });
    expect(thrown._unsafeUnwrapErr()).toMatchObject({ code: 'check_inconclusive', check: 'mine', cause: { message: 'bug' } });
  });
});
