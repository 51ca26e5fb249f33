import { gunzipSync } from 'node:zlib';
import { digestOf, isAttestation, mediaTypes, parseImageConfig, parseManifest, type RawManifest } from '@davit/core';
import { buildImage, pushImage, tar } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { codeOf, jsonOf, send } from '../client.js';
import { start } from '../running-server.js';

const view = (raw: RawManifest) => parseManifest(raw)._unsafeUnwrap();

describe('buildImage', () => {
  it('makes a manifest whose digests and sizes are true', () => {
    const image = buildImage({ files: { 'app/main.js': 'x' }, layers: [Buffer.from('raw'), { files: { base: 'b' } }], config: { Cmd: ['node', 'app/main.js'], Env: ['A=1'] }, labels: { revision: 'abc' }, annotations: { of: 'me' } });
    const manifest = view(image.root);
    expect(manifest).toMatchObject({ kind: 'manifest', mediaType: mediaTypes.ociManifest, annotations: { of: 'me' } });
    if (manifest.kind !== 'manifest') return;
    const [config, ...layers] = [manifest.config, ...manifest.layers].map(({ digest, size }) => {
      const blob = image.blobs.find((each) => each.digest === digest);
      expect(blob?.bytes.length).toBe(size);
      expect(digestOf(blob?.bytes ?? '')).toBe(digest);
      return blob?.bytes ?? Buffer.alloc(0);
    });
    expect(manifest.layers.map(({ mediaType }) => mediaType)).toEqual([mediaTypes.ociLayer, mediaTypes.ociLayerGzip, mediaTypes.ociLayerGzip]);
    const parsed = parseImageConfig(config ?? Buffer.alloc(0))._unsafeUnwrap();
    expect(parsed).toMatchObject({ platform: { os: 'linux', architecture: 'amd64' }, created: '2024-01-01T00:00:00Z', labels: { revision: 'abc' }, historyLayers: 3 });
    expect(parsed.diffIds).toEqual([digestOf('raw'), digestOf(tar({ base: 'b' })), digestOf(tar({ 'app/main.js': 'x' }))]);
    expect(layers.slice(1).map((layer) => digestOf(gunzipSync(layer)))).toEqual(parsed.diffIds.slice(1));
    expect(JSON.parse(String(config))).toMatchObject({ config: { Cmd: ['node', 'app/main.js'], Env: ['A=1'], Labels: { revision: 'abc' } } });
  });

  it('makes the same digests from the same input, and others from another', () => {
    const spec = { files: { a: 'a' }, platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true };
    expect(buildImage(spec).root.digest).toBe(buildImage(spec).root.digest);
    expect(buildImage({ ...spec, created: '2025-01-01T00:00:00Z' }).root.digest).not.toBe(buildImage(spec).root.digest);
  });

  it('makes an index of platforms and their attestations', () => {
    const image = buildImage({ files: { a: 'a' }, platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true, annotations: { of: 'me' } });
    const index = view(image.root);
    expect(index).toMatchObject({ kind: 'index', annotations: { of: 'me' } });
    if (index.kind !== 'index') return;
    expect(index.manifests.map(({ platform }) => platform)).toEqual([{ os: 'linux', architecture: 'amd64' }, { os: 'linux', architecture: 'arm64', variant: 'v8' }, { os: 'unknown', architecture: 'unknown' }, { os: 'unknown', architecture: 'unknown' }]);
    expect(index.manifests.map(isAttestation)).toEqual([false, false, true, true]);
    expect([image.manifests.length, image.attestations.length]).toEqual([2, 2]);
    expect(new Set(index.manifests.map(({ digest }) => digest)).size).toBe(4);
  });

  it("speaks Docker's media types as well", () => {
    const image = buildImage({ files: { a: 'a' }, format: 'docker', platforms: ['linux/amd64'] });
    expect(image.root.mediaType).toBe(mediaTypes.dockerIndex);
    expect(image.manifests[0]).toMatchObject({ mediaType: mediaTypes.dockerManifest, config: { mediaType: mediaTypes.dockerConfig }, layers: [{ mediaType: mediaTypes.dockerLayerGzip }] });
  });

  it.each([[['linux']], [['unknown/unknown']], [['/amd64']]])('refuses the platforms %j', (platforms) => {
    expect(() => buildImage({ platforms })).toThrow(TypeError);
  });
});

describe('pushImage', () => {
  it('says where the image is', async () => {
    const server = await start();
    const image = await pushImage(server, { repository: 'team/app', tag: '1.0', tags: ['latest'], files: { a: 'a' } });
    expect(image.reference).toBe(`${server.host}/team/app:1.0`);
    expect(image.digestReference).toBe(`${server.host}/team/app@${image.digest}`);
    for (const reference of ['1.0', 'latest', image.digest]) expect((await send(server, 'GET', `/v2/team/app/manifests/${reference}`)).headers['docker-content-digest']).toBe(image.digest);
    for (const digest of [image.config, ...image.layers]) expect((await send(server, 'HEAD', `/v2/team/app/blobs/${digest}`)).status).toBe(200);
  });

  it('makes different images for different tags where nothing else is said', async () => {
    const server = await start();
    const [one, two] = [await pushImage(server, { repository: 'app', tag: '1' }), await pushImage(server, { repository: 'app', tag: '2' })];
    expect(one.digest).not.toBe(two.digest);
    expect(one.layers).toHaveLength(1);
  });

  it('makes what the checks of HTTP let through', async () => {
    const [server, other] = [await start(), await start()];
    const image = await pushImage(server, { repository: 'app', tag: '1', platforms: ['linux/amd64', 'linux/arm64'], attestations: true });
    for (const blob of image.built.blobs) expect((await send(other, 'POST', `/v2/app/blobs/uploads/?digest=${blob.digest}`, { body: blob.bytes })).status).toBe(201);
    for (const manifest of [...image.built.manifests, ...image.built.attestations, image.built.root]) {
      const reply = await send(other, 'PUT', `/v2/app/manifests/${manifest.digest}`, { body: manifest.bytes, headers: { 'content-type': manifest.mediaType } });
      expect(reply.status === 201 ? '' : codeOf(reply)).toBe('');
    }
    expect(jsonOf(await send(other, 'GET', `/v2/app/manifests/${image.digest}`))).toEqual(JSON.parse(image.built.root.bytes.toString()));
  });
});
