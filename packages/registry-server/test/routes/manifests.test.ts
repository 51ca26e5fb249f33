import { digestOf, mediaTypes } from '@davit/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildImage, pushImage, type RegistryServer } from '@davit/registry-server';
import { codeOf, send } from '../client.js';
import { start, startWith, storageKinds } from '../running-server.js';

const ociManifest = mediaTypes.ociManifest;

describe.each(storageKinds)('manifests in %s', (storage) => {
  const image = buildImage({ files: { 'a.txt': 'a' } });
  const { bytes, digest } = image.root;
  let server: RegistryServer;
  beforeAll(async () => {
    server = await startWith(storage);
    for (const blob of image.blobs) await server.store.putBlob('app', blob.bytes);
  });
  const put = (reference: string, body: Uint8Array | string = bytes, headers: Record<string, string> = { 'content-type': ociManifest }) => send(server, 'PUT', `/v2/app/manifests/${reference}`, { body, headers });

  it('are put by tag and read by tag and by digest, byte for byte', async () => {
    const reply = await put('1.0');
    expect(reply).toMatchObject({ status: 201, headers: { 'docker-content-digest': digest } });
    expect(reply.headers.location).toContain('/v2/app/manifests/1.0');
    for (const reference of ['1.0', digest]) {
      const read = await send(server, 'GET', `/v2/app/manifests/${reference}`);
      expect(read).toMatchObject({ status: 200, headers: { 'content-type': ociManifest, 'docker-content-digest': digest, 'content-length': String(bytes.length) } });
      expect(read.body.equals(bytes)).toBe(true);
      const head = await send(server, 'HEAD', `/v2/app/manifests/${reference}`);
      expect(head).toMatchObject({ status: 200, headers: { 'content-type': ociManifest, 'docker-content-digest': digest, 'content-length': String(bytes.length) } });
      expect(head.body.length).toBe(0);
    }
  });

  it('keep bytes that another JSON writer would change', async () => {
    const odd = Buffer.from(`{ "layers" : [ ],\n\t"config":${JSON.stringify({ mediaType: mediaTypes.ociConfig, digest: image.manifests[0]?.config.digest, size: 1 })}, "schemaVersion":2 , "x": 1.0 }\n`);
    expect((await put('odd', odd)).headers['docker-content-digest']).toBe(digestOf(odd));
    expect((await send(server, 'GET', '/v2/app/manifests/odd')).body.equals(odd)).toBe(true);
  });

  it('are put by digest, with tags beside it', async () => {
    const reply = await put(`${digest}?tag=one&tag=two`);
    expect(reply).toMatchObject({ status: 201, headers: { 'oci-tag': 'one, two' } });
    expect([server.store.digestOf('app', 'one'), server.store.digestOf('app', 'two')]).toEqual([digest, digest]);
  });

  it('may be named by sha512', async () => {
    const name = digestOf(bytes, 'sha512');
    expect(await put(name)).toMatchObject({ status: 201, headers: { 'docker-content-digest': name } });
    expect((await send(server, 'GET', `/v2/app/manifests/${name}`)).body.equals(bytes)).toBe(true);
  });

  it('refuse a digest that is not theirs', async () => {
    const reply = await put(digestOf('other'));
    expect(reply.status).toBe(400);
    expect(codeOf(reply)).toBe('DIGEST_INVALID');
    expect(server.store.manifest('app', digestOf('other'))).toBeUndefined();
  });

  it.each(['-tag', 'a'.repeat(129), 'sha256:12', 'a%20b', 'a:b'])('refuse the reference %s', async (reference) => {
    expect((await put(reference)).status).toBe(400);
    expect((await send(server, 'GET', `/v2/app/manifests/${reference}`)).status).toBe(400);
  });

  it('refuse a Content-Type that their mediaType contradicts', async () => {
    expect(codeOf(await put('x', bytes, { 'content-type': mediaTypes.dockerManifest }))).toBe('MANIFEST_INVALID');
    expect((await put('x', bytes, { 'content-type': `${ociManifest}; charset=utf-8` })).status).toBe(201);
    expect((await put('x', bytes, {})).status).toBe(201);
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['a list', '[]'],
    ['text that is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['both layers and manifests', JSON.stringify({ schemaVersion: 2, layers: [], manifests: [] })],
    ['a layer without a digest', JSON.stringify({ schemaVersion: 2, layers: [{}] })],
  ])('refuse %s', async (_, body) => {
    const reply = await put('bad', body);
    expect(reply.status).toBe(400);
    expect(codeOf(reply)).toBe('MANIFEST_INVALID');
    expect(server.store.digestOf('app', 'bad')).toBeUndefined();
  });

  it('refuse a document of which nothing says what it is', async () => {
    expect(codeOf(await put('bad', '{"schemaVersion":2}', {}))).toBe('MANIFEST_INVALID');
  });

  it('refuse what has more than 4 MiB, and take what has not', async () => {
    const ofSize = (size: number): string => {
      const frame = JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, annotations: { x: '' } });
      return frame.replace('""', `"${'x'.repeat(size - frame.length)}"`);
    };
    const over = await put('big', ofSize(4 * 1024 * 1024 + 1));
    expect(over.status).toBe(413);
    expect(codeOf(over)).toBe('SIZE_INVALID');
    expect((await put('big', ofSize(4 * 1024 * 1024))).status).toBe(201);
  });

  it('refuse a layer, a configuration or a child that is not there', async () => {
    const missing = { mediaType: mediaTypes.ociLayerGzip, digest: digestOf('missing'), size: 7 };
    const config = { mediaType: mediaTypes.ociConfig, digest: image.manifests[0]?.config.digest, size: 1 };
    const manifest = (content: object): string => JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, ...content });
    expect(codeOf(await put('half', manifest({ config, layers: [missing] })))).toBe('MANIFEST_BLOB_UNKNOWN');
    expect(codeOf(await put('half', manifest({ config: { ...missing, mediaType: mediaTypes.ociConfig }, layers: [] })))).toBe('MANIFEST_BLOB_UNKNOWN');
    const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [{ ...missing, mediaType: ociManifest }] });
    const refused = await put('half', index, { 'content-type': mediaTypes.ociIndex });
    expect(refused.status).toBe(404);
    expect(codeOf(refused)).toBe('MANIFEST_UNKNOWN');
    expect(server.store.digestOf('app', 'half')).toBeUndefined();
  });

  it('do not ask for layers that lie elsewhere', async () => {
    const foreign = { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', digest: digestOf('foreign'), size: 7, urls: ['https://example.com/layer'] };
    const config = { mediaType: mediaTypes.dockerConfig, digest: image.manifests[0]?.config.digest, size: 1 };
    const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config, layers: [foreign] });
    expect((await put('windows', body, { 'content-type': mediaTypes.dockerManifest })).status).toBe(201);
  });

  it('are unknown in another repository', async () => {
    const reply = await send(server, 'GET', `/v2/other/manifests/${digest}`);
    expect(reply.status).toBe(404);
    expect(codeOf(reply)).toBe('MANIFEST_UNKNOWN');
  });

  it('are given only to who accepts their type', async () => {
    await put('typed');
    const read = (accept: string) => send(server, 'GET', '/v2/app/manifests/typed', { headers: { accept } });
    for (const accept of ['*/*', ociManifest, `${mediaTypes.dockerManifest}, ${ociManifest};q=0.5`, 'application/*']) expect((await read(accept)).status).toBe(200);
    for (const accept of [mediaTypes.ociIndex, 'text/html']) expect(await read(accept)).toMatchObject({ status: 404 });
  });

  it('are deleted by tag, which leaves the rest, and by digest, which takes its tags along', async () => {
    for (const tag of ['d1', 'd2', 'd3']) await put(tag);
    expect((await send(server, 'DELETE', '/v2/app/manifests/d1')).status).toBe(202);
    expect((await send(server, 'GET', '/v2/app/manifests/d1')).status).toBe(404);
    expect((await send(server, 'GET', '/v2/app/manifests/d2')).status).toBe(200);
    expect((await send(server, 'DELETE', `/v2/app/manifests/${digest}`)).status).toBe(202);
    for (const reference of ['d2', 'd3', digest]) expect((await send(server, 'GET', `/v2/app/manifests/${reference}`)).status).toBe(404);
    expect((await send(server, 'DELETE', `/v2/app/manifests/${digest}`)).status).toBe(404);
  });
});

it('a manifest with a subject is answered with OCI-Subject, unless the referrers API is off', async () => {
  for (const [options, expected] of [[{}, true], [{ referrersApi: false }, false]] as const) {
    const server = await start(options);
    const image = await pushImage(server, { repository: 'app', tag: '1' });
    const body = JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, config: { mediaType: mediaTypes.ociConfig, digest: image.config, size: 1 }, layers: [], subject: { mediaType: ociManifest, digest: image.digest, size: image.size } });
    const reply = await send(server, 'PUT', `/v2/app/manifests/${digestOf(body)}`, { body, headers: { 'content-type': ociManifest } });
    expect(reply.status).toBe(201);
    expect(reply.headers['oci-subject']).toBe(expected ? image.digest : undefined);
  }
});

it('deleting manifests can be switched off', async () => {
  const server = await start({ delete: false });
  await pushImage(server, { repository: 'app', tag: '1' });
  expect(await send(server, 'DELETE', '/v2/app/manifests/1')).toMatchObject({ status: 405 });
  expect(server.store.digestOf('app', '1')).toBeDefined();
});
