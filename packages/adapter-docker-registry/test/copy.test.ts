/** Copying with core's engine through real HTTP: streams, connection limits, and what the registries see of it (R16). */
import { randomBytes } from 'node:crypto';
import { copyImage, digestOf } from '@davit/core';
import { pushImage, startRegistryServer, type RegistryServerOptions } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { adapter, bytesOf, call, closing, fakeServer, valueOf } from './support.js';

const server = async (options: RegistryServerOptions = {}) => closing(await startRegistryServer(options));
const layers = (count: number, bytes: number) => Array.from({ length: count }, () => randomBytes(bytes));
const from = (host: string, digest: ReturnType<typeof digestOf>) => ({ registry: host, repository: 'staging/app', digest });

describe('a copy', () => {
  it('ends although the source holds back the second half of a layer until the target has the first half', async () => {
    const [source, target] = [await server(), await server()];
    const layer = randomBytes(4_000_000);
    const image = await pushImage(source, { repository: 'staging/app', layers: [layer] });
    const half = layer.length / 2;
    // Nobody tells when bytes arrive; the log of the target is looked at until the first half is there.
    const firstHalf = (async () => {
      while (!target.requests.matching({ method: 'PUT' }).some(({ requestBytes }) => requestBytes >= half - 128 * 1024)) await new Promise((resolve) => setImmediate(resolve));
    })();
    const fault = source.faults.add({ when: { method: 'GET', path: new RegExp(digestOf(layer)) }, then: { holdBackUntil: firstHalf, afterBytes: half } });
    const both = adapter();
    await valueOf(copyImage({ name: 'app', source: both, from: from(source.host, image.digest), target: both, to: { registry: target.host, repository: 'prod/app' } }, call()));
    expect(fault.hits).toBe(1);
    expect(digestOf(await bytesOf((await valueOf(both.readBlob({ registry: target.host, repository: 'prod/app', digest: digestOf(layer) }, 0, call()))).body))).toBe(digestOf(layer));
  });

  it('within one registry ends with one connection a side, six layers at a time, and mounts refused', async () => {
    const registry = await server({ mount: false });
    const image = await pushImage(registry, { repository: 'staging/app', layers: layers(12, 300_000) });
    const both = adapter({ connections: 1 });
    await valueOf(copyImage({ name: 'app', source: both, from: from(registry.host, image.digest), target: both, to: { registry: registry.host, repository: 'prod/app' }, parallel: 6 }, call()));
    expect((await valueOf(both.readManifest({ registry: registry.host, repository: 'prod/app', digest: image.digest }, call()))).bytes).toEqual(image.built.root.bytes);
    // One for each of the six at a time; then it is taken for a registry that does not mount.
    expect(registry.requests.count({ method: 'POST', path: /mount=/ })).toBe(6);
  });

  it('within one registry ends with one connection a side and token authentication, tokens running out on the way', async () => {
    const registry = await server({ mount: false, auth: { kind: 'token', users: [{ name: 'ci', password: 'p' }] } });
    const image = await pushImage(registry, { repository: 'staging/app', layers: layers(8, 300_000) });
    const both = adapter({ connections: 1, credentials: { username: 'ci', password: 'p' }, retry: { attempts: 20, minDelayMs: 1, maxDelayMs: 5 } });
    let expired = 0;
    const { signal } = call();
    await valueOf(
      copyImage({ name: 'app', source: both, from: from(registry.host, image.digest), target: both, to: { registry: registry.host, repository: 'prod/app' }, parallel: 6 }, {
        signal,
        progress: (progress) => {
          if (progress.type !== 'copy.blob' || progress.state !== 'copying' || progress.bytes > 0) return;
          expired += 1;
          registry.expireTokens();
        },
      }),
    );
    expect(expired).toBe(9);
    expect(await valueOf(both.statBlob({ registry: registry.host, repository: 'prod/app', digest: image.config }, call()))).toBe(image.built.manifests[0]?.config.size);
  });

  it('ends with few connections a side when the source breaks off before the first byte, with others waiting for its connections', async () => {
    const [source, target] = [await server(), await server()];
    const image = await pushImage(source, { repository: 'staging/app', layers: Array.from({ length: 20 }, (_, nth) => randomBytes(3_000_000 - nth * 1000)) });
    let broken = 0;
    const front = await fakeServer(async ({ request, response, url }) => {
      const given = await fetch(new URL(request.url ?? '', source.url), { method: request.method ?? 'GET' });
      const body = Buffer.from(await given.arrayBuffer());
      response.writeHead(given.status, Object.fromEntries([...given.headers].filter(([name]) => name.startsWith('content-'))));
      if (request.method === 'GET' && url.pathname.includes('/blobs/') && body.length > 1_000_000 && broken < 3) {
        broken += 1;
        response.flushHeaders();
        // By then the others wait for a connection, too.
        setTimeout(() => request.socket.destroy(), 500);
      } else response.end(body);
    });
    const [reading, writing] = [adapter({ connections: 3 }), adapter({ connections: 3 })];
    await valueOf(copyImage({ name: 'app', source: reading, from: from(front.host, image.digest), target: writing, to: { registry: target.host, repository: 'prod/app' }, parallel: 6 }, call(AbortSignal.timeout(20_000))));
    expect(broken).toBe(3);
    expect((await valueOf(writing.readManifest({ registry: target.host, repository: 'prod/app', digest: image.digest }, call()))).bytes).toEqual(image.built.root.bytes);
  });

  it('ends with two connections a side, six layers at a time, when the source breaks all of its connections', async () => {
    const [source, target] = [await server(), await server()];
    const image = await pushImage(source, { repository: 'staging/app', layers: layers(6, 3_000_000) });
    source.faults.add({ when: { method: 'GET', path: /blobs/, times: 2 }, then: { cutAfterBytes: 1_500_000 } });
    const both = adapter({ connections: 2 });
    const report = await valueOf(copyImage({ name: 'app', source: both, from: from(source.host, image.digest), target: both, to: { registry: target.host, repository: 'prod/app' }, parallel: 6 }, call()));
    expect(report.blobs.copied).toBe(7);
    expect(source.requests.matching({ method: 'GET', path: /blobs/ }).filter(({ status }) => status === 206).length).toBeGreaterThan(0);
  });

  it('of a multi-platform index is byte for byte the same, and mounts what the registry has', async () => {
    const registry = await server();
    const image = await pushImage(registry, { repository: 'staging/app', tag: '1.0', files: { 'etc/app': 'x' }, platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true });
    const both = adapter();
    await valueOf(copyImage({ name: 'app', source: both, from: from(registry.host, image.digest), target: both, to: { registry: registry.host, repository: 'prod/app' } }, call()));
    for (const { digest, bytes } of [image.built.root, ...image.built.manifests, ...image.built.attestations]) {
      expect((await valueOf(both.readManifest({ registry: registry.host, repository: 'prod/app', digest }, call()))).bytes).toEqual(bytes);
    }
    expect(registry.requests.matching({ method: 'PUT', path: /blobs/ })).toEqual([]);
  });

  it('goes on after a cut of the source within the same upload: no byte goes to the target twice, and few come from the source twice', async () => {
    const [source, target] = [await server(), await server()];
    const layer = randomBytes(2_000_000);
    const image = await pushImage(source, { repository: 'staging/app', layers: [layer] });
    const only = { method: 'GET', path: new RegExp(digestOf(layer)) };
    source.faults.add({ when: only, then: { cutAfterBytes: 1_000_000 } });
    const both = adapter();
    await valueOf(copyImage({ name: 'app', source: both, from: from(source.host, image.digest), target: both, to: { registry: target.host, repository: 'prod/app' } }, call()));
    expect(await valueOf(both.statBlob({ registry: target.host, repository: 'prod/app', digest: digestOf(layer) }, call()))).toBe(layer.length);
    const uploads = target.requests.matching({ method: 'PUT', path: /blobs\/uploads/ }).filter(({ requestBytes }) => requestBytes >= 1_000_000);
    expect(uploads.map(({ requestBytes, status }) => [requestBytes, status])).toEqual([[layer.length, 201]]);
    const served = source.requests.matching(only);
    expect(served.map(({ status }) => status)).toEqual([200, 206]);
    // What was in the connection when it broke is lost.
    expect(served.reduce((sum, { responseBytes }) => sum + responseBytes, 0) - layer.length).toBeLessThan(1_000_000);
  });

  it.each([1, 3])('fetches a layer again of which a byte flipped, %i times', async (times) => {
    const [source, target] = [await server(), await server()];
    const layer = randomBytes(500_000);
    const image = await pushImage(source, { repository: 'staging/app', layers: [layer] });
    const fault = source.faults.add({ when: { method: 'GET', path: new RegExp(digestOf(layer)), times }, then: { flipByteAt: 250_000 } });
    const both = adapter();
    await valueOf(copyImage({ name: 'app', source: both, from: from(source.host, image.digest), target: both, to: { registry: target.host, repository: 'prod/app' } }, call()));
    expect(fault.hits).toBe(times);
    expect((await target.store.blob('prod/app', digestOf(layer)))?.equals(layer)).toBe(true);
  });
});
