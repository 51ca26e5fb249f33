/** Every kind of image that there is, copied over HTTP, byte for byte (issue 3, item 2). */
import { randomBytes } from 'node:crypto';
import { copyImage, digestHex, digestOf, mediaTypes, type CopyOptions, type CopyReport, type Digest, type RegistryError, type Result } from '@davit/core';
import { pushImage, pushReferrer, startRegistryServer, type RegistryServer, type RegistryServerOptions } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { fallbackTag } from '../src/client/index.js';
import { adapter, call, closing } from './support.js';

const repository = 'staging/app';

async function sides(target: RegistryServerOptions = {}, source: RegistryServerOptions = {}) {
  const from = closing(await startRegistryServer(source));
  const to = closing(await startRegistryServer(target));
  const both = adapter();
  const copy = (digest: Digest, more: Partial<CopyOptions> = {}): PromiseLike<Result<CopyReport, RegistryError>> =>
    copyImage({ name: 'app', source: both, from: { registry: from.host, repository, digest }, target: both, to: { registry: to.host, repository: 'prod/app' }, tags: [{ tag: '1.0' }], ...more }, call());
  return { from, to, copy };
}

/** Everything below a digest is at the target, byte for byte. */
async function expectCopied(from: RegistryServer, to: RegistryServer, digest: Digest): Promise<void> {
  const there = from.store.manifest(repository, digest);
  expect(to.store.manifest('prod/app', digest)?.bytes.equals(there!.bytes)).toBe(true);
  const { config, layers = [], manifests = [] } = JSON.parse(there!.bytes.toString()) as { config?: { digest: Digest }; layers?: { digest: Digest; urls?: unknown }[]; manifests?: { digest: Digest }[] };
  for (const child of manifests) await expectCopied(from, to, child.digest);
  for (const blob of [...(config === undefined ? [] : [config]), ...layers.filter(({ urls }) => urls === undefined)]) expect((await to.store.blob('prod/app', blob.digest))?.equals((await from.store.blob(repository, blob.digest))!)).toBe(true);
}

const put = async (server: RegistryServer, bytes: Uint8Array, type: string, algorithm?: 'sha512') => server.store.putBlob(repository, bytes, type, algorithm);
const config = Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } }));

const kinds: readonly [string, (server: RegistryServer) => Promise<Digest>][] = [
  ['an OCI image', async (server) => (await pushImage(server, { repository })).digest],
  ['an index of two platforms with attestations', async (server) => (await pushImage(server, { repository, platforms: ['linux/amd64', 'linux/arm64'], attestations: true })).digest],
  ['an image in Docker\'s schema 2', async (server) => (await pushImage(server, { repository, format: 'docker' })).digest],
  ['a list in Docker\'s schema 2', async (server) => (await pushImage(server, { repository, format: 'docker', platforms: ['linux/amd64', 'linux/arm64'] })).digest],
  ['an index within an index', async (server) => {
    const inner = await pushImage(server, { repository, platforms: ['linux/amd64', 'linux/arm64'] });
    return (await server.store.putManifest(repository, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [{ mediaType: inner.mediaType, digest: inner.digest, size: inner.size }] })).digest;
  }],
  ['an image with a blob of no bytes', async (server) => {
    const [own, layer] = [await put(server, config, mediaTypes.ociConfig), await put(server, Buffer.alloc(0), mediaTypes.ociLayer)];
    return (await server.store.putManifest(repository, { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: own, layers: [layer] })).digest;
  }],
  ['an image without layers', async (server) => (await server.store.putManifest(repository, { schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config: await put(server, config, mediaTypes.dockerConfig), layers: [] })).digest],
  ['an artifact that is all annotations', async (server) => {
    const empty = await put(server, Buffer.from('{}'), mediaTypes.ociEmpty);
    return (await server.store.putManifest(repository, { schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: 'application/vnd.example.chart', config: empty, layers: [empty], annotations: { a: 'b' } })).digest;
  }],
  ['an image whose layers go by sha512', async (server) => {
    const [own, layer] = [await put(server, config, mediaTypes.ociConfig), await put(server, randomBytes(1000), mediaTypes.ociLayer, 'sha512')];
    return (await server.store.putManifest(repository, { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: own, layers: [layer] })).digest;
  }],
  ['an image that goes by sha512 itself', async (server) => {
    const [own, layer] = [await put(server, config, mediaTypes.ociConfig), await put(server, randomBytes(1000), mediaTypes.ociLayer)];
    return (await server.store.putManifest(repository, { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: own, layers: [layer] }, { algorithm: 'sha512' })).digest;
  }],
  ['an image with a layer that is kept elsewhere', async (server) => {
    const [own, layer] = [await put(server, config, mediaTypes.dockerConfig), await put(server, randomBytes(1000), mediaTypes.dockerLayerGzip)];
    const foreign = { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', digest: digestOf('elsewhere'), size: 9, urls: ['https://example.com/layer'] };
    return (await server.store.putManifest(repository, { schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config: own, layers: [foreign, layer] })).digest;
  }],
  ['an image with unusual white space, and with fields that nobody knows', async (server) => {
    const own = await put(server, config, mediaTypes.ociConfig);
    const text = JSON.stringify({ 'org.example': [1], schemaVersion: 2, mediaType: mediaTypes.ociManifest, layers: [own], config: own }, null, 3).replaceAll('\n', '\r\n');
    return (await server.store.putManifest(repository, Buffer.from(`${text}\n\n`))).digest;
  }],
];

describe('a copy', () => {
  it.each(kinds)('of %s is that, and doing it again writes nothing', async (_, make) => {
    const { from, to, copy } = await sides();
    const digest = await make(from);
    expect((await copy(digest))._unsafeUnwrap().tags).toMatchObject([{ tag: '1.0', previous: null, changed: true }]);
    await expectCopied(from, to, digest);
    const tagged = to.store.manifest('prod/app', '1.0');
    expect(tagged?.bytes.equals(from.store.manifest(repository, digest)!.bytes)).toBe(true);
    to.requests.clear();
    expect((await copy(digest))._unsafeUnwrap()).toMatchObject({ present: true, tags: [{ changed: false }] });
    expect(to.requests.count({ method: ['PUT', 'POST', 'PATCH'] })).toBe(0);
  });

  it.each(kinds)('of %s within one registry mounts what it can', async (_, make) => {
    const { from, copy } = await sides();
    const digest = await make(from);
    const report = (await copy(digest, { to: { registry: from.host, repository: 'prod/app' } }))._unsafeUnwrap();
    expect(report.blobs.copied).toBe(0);
    await expectCopied(from, from, digest);
  });

  it('within one registry that does not mount uploads, and cancels what the refusals opened', async () => {
    const { from, copy } = await sides({}, { mount: false });
    const { digest } = await pushImage(from, { repository, layers: Array.from({ length: 9 }, () => randomBytes(100)) });
    expect((await copy(digest, { to: { registry: from.host, repository: 'prod/app' } }))._unsafeUnwrap().blobs).toMatchObject({ mounted: 0, copied: 10 });
    expect(from.openUploads).toBe(0);
  });

  it('heals a target where a blob was lost below an image which is there, with `deep`, and when the index is refused', async () => {
    for (const deep of [true, false]) {
      const { from, to, copy } = await sides();
      const image = await pushImage(from, { repository, platforms: ['linux/amd64', 'linux/arm64'], layers: [randomBytes(100)] });
      (await copy(image.digest))._unsafeUnwrap();
      await to.store.deleteBlob('prod/app', image.layers[0]!);
      if (!deep) {
        // The index is gone, too, and the registry looks at everything below it when it is put.
        await to.store.deleteManifest('prod/app', image.digest);
        to.faults.add({ when: { method: 'PUT', path: new RegExp(image.digest) }, then: { status: 404, body: JSON.stringify({ errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }] }) } });
      }
      expect((await copy(image.digest, { deep }))._unsafeUnwrap()).toMatchObject({ repaired: !deep, blobs: { copied: 1 } });
      await expectCopied(from, to, image.digest);
    }
  });

  it('writes the list of referrers at a target that keeps none, also for images of an index, from one that keeps it', async () => {
    const { from, to, copy } = await sides({ referrersApi: false });
    const image = await pushImage(from, { repository, platforms: ['linux/amd64', 'linux/arm64'] });
    const [amd] = image.manifests;
    const signatures = await Promise.all(['a', 'b', 'c'].map((payload) => pushReferrer(from, { repository, subject: image, artifactType: 'application/vnd.test.signature', payload, annotations: { payload } })));
    const ofChild = await pushReferrer(from, { repository, subject: amd!, artifactType: 'application/vnd.test.signature', payload: 'child' });
    expect((await copy(image.digest))._unsafeUnwrap().referrers).toBe(4);
    const entries = (tag: string): readonly { digest: Digest; artifactType: string; annotations?: object }[] => (JSON.parse(to.store.manifest('prod/app', tag)!.bytes.toString()) as { manifests: [] }).manifests;
    expect(entries(fallbackTag(image.digest)).map(({ digest }) => digest).toSorted()).toEqual(signatures.map(({ digest }) => digest).toSorted());
    expect(entries(fallbackTag(image.digest))[0]).toMatchObject({ artifactType: 'application/vnd.test.signature', annotations: { payload: expect.any(String) as string } });
    expect(entries(fallbackTag(amd!.digest)).map(({ digest }) => digest)).toEqual([ofChild.digest]);
  });

  it('lists a referrer that is there and was never listed, because an earlier copy died in between', async () => {
    const { from, to, copy } = await sides({ referrersApi: false });
    const image = await pushImage(from, { repository });
    const signature = await pushReferrer(from, { repository, subject: image, artifactType: 'application/vnd.test.signature', payload: 'a' });
    const fault = to.faults.add({ when: { method: 'PUT', path: new RegExp(fallbackTag(image.digest)), times: 99 }, then: { status: 403 } });
    expect((await copy(image.digest))._unsafeUnwrapErr().code).toBe('registry_denied');
    expect(to.store.manifest('prod/app', signature.digest)).toBeDefined();
    expect(to.store.digestOf('prod/app', '1.0')).toBeUndefined();
    fault.remove();
    (await copy(image.digest))._unsafeUnwrap();
    expect(to.store.manifest('prod/app', fallbackTag(image.digest))?.bytes.toString()).toContain(signature.digest);
  });

  it('takes cosign\'s tags along from and to registries that know nothing of them', async () => {
    const { from, to, copy } = await sides({ referrersApi: false }, { referrersApi: false });
    const image = await pushImage(from, { repository, platforms: ['linux/amd64', 'linux/arm64'] });
    const [amd] = image.manifests;
    const wanted = [`sha256-${digestHex(image.digest)}.sig`, `sha256-${digestHex(image.digest)}.att`, `sha256-${digestHex(amd!.digest)}.sbom`];
    for (const tag of wanted) await pushImage(from, { repository, tag, files: { [tag]: tag } });
    const report = (await copy(image.digest))._unsafeUnwrap();
    const cosign = report.tags?.filter(({ kind }) => kind === 'cosign').map(({ tag }) => tag);
    expect(cosign?.toSorted()).toEqual(wanted.toSorted());
    for (const tag of wanted) expect(to.store.digestOf('prod/app', tag)).toBe(from.store.digestOf(repository, tag));
    // The tag that was asked for is put after all others.
    expect(to.requests.matching({ method: 'PUT' }).at(-1)?.path).toBe('/v2/prod/app/manifests/1.0');
  });

  it('refuses Docker\'s schema 1, and says what to do', async () => {
    const { from, copy } = await sides();
    const { digest } = await from.store.putManifest(repository, { schemaVersion: 1, name: 'app', tag: '1', fsLayers: [], history: [] }, { mediaType: mediaTypes.ociManifest });
    expect((await copy(digest))._unsafeUnwrapErr()).toMatchObject({ code: 'manifest_unsupported', message: expect.stringContaining('pull and push the image with a current tool') as string });
  });
});
