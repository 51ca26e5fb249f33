import { digestOf, maxManifestBytes, mediaTypes } from '@davit/core';
import { pushImage, startRegistryServer } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { adapter, call, closing, errorOf, fakeServer, manifestOf, someDigest, valueOf, type Fake } from '../support.js';

const reference = (registry: string) => ({ registry, repository: 'team/app', tag: '1.0' });

/** Serves one manifest, with headers as a test says. */
const serving = (bytes: Uint8Array, headers: Readonly<Record<string, string>>) => (fake: Fake) => fake.answer(200, headers, bytes);

describe('resolve', () => {
  it('takes a HEAD\'s word, and asks no more', async () => {
    const server = closing(await startRegistryServer());
    const image = await pushImage(server, { repository: 'team/app', tag: '1.0', platforms: ['linux/amd64', 'linux/arm64'] });
    expect(await valueOf(adapter().resolve(reference(server.host), call()))).toEqual({ mediaType: mediaTypes.ociIndex, digest: image.digest, size: image.size });
    expect(server.requests.lines()).toEqual(['HEAD /v2/team/app/manifests/1.0 200']);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['no digest', { 'content-type': mediaTypes.ociManifest }],
    ['a digest that is none', { 'content-type': mediaTypes.ociManifest, 'docker-content-digest': 'md5:abc' }],
    ['a general type', { 'content-type': 'application/json', 'docker-content-digest': manifestOf('x').digest }],
  ])('reads the manifest where a HEAD gives %s', async (_, headers) => {
    const { bytes, digest } = manifestOf('x');
    const server = await fakeServer(({ request, answer }) => answer(200, request.method === 'HEAD' ? { ...headers, 'content-length': String(bytes.length) } : { 'content-type': 'application/json' }, bytes));
    expect(await valueOf(adapter().resolve(reference(server.host), call()))).toEqual({ mediaType: mediaTypes.ociManifest, digest, size: bytes.length });
    expect(server.requests.map((line) => line.split(' ')[0])).toEqual(['HEAD', 'GET']);
  });

  it('reads the manifest where the registry knows no HEAD', async () => {
    const { bytes, digest, mediaType } = manifestOf('x');
    const server = await fakeServer(({ request, answer }) => (request.method === 'HEAD' ? answer(405) : answer(200, { 'content-type': mediaType }, bytes)));
    expect((await valueOf(adapter().resolve(reference(server.host), call()))).digest).toBe(digest);
  });

  it('looks at the digest where a reference has a tag too', async () => {
    const server = closing(await startRegistryServer());
    const image = await pushImage(server, { repository: 'team/app', tag: '1.0' });
    await pushImage(server, { repository: 'team/app', tag: '2.0' });
    expect((await valueOf(adapter().resolve({ ...reference(server.host), tag: '2.0', digest: image.digest }, call()))).digest).toBe(image.digest);
  });

  it('refuses a registry that names another digest than the one that was asked for', async () => {
    const { bytes, digest, mediaType } = manifestOf('x');
    const server = await fakeServer(serving(bytes, { 'content-type': mediaType, 'docker-content-digest': digest, 'content-length': String(bytes.length) }));
    expect((await errorOf(adapter({ retry: { attempts: 1 } }).resolve({ ...reference(server.host), digest: someDigest }, call()))).code).toBe('digest_mismatch');
  });

  it('says manifest_not_found for an unknown tag, and manifest_unsupported for Docker schema 1', async () => {
    const server = closing(await startRegistryServer());
    expect(await errorOf(adapter().resolve(reference(server.host), call()))).toMatchObject({ code: 'manifest_not_found', retryable: false, tag: '1.0' });
    const old = await fakeServer(({ answer }) => answer(200, { 'content-type': `${mediaTypes.dockerSchema1Signed}; charset=utf-8`, 'content-length': '2' }, '{}'));
    expect((await errorOf(adapter().resolve(reference(old.host), call()))).code).toBe('manifest_unsupported');
    expect((await errorOf(adapter().readManifest({ ...reference(old.host), digest: someDigest }, call()))).code).toBe('manifest_unsupported');
  });
});

describe('readManifest', () => {
  it('gives the bytes as they are stored, odd spaces and all', async () => {
    const bytes = Buffer.from(`{\n  "schemaVersion": 2,\t"mediaType":"${mediaTypes.ociIndex}", "manifests":[ ] }\n\n`);
    const server = await fakeServer(serving(bytes, { 'content-type': `${mediaTypes.ociIndex}; charset=utf-8` }));
    const read = await valueOf(adapter().readManifest({ ...reference(server.host), digest: digestOf(bytes) }, call()));
    expect(read).toEqual({ mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), bytes });
  });

  it('accepts every kind of manifest, the richest first', async () => {
    const { bytes, digest, mediaType } = manifestOf('x');
    const server = await fakeServer(serving(bytes, { 'content-type': mediaType }));
    await valueOf(adapter().readManifest({ ...reference(server.host), digest }, call()));
    expect(server.headers[0]?.accept).toBe([mediaTypes.ociIndex, mediaTypes.ociManifest, mediaTypes.dockerIndex, mediaTypes.dockerManifest].join(', '));
  });

  it('refuses bytes with another digest, five times in all', async () => {
    const { bytes, mediaType } = manifestOf('x');
    const server = await fakeServer(serving(bytes, { 'content-type': mediaType }));
    expect(await errorOf(adapter().readManifest({ ...reference(server.host), digest: someDigest }, call()))).toMatchObject({ code: 'digest_mismatch', expected: someDigest, retryable: true });
    expect(server.requests).toHaveLength(5);
  });

  it('comes through one flipped byte', async () => {
    const server = closing(await startRegistryServer());
    const image = await pushImage(server, { repository: 'team/app', tag: '1.0' });
    const fault = server.faults.add({ when: { method: 'GET' }, then: { flipByteAt: 20 } });
    expect((await valueOf(adapter().readManifest({ ...reference(server.host), digest: image.digest }, call()))).bytes).toEqual(image.built.root.bytes);
    expect(fault.hits).toBe(1);
  });

  it('refuses a registry whose Docker-Content-Digest speaks of other bytes', async () => {
    const { bytes, digest, mediaType } = manifestOf('x');
    const read = async (header: string) => {
      const server = await fakeServer(serving(bytes, { 'content-type': mediaType, 'docker-content-digest': header }));
      return adapter({ retry: { attempts: 1 } }).readManifest({ ...reference(server.host), digest }, call());
    };
    expect((await errorOf(read(someDigest))).code).toBe('digest_mismatch');
    expect((await errorOf(read(digestOf('x', 'sha512')))).code).toBe('digest_mismatch');
    expect((await errorOf(read('not a digest'))).code).toBe('registry_protocol');
    expect((await valueOf(read(digestOf(bytes, 'sha512')))).digest).toBe(digest);
  });

  it('reads no more than 4 MiB, whether the registry says how much there is or not', async () => {
    const big = Buffer.alloc(maxManifestBytes + 1, ' ');
    const said = await fakeServer(serving(big, { 'content-type': mediaTypes.ociManifest }));
    expect((await errorOf(adapter().readManifest({ ...reference(said.host), digest: digestOf(big) }, call()))).code).toBe('manifest_too_large');
    const unsaid = await fakeServer(({ response }) => {
      response.writeHead(200, { 'content-type': mediaTypes.ociManifest });
      response.end(big);
    });
    expect((await errorOf(adapter().readManifest({ ...reference(unsaid.host), digest: digestOf(big) }, call()))).code).toBe('manifest_too_large');
    const most = Buffer.alloc(maxManifestBytes, ' ');
    const full = await fakeServer(serving(most, { 'content-type': mediaTypes.ociManifest }));
    expect((await valueOf(adapter().readManifest({ ...reference(full.host), digest: digestOf(most) }, call()))).bytes).toHaveLength(maxManifestBytes);
  });

  it('calls a document served as JSON by the name it gives itself', async () => {
    const docker = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.dockerIndex, manifests: [] }));
    const nameless = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] }));
    for (const [bytes, mediaType] of [[docker, mediaTypes.dockerIndex], [nameless, mediaTypes.ociIndex]] as const) {
      const server = await fakeServer(serving(bytes, { 'content-type': 'application/json' }));
      expect((await valueOf(adapter().readManifest({ ...reference(server.host), digest: digestOf(bytes) }, call()))).mediaType).toBe(mediaType);
    }
  });

  it('verifies sha512', async () => {
    const { bytes, mediaType } = manifestOf('x');
    const server = await fakeServer(serving(bytes, { 'content-type': mediaType }));
    const digest = digestOf(bytes, 'sha512');
    expect((await valueOf(adapter().readManifest({ ...reference(server.host), digest }, call()))).digest).toBe(digest);
  });
});

describe('writeManifest and tag', () => {
  it('store the very bytes, under the digest and under the tag', async () => {
    const server = closing(await startRegistryServer());
    const image = await pushImage(server, { repository: 'team/app', platforms: ['linux/amd64'], format: 'docker' });
    const target = adapter();
    const manifest = await valueOf(target.readManifest({ ...reference(server.host), digest: image.digest }, call()));
    await valueOf(target.writeManifest(reference(server.host), manifest, call()));
    expect((await errorOf(target.resolve(reference(server.host), call()))).code).toBe('manifest_not_found');
    await valueOf(target.tag(reference(server.host), '1.0', manifest, call()));
    expect(await valueOf(target.resolve(reference(server.host), call()))).toEqual({ mediaType: mediaTypes.dockerIndex, digest: image.digest, size: image.size });
  });

  it('refuse a registry that says it stored something else', async () => {
    const server = await fakeServer(async ({ body, answer }) => {
      await body();
      answer(201, { 'docker-content-digest': someDigest });
    });
    expect((await errorOf(adapter({ retry: { attempts: 1 } }).writeManifest(reference(server.host), manifestOf('x'), call()))).code).toBe('digest_mismatch');
    expect((await errorOf(adapter({ retry: { attempts: 1 } }).tag(reference(server.host), 'latest', manifestOf('x'), call()))).code).toBe('digest_mismatch');
  });

  it('send the manifest again when the answer is lost', async () => {
    const server = closing(await startRegistryServer());
    const image = await pushImage(server, { repository: 'team/app' });
    server.faults.add({ when: { method: 'PUT' }, then: { loseAnswer: true } });
    await valueOf(adapter().tag(reference(server.host), '1.0', image.built.root, call()));
    expect(server.requests.count({ method: 'PUT' })).toBe(2);
  });
});
