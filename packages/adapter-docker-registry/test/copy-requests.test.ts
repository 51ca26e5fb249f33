/** How many requests a copy costs each side, counted at the other end (issue 3, figures). */
import { randomBytes } from 'node:crypto';
import { copyImage, digestHex, type CopyOptions } from '@davit/core';
import { pushImage, pushReferrer, startRegistryServer, type RegistryServer, type RegistryServerOptions } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { adapter, call, closing, valueOf } from './support.js';

const server = async (options: RegistryServerOptions = {}): Promise<RegistryServer> => closing(await startRegistryServer(options));
const hundred = Array.from({ length: 100 }, () => randomBytes(1000));
// docker-registry 2, as most people run it, has no referrers API.
const plain: RegistryServerOptions = { referrersApi: false };

async function sides(options: RegistryServerOptions = plain) {
  const [source, target] = [await server(options), await server(options)];
  const image = await pushImage(source, { repository: 'staging/app', tag: '1.0', layers: hundred });
  const both = adapter();
  const request: CopyOptions = { name: 'app', source: both, from: { registry: source.host, repository: 'staging/app', digest: image.digest }, target: both, to: { registry: target.host, repository: 'prod/app' } };
  const counted = async (more: Partial<CopyOptions>): Promise<{ readonly source: number; readonly target: number }> => {
    source.requests.clear();
    target.requests.clear();
    await valueOf(copyImage({ ...request, ...more }, call()));
    return { source: source.requests.count(), target: target.requests.count() };
  };
  return { source, target, image, counted };
}

describe('the requests of a copy', () => {
  it('of 100 layers, cold: at most 304 at the target, and one for each blob and manifest at the source', async () => {
    const { target, counted } = await sides();
    const cost = await counted({ referrers: false, tags: [{ tag: '1.0' }] });
    expect(cost.source).toBe(102);
    expect(target.requests.count({ method: 'PUT', path: /blobs/ })).toBe(101);
    // POST and PUT for each blob, eight questions for blobs; the manifest asked for and put; the tag asked for, asked for again when all is there, put, and read back.
    expect(cost.target).toBe(2 * 101 + 8 + 2 + 4);
    expect(cost.target).toBeLessThanOrEqual(304);
    // Who need not know what it named when it was put spares the second question.
    const { counted: again } = await sides();
    expect((await again({ referrers: false, tags: [{ tag: '1.0', remember: false }] })).target).toBe(cost.target - 1);
  });

  it('of the same, with what refers to it: three more at a source without referrers API, none at the target', async () => {
    const without = await sides();
    const cost = await without.counted({});
    expect(cost.source).toBe(102 + 3);
    expect(without.source.requests.lines().filter((line) => !/\/(blobs|manifests)\/sha256:/.test(line)).map((line) => line.replace(/sha256[:-]\w+/, '…')).toSorted()).toEqual(['GET /v2/staging/app/manifests/… 404', 'GET /v2/staging/app/referrers/… 404', 'GET /v2/staging/app/tags/list?n=1000 200']);
    const withApi = await sides({});
    expect((await withApi.counted({})).source).toBe(102 + 2);
  });

  it('with everything there: the same tag again two at the target, a new tag two; none and one at the source', async () => {
    const { counted, target } = await sides();
    await counted({ referrers: false, tags: [{ tag: '1.0' }] });
    expect(await counted({ referrers: false, tags: [{ tag: '1.0' }] })).toEqual({ source: 0, target: 2 });
    expect(target.requests.count({ method: 'PUT' })).toBe(0);
    expect(await counted({ referrers: false, tags: [{ tag: '2.0', remember: false }] })).toEqual({ source: 1, target: 2 });
    expect(target.requests.lines().map((line) => line.split(' ')[0])).toEqual(['HEAD', 'PUT']);
    // Who wants to know what the tag named before asks once more.
    expect(await counted({ referrers: false, tags: [{ tag: '3.0' }] })).toEqual({ source: 1, target: 3 });
  });

  it('again with what refers to it: two at a source with the referrers API, and the signatures that came meanwhile', async () => {
    const { counted, source, target, image } = await sides({});
    await counted({ tags: [{ tag: '1.0' }] });
    expect(await counted({ tags: [{ tag: '1.0' }] })).toEqual({ source: 2, target: 2 });
    const signature = await pushReferrer(source, { repository: 'staging/app', subject: image, artifactType: 'application/vnd.test.signature', payload: 'signed' });
    await source.store.tag('staging/app', `sha256-${digestHex(image.digest)}.sig`, signature.digest);
    await counted({ tags: [{ tag: '1.0' }] });
    expect(target.store.manifest('prod/app', signature.digest)).toBeDefined();
    expect(target.store.digestOf('prod/app', `sha256-${digestHex(image.digest)}.sig`)).toBe(signature.digest);
    // There: what refers to the image and to its signature, the tags, and what the one of cosign names. Here: the image, the list, the signature, and both tags.
    expect(await counted({ tags: [{ tag: '1.0' }] })).toEqual({ source: 4, target: 5 });
  });

  it('without the API: the repository is not asked for it again by the same adapter', async () => {
    const { counted, source } = await sides();
    await counted({});
    expect((await counted({})).source).toBe(2);
    expect(source.requests.count({ path: /referrers/ })).toBe(0);
  });

  it('within one registry: a mount for each blob, and no question', async () => {
    const registry = await server(plain);
    const image = await pushImage(registry, { repository: 'staging/app', layers: hundred });
    const both = adapter();
    await valueOf(copyImage({ name: 'app', source: both, from: { registry: registry.host, repository: 'staging/app', digest: image.digest }, target: both, to: { registry: registry.host, repository: 'prod/app' }, referrers: false }, call()));
    expect(registry.requests.count({ path: /blobs/ })).toBe(101);
    expect(registry.requests.count({ method: 'POST', path: /mount=/ })).toBe(101);
    expect(registry.requests.count()).toBe(101 + 3);
  });

  it('of an index: nothing is read of a platform that the target has', async () => {
    const [source, target] = [await server(plain), await server(plain)];
    const image = await pushImage(source, { repository: 'staging/app', platforms: ['linux/amd64', 'linux/arm64'], files: { a: 'b' } });
    const both = adapter();
    const request: CopyOptions = { name: 'app', source: both, from: { registry: source.host, repository: 'staging/app', digest: image.digest }, target: both, to: { registry: target.host, repository: 'prod/app' }, referrers: false };
    const [amd] = image.manifests;
    await valueOf(copyImage({ ...request, from: { ...request.from, digest: amd!.digest } }, call()));
    source.requests.clear();
    await valueOf(copyImage(request, call()));
    expect(source.requests.matching({ path: /manifests/ })).toHaveLength(2);
  });
});
