import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { digestHex, digestOf } from '@davit/core';
import { describe, expect, it } from 'vitest';
import { pushImage, pushReferrer, startRegistryServer } from '@davit/registry-server';
import { jsonOf, send, withQuery } from '../client.js';
import { start, temporaryDirectory } from '../running-server.js';

describe('a registry on disk', () => {
  it('has everything again after it was closed and started anew', async () => {
    const directory = await temporaryDirectory();
    const before = await startRegistryServer({ storage: { directory } });
    const image = await pushImage(before, { repository: 'team/app', tags: ['1', 'latest'], platforms: ['linux/amd64', 'linux/arm64'] });
    const signature = await pushReferrer(before, { repository: 'team/app', subject: image, artifactType: 'application/example', payload: 'x' });
    await before.store.putBlob('other', randomBytes(100), 'application/octet-stream', 'sha512');
    await before.close();

    const after = await start({ storage: { directory } });
    expect(after.store.repositories()).toEqual(['other', 'team/app']);
    expect(after.store.tags('team/app')).toEqual(['1', 'latest']);
    const read = await send(after, 'GET', '/v2/team/app/manifests/latest');
    expect(read.headers['content-type']).toBe(image.mediaType);
    expect(read.body.equals(image.built.root.bytes)).toBe(true);
    for (const blob of image.built.blobs) expect((await send(after, 'GET', `/v2/team/app/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
    expect(jsonOf(await send(after, 'GET', `/v2/team/app/referrers/${image.digest}`))['manifests']).toMatchObject([{ digest: signature.digest }]);
  });

  it('has nothing again of what was deleted', async () => {
    const directory = await temporaryDirectory();
    const before = await startRegistryServer({ storage: { directory } });
    const image = await pushImage(before, { repository: 'app', tags: ['1', '2'] });
    await before.store.deleteTag('app', '1');
    await before.store.deleteBlob('app', image.config);
    const other = await pushImage(before, { repository: 'app', tag: '3' });
    await before.store.deleteManifest('app', other.digest);
    await before.close();

    const after = await start({ storage: { directory } });
    expect(after.store.tags('app')).toEqual(['2']);
    expect(after.store.hasBlob('app', image.config)).toBe(false);
    expect(after.store.manifest('app', other.digest)).toBeUndefined();
  });

  it('names a file by a digest only when its bytes have it', async () => {
    const directory = await temporaryDirectory();
    const server = await start({ storage: { directory } });
    const [good, bad] = [digestOf('good'), digestOf('bad')];
    await send(server, 'POST', `/v2/app/blobs/uploads/?digest=${good}`, { body: 'good' });
    await send(server, 'POST', `/v2/app/blobs/uploads/?digest=${bad}`, { body: 'not bad' });
    await send(server, 'POST', '/v2/app/blobs/uploads/?digest=nonsense', { body: 'bad' });
    server.faults.add({ then: { cutAfterBytes: 2 } });
    await expect(send(server, 'POST', `/v2/app/blobs/uploads/?digest=${bad}`, { body: 'bad' })).rejects.toThrow();
    await server.requests.idle();
    expect(await readdir(join(directory, 'blobs', 'sha256'))).toEqual([digestHex(good)]);
    expect(await readdir(join(directory, 'uploads'))).toEqual([]);
  });

  it('leaves no file of uploads that were given up, or open when it ended', async () => {
    const directory = await temporaryDirectory();
    await mkdir(join(directory, 'uploads'));
    await writeFile(join(directory, 'uploads', 'of-a-dead-process'), 'x');
    const server = await startRegistryServer({ storage: { directory } });
    expect(await readdir(join(directory, 'uploads'))).toEqual([]);
    const locations = await Promise.all([1, 2].map(async () => (await send(server, 'POST', '/v2/app/blobs/uploads/')).headers.location ?? ''));
    expect(await readdir(join(directory, 'uploads'))).toHaveLength(2);
    await send(server, 'DELETE', locations[0] ?? '');
    await send(server, 'PATCH', locations[1] ?? '', { body: 'abc' });
    await server.close();
    expect(await readdir(join(directory, 'uploads'))).toEqual([]);
  });

  it('notices a blob whose file is gone', async () => {
    const { rm } = await import('node:fs/promises');
    const directory = await temporaryDirectory();
    const server = await start({ storage: { directory } });
    const image = await pushImage(server, { repository: 'app', tag: '1' });
    await rm(join(directory, 'blobs', 'sha256', digestHex(image.config)));
    expect((await send(server, 'HEAD', `/v2/app/blobs/${image.config}`)).status).toBe(404);
    expect((await send(server, 'PUT', '/v2/app/manifests/2', { body: image.built.root.bytes, headers: { 'content-type': image.mediaType } })).status).toBe(404);
    expect((await send(server, 'POST', `/v2/b/blobs/uploads/?mount=${image.config}&from=app`)).status).toBe(202);
  });

  it('takes a blob that it already has', async () => {
    const server = await start({ storage: { directory: await temporaryDirectory() } });
    for (let time = 0; time < 2; time += 1) {
      const { location } = (await send(server, 'POST', '/v2/app/blobs/uploads/')).headers;
      expect((await send(server, 'PUT', withQuery(location, `digest=${digestOf('same')}`), { body: 'same' })).status).toBe(201);
    }
  });
});

describe('the store of a running registry', () => {
  it('reads and writes what HTTP shows, without its checks', async () => {
    const server = await start();
    const manifest = await server.store.putManifest('app', { schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', layers: [{ digest: digestOf('missing') }] }, { tags: ['half'] });
    expect(server.store.digestOf('app', 'half')).toBe(manifest.digest);
    expect((await send(server, 'GET', '/v2/app/manifests/half')).headers['docker-content-digest']).toBe(manifest.digest);
    expect(server.store.manifest('app', 'half')?.digest).toBe(manifest.digest);
    expect(server.store.manifests('app')).toHaveLength(1);
    await server.store.tag('app', 'dangling', digestOf('nothing'));
    expect((await send(server, 'GET', '/v2/app/manifests/dangling')).status).toBe(404);
    expect(await server.store.blob('app', digestOf('missing'))).toBeUndefined();
    expect(server.store.digestOf('app', 'none')).toBeUndefined();
  });
});
