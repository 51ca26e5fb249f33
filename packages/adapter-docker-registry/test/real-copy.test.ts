/** Copies into the distribution project's own registry (docker-registry 2.8 on Debian), which has no referrers API. */
import { randomBytes } from 'node:crypto';
import { copyImage, digestHex, type CopyOptions } from '@davit/core';
import { skipWithout, startDockerRegistry, type DockerRegistry } from '@davit/real-services';
import { pushImage, pushReferrer, startRegistryServer } from '@davit/registry-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fallbackTag } from '../src/client/index.js';
import { adapter, call, closing, errorOf, valueOf } from './support.js';

describe.skipIf(skipWithout('docker-registry'))('a copy into a real registry', () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(() => registry.stop());

  it('has its signatures listed there, those under tags of cosign, and its tag last; and costs two requests when it is done again', async () => {
    const source = closing(await startRegistryServer());
    // Counts what the real one is asked.
    const front = closing(await startRegistryServer({ upstream: `http://${registry.host}` }));
    const image = await pushImage(source, { repository: 'staging/app', platforms: ['linux/amd64', 'linux/arm64'], files: { a: 'b' }, attestations: true });
    const signatures = await Promise.all(['a', 'b'].map((payload) => pushReferrer(source, { repository: 'staging/app', subject: image, artifactType: 'application/vnd.test.signature', payload })));
    const sig = `sha256-${digestHex(image.digest)}.sig`;
    const cosign = await pushImage(source, { repository: 'staging/app', tag: sig, files: { sig: 'sig' } });
    const both = adapter();
    const to = { registry: front.host, repository: 'real/app' };
    const request: CopyOptions = { name: 'app', source: both, from: { registry: source.host, repository: 'staging/app', digest: image.digest }, target: both, to, tags: [{ tag: '1.0' }] };
    expect(await valueOf(copyImage(request, call()))).toMatchObject({ referrers: 3, skippedReferrers: [], repaired: false });
    expect((await valueOf(both.resolve({ ...to, tag: '1.0' }, call()))).digest).toBe(image.digest);
    expect((await valueOf(both.resolve({ ...to, tag: sig }, call()))).digest).toBe(cosign.digest);
    expect((await valueOf(both.listReferrers({ ...to, digest: image.digest }, call()))).map(({ digest }) => digest).toSorted()).toEqual(signatures.map(({ digest }) => digest).toSorted());
    expect((await valueOf(both.resolve({ ...to, tag: fallbackTag(image.digest) }, call()))).mediaType).toContain('index');
    front.requests.clear();
    expect(await valueOf(copyImage({ ...request, referrers: false }, call()))).toMatchObject({ present: true, tags: [{ changed: false }] });
    expect(front.requests.lines().map((line) => line.split(' ')[0])).toEqual(['HEAD', 'HEAD']);
    front.requests.clear();
    await valueOf(copyImage({ ...request, referrers: false, tags: [{ tag: '2.0', remember: false }] }, call()));
    expect(front.requests.lines().map((line) => line.split(' ')[0])).toEqual(['HEAD', 'PUT']);
  });

  it('of some platforms is an index that the registry takes; a sparse one it refuses', async () => {
    const source = closing(await startRegistryServer());
    const image = await pushImage(source, { repository: 'staging/app', platforms: ['linux/amd64', 'linux/arm64'], layers: [randomBytes(1000)] });
    const both = adapter();
    const to = { registry: registry.host, repository: 'subset/app' };
    const request: CopyOptions = { name: 'app', source: both, from: { registry: source.host, repository: 'staging/app', digest: image.digest }, target: both, to, platforms: [{ os: 'linux', architecture: 'arm64' }], tags: [{ tag: 'arm' }] };
    expect((await errorOf(copyImage({ ...request, sparse: true }, call()))).code).toMatch(/manifest_not_found|blob_not_found|registry_refused/);
    const { digest } = await valueOf(copyImage(request, call()));
    expect((await valueOf(both.resolve({ ...to, tag: 'arm' }, call()))).digest).toBe(digest);
    expect(digest).not.toBe(image.digest);
  });

  it('of 100 layers, cold, costs at most 304 requests at the target', async () => {
    const source = closing(await startRegistryServer());
    const front = closing(await startRegistryServer({ upstream: `http://${registry.host}` }));
    const image = await pushImage(source, { repository: 'staging/app', layers: Array.from({ length: 100 }, () => randomBytes(1000)) });
    const both = adapter();
    await valueOf(copyImage({ name: 'app', source: both, from: { registry: source.host, repository: 'staging/app', digest: image.digest }, target: both, to: { registry: front.host, repository: 'hundred/app' }, tags: [{ tag: '1.0' }] }, call()));
    expect(front.requests.count()).toBeLessThanOrEqual(220);
  });
});
