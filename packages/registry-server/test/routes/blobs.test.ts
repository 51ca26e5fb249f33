import { randomBytes } from 'node:crypto';
import { digestOf } from '@davit/core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RegistryServer } from '@davit/registry-server';
import { parseRange } from '../../src/routes/blobs.js';
import { codeOf, send } from '../client.js';
import { start, startWith, storageKinds } from '../running-server.js';

describe.each(storageKinds)('blobs in %s', (storage) => {
  // Larger than any single read of a file or a socket.
  const bytes = randomBytes(300_000);
  const digest = digestOf(bytes);
  const path = `/v2/team/app/blobs/${digest}`;
  let server: RegistryServer;
  beforeAll(async () => {
    server = await startWith(storage);
    await server.store.putBlob('team/app', bytes);
  });

  it('are read whole, with their length and digest', async () => {
    const reply = await send(server, 'GET', path);
    expect(reply.status).toBe(200);
    expect(reply.body.equals(bytes)).toBe(true);
    expect(reply.headers).toMatchObject({ 'content-length': '300000', 'docker-content-digest': digest, 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' });
  });

  it('answer HEAD with the same headers and no body', async () => {
    const reply = await send(server, 'HEAD', path);
    expect(reply).toMatchObject({ status: 200, headers: { 'content-length': '300000', 'docker-content-digest': digest } });
    expect(reply.body.length).toBe(0);
  });

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=65530-65550', 65_530, 65_551],
    ['bytes=299999-', 299_999, 300_000],
    ['bytes=100-', 100, 300_000],
    ['bytes=0-999999999', 0, 300_000],
    ['bytes=-5', 299_995, 300_000],
  ])('serve the part %s', async (range, start, end) => {
    const reply = await send(server, 'GET', path, { headers: { range } });
    expect(reply.status).toBe(206);
    expect(reply.headers['content-range']).toBe(`bytes ${String(start)}-${String(end - 1)}/300000`);
    expect(reply.headers['content-length']).toBe(String(end - start));
    expect(reply.body.equals(bytes.subarray(start, end))).toBe(true);
  });

  it.each(['bytes=300000-', 'bytes=999999-1000000', 'bytes=-0'])('refuse the part %s, which lies outside', async (range) => {
    const reply = await send(server, 'GET', path, { headers: { range } });
    expect(reply.status).toBe(416);
    expect(reply.headers['content-range']).toBe('bytes */300000');
  });

  it.each(['bytes=5-2', 'bytes=-', 'bytes=a-b', 'lines=1-2', 'bytes=0-1,4-5'])('are sent whole for %s, which is not one range', async (range) => {
    const reply = await send(server, 'GET', path, { headers: { range } });
    expect(reply.status).toBe(200);
    expect(reply.body.length).toBe(300_000);
  });

  it('may have no bytes at all', async () => {
    const empty = await server.store.putBlob('team/app', Buffer.alloc(0));
    const reply = await send(server, 'GET', `/v2/team/app/blobs/${empty.digest}`);
    expect(reply).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
    expect((await send(server, 'GET', `/v2/team/app/blobs/${empty.digest}`, { headers: { range: 'bytes=0-' } })).status).toBe(416);
  });

  it('may be named by sha512', async () => {
    const { digest: name } = await server.store.putBlob('team/app', bytes, 'application/octet-stream', 'sha512');
    expect(name).toMatch(/^sha512:[a-f0-9]{128}$/);
    expect((await send(server, 'GET', `/v2/team/app/blobs/${name}`)).body.equals(bytes)).toBe(true);
  });

  it('belong to their repository only', async () => {
    const reply = await send(server, 'GET', `/v2/other/blobs/${digest}`);
    expect(reply.status).toBe(404);
    expect(codeOf(reply)).toBe('BLOB_UNKNOWN');
  });

  it('are gone from one repository after DELETE, and stay in another', async () => {
    await server.store.putBlob('a', bytes);
    await server.store.putBlob('b', bytes);
    expect((await send(server, 'DELETE', `/v2/a/blobs/${digest}`)).status).toBe(202);
    expect((await send(server, 'HEAD', `/v2/a/blobs/${digest}`)).status).toBe(404);
    expect((await send(server, 'DELETE', `/v2/a/blobs/${digest}`)).status).toBe(404);
    expect((await send(server, 'GET', `/v2/b/blobs/${digest}`)).body.equals(bytes)).toBe(true);
  });

  it.each(['sha256:abc', 'md5:d41d8cd98f00b204e9800998ecf8427e', digestOf('x').toUpperCase()])('refuse the digest %s', async (wrong) => {
    const reply = await send(server, 'GET', `/v2/team/app/blobs/${wrong}`);
    expect(reply.status).toBe(400);
    expect(codeOf(reply)).toBe('DIGEST_INVALID');
  });
});

describe('blobs with features switched off', () => {
  it('ignore Range', async () => {
    const server = await start({ ranges: false });
    const { digest } = await server.store.putBlob('a', Buffer.from('0123456789'));
    const reply = await send(server, 'GET', `/v2/a/blobs/${digest}`, { headers: { range: 'bytes=5-' } });
    expect(reply.status).toBe(200);
    expect(reply.headers['accept-ranges']).toBeUndefined();
    expect(reply.body.toString()).toBe('0123456789');
  });

  it('refuse DELETE', async () => {
    const server = await start({ delete: false });
    const { digest } = await server.store.putBlob('a', Buffer.from('x'));
    const reply = await send(server, 'DELETE', `/v2/a/blobs/${digest}`);
    expect(reply.status).toBe(405);
    expect(codeOf(reply)).toBe('UNSUPPORTED');
  });
});

describe('names and endpoints', () => {
  it('answer the version check', async () => {
    const server = await start();
    for (const path of ['/v2/', '/v2']) expect(await send(server, 'GET', path)).toMatchObject({ status: 200, headers: { 'docker-distribution-api-version': 'registry/2.0' } });
    expect((await send(server, 'POST', '/v2/')).status).toBe(405);
  });

  it('take repositories that contain the words of the endpoints', async () => {
    const server = await start();
    const { digest } = await server.store.putBlob('blobs/manifests/uploads', Buffer.from('x'));
    expect((await send(server, 'GET', `/v2/blobs/manifests/uploads/blobs/${digest}`)).body.toString()).toBe('x');
  });

  it('take a digest whose colon is encoded', async () => {
    const server = await start();
    const { digest } = await server.store.putBlob('a', Buffer.from('x'));
    expect((await send(server, 'GET', `/v2/a/blobs/${encodeURIComponent(digest)}`)).status).toBe(200);
  });

  it.each(['UPPER', 'a//b', '-a', 'a_', 'a..b', 'a'.repeat(256)])('refuse the name %s', async (name) => {
    const server = await start();
    const reply = await send(server, 'GET', `/v2/${name}/tags/list`);
    expect(reply.status).toBe(400);
    expect(codeOf(reply)).toBe('NAME_INVALID');
  });

  it.each(['/', '/v1/', '/v2/a', '/v2/a/nothing/x', '/v2/a/tags/other', '/token', '/v2/%zz/x'])('know nothing at %s', async (path) => {
    const server = await start();
    expect((await send(server, 'GET', path)).status).toBe(404);
  });

  it('refuse methods that an endpoint does not have', async () => {
    const server = await start();
    for (const [method, path] of [['PUT', `/v2/a/blobs/${digestOf('x')}`], ['POST', '/v2/a/manifests/x'], ['PATCH', '/v2/a/blobs/uploads/'], ['DELETE', '/v2/a/tags/list']] as const) {
      expect(await send(server, method, path)).toMatchObject({ status: 405 });
    }
  });
});

describe('parseRange', () => {
  it('says nothing where there is no header', () => expect(parseRange(undefined, 10)).toBeUndefined());
  it('gives the last bytes of a short blob', () => expect(parseRange('bytes=-99', 10)).toEqual({ start: 0, end: 10 }));
  it('has every part of nothing outside', () => expect(parseRange('bytes=0-', 0)).toBe('outside'));
});
