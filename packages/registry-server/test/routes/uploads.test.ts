import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { digestOf } from '@davit/core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { RegistryServer } from '@davit/registry-server';
import { codeOf, send, withQuery, type Reply } from '../client.js';
import { start, startWith, storageKinds } from '../running-server.js';

const uploads = '/v2/team/app/blobs/uploads/';

describe.each(storageKinds)('uploads to %s', (storage) => {
  const bytes = randomBytes(200_000);
  let server: RegistryServer;
  beforeAll(async () => {
    server = await startWith(storage);
  });
  const begin = async (): Promise<string> => {
    const reply = await send(server, 'POST', uploads);
    expect(reply.status).toBe(202);
    return reply.headers.location ?? '';
  };
  const stored = (digest: string): Promise<Buffer | undefined> => server.store.blob('team/app', digest);
  const expectStored = async (reply: Reply, content: Buffer): Promise<void> => {
    const digest = digestOf(content);
    expect(reply.status).toBe(201);
    expect(reply.headers['docker-content-digest']).toBe(digest);
    expect((await send(server, 'GET', reply.headers.location ?? '')).body.equals(content)).toBe(true);
  };

  it('begin with an identifier, a Location and an empty range', async () => {
    const reply = await send(server, 'POST', uploads);
    expect(reply).toMatchObject({ status: 202, headers: { range: '0-0', 'content-length': '0' } });
    expect(reply.headers.location).toContain(String(reply.headers['docker-upload-uuid']));
  });

  it('take a blob in POST and PUT', async () => {
    const content = randomBytes(50_000);
    await expectStored(await send(server, 'PUT', withQuery(await begin(), `digest=${digestOf(content)}`), { body: content }), content);
  });

  it('take a blob in one POST', async () => {
    const content = randomBytes(1000);
    await expectStored(await send(server, 'POST', `${uploads}?digest=${digestOf(content)}`, { body: content }), content);
  });

  it('take a stream of unknown length', async () => {
    const location = await begin();
    const patch = await send(server, 'PATCH', location, { body: Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)]) });
    expect(patch).toMatchObject({ status: 202, headers: { range: '0-199999' } });
    await expectStored(await send(server, 'PUT', withQuery(patch.headers.location, `digest=${digestOf(bytes)}`)), bytes);
  });

  it('take chunks, the last of them with PUT', async () => {
    const content = randomBytes(2500);
    const first = await send(server, 'PATCH', await begin(), { body: content.subarray(0, 1000), headers: { 'content-range': '0-999' } });
    expect(first).toMatchObject({ status: 202, headers: { range: '0-999' } });
    const second = await send(server, 'PATCH', first.headers.location ?? '', { body: content.subarray(1000, 2000), headers: { 'content-range': '1000-1999' } });
    expect(second.headers['range']).toBe('0-1999');
    await expectStored(await send(server, 'PUT', withQuery(second.headers.location, `digest=${digestOf(content)}`), { body: content.subarray(2000), headers: { 'content-range': '2000-2499' } }), content);
  });

  it('refuse a chunk that does not follow, and say how far they are', async () => {
    const content = randomBytes(3000);
    const first = await send(server, 'PATCH', await begin(), { body: content.subarray(0, 1000), headers: { 'content-range': '0-999' } });
    for (const range of ['2000-2999', '0-999', '500-1499']) {
      const wrong = await send(server, 'PATCH', first.headers.location ?? '', { body: content.subarray(2000), headers: { 'content-range': range } });
      expect(wrong).toMatchObject({ status: 416, headers: { range: '0-999', location: first.headers.location } });
    }
    const wrongEnd = await send(server, 'PUT', withQuery(first.headers.location, `digest=${digestOf(content)}`), { body: content.subarray(2000), headers: { 'content-range': '2000-2999' } });
    expect(wrongEnd.status).toBe(416);
    await expectStored(await send(server, 'PUT', withQuery(first.headers.location, `digest=${digestOf(content)}`), { body: content.subarray(1000), headers: { 'content-range': '1000-2999' } }), content);
  });

  it('refuse a Content-Range that is none or does not fit the length', async () => {
    const location = await begin();
    expect(codeOf(await send(server, 'PATCH', location, { body: 'abc', headers: { 'content-range': 'bytes 0-2/3' } }))).toBe('BLOB_UPLOAD_INVALID');
    expect(codeOf(await send(server, 'PATCH', location, { body: 'abc', headers: { 'content-range': '0-9' } }))).toBe('SIZE_INVALID');
    expect((await send(server, 'GET', location)).headers['range']).toBe('0-0');
  });

  it('keep what arrived before the connection broke, and go on from there', async () => {
    const location = await begin();
    const half = new PassThrough();
    half.write(bytes.subarray(0, 100_000));
    const loss = new AbortController();
    const broken = send(server, 'PATCH', location, { body: half, headers: { 'content-length': bytes.length }, signal: loss.signal });
    const noticed = expect(broken).rejects.toThrow();
    await vi.waitFor(() => expect(server.requests.entries.at(-1)).toMatchObject({ method: 'PATCH', requestBytes: 100_000, finished: false }));
    loss.abort();
    await noticed;
    const status = await send(server, 'GET', location);
    expect(status).toMatchObject({ status: 204, headers: { range: '0-99999' } });
    const rest = await send(server, 'PATCH', status.headers.location ?? '', { body: bytes.subarray(100_000), headers: { 'content-range': '100000-199999' } });
    await expectStored(await send(server, 'PUT', withQuery(rest.headers.location, `digest=${digestOf(bytes)}`)), bytes);
  });

  it('refuse bytes that do not have the digest, and keep nothing of them', async () => {
    const [claimed, real] = [digestOf('claimed'), digestOf('real bytes')];
    const location = await begin();
    const reply = await send(server, 'PUT', withQuery(location, `digest=${claimed}`), { body: 'real bytes' });
    expect(reply.status).toBe(400);
    expect(codeOf(reply)).toBe('DIGEST_INVALID');
    expect(await stored(claimed)).toBeUndefined();
    expect(await stored(real)).toBeUndefined();
    expect((await send(server, 'GET', location)).status).toBe(404);
    expect((await send(server, 'POST', `${uploads}?digest=${claimed}`, { body: 'real bytes' })).status).toBe(400);
  });

  it('check sha512 as well', async () => {
    const digest = digestOf(bytes, 'sha512');
    expect(await send(server, 'PUT', withQuery(await begin(), `digest=${digest}`), { body: bytes })).toMatchObject({ status: 201, headers: { 'docker-content-digest': digest } });
    expect((await send(server, 'PUT', withQuery(await begin(), `digest=${digest}`), { body: 'other' })).status).toBe(400);
  });

  it('refuse a PUT without a digest, and stay open', async () => {
    const location = await begin();
    for (const query of ['', 'digest=sha256:12', 'digest=']) expect(codeOf(await send(server, 'PUT', withQuery(location, query), { body: 'x' }))).toBe('DIGEST_INVALID');
    expect((await send(server, 'GET', location)).status).toBe(204);
  });

  it('take a blob of no bytes', async () => {
    await expectStored(await send(server, 'PUT', withQuery(await begin(), `digest=${digestOf('')}`)), Buffer.alloc(0));
    await expectStored(await send(server, 'POST', `${uploads}?digest=${digestOf('')}`), Buffer.alloc(0));
  });

  it('are forgotten after DELETE', async () => {
    const location = await begin();
    expect((await send(server, 'DELETE', location)).status).toBe(204);
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) expect(codeOf(await send(server, method, location))).toBe('BLOB_UPLOAD_UNKNOWN');
  });

  it('are known only by the whole Location and in their repository', async () => {
    const location = await begin();
    expect((await send(server, 'GET', location.split('?')[0] ?? '')).status).toBe(404);
    expect((await send(server, 'GET', location.replace('team/app', 'team/other'))).status).toBe(404);
    expect((await send(server, 'GET', location)).status).toBe(204);
  });

  it('serve requests for one upload one after the other', async () => {
    const location = await begin();
    const [a, b] = [randomBytes(5000), randomBytes(5000)];
    let release = (): void => undefined;
    server.faults.add({ when: { method: 'PATCH' }, then: { holdBackUntil: new Promise<void>((resolve) => (release = resolve)), afterBytes: 1000 } });
    server.requests.clear();
    const first = send(server, 'PATCH', location, { body: a });
    await server.requests.until(({ requestBytes }) => requestBytes === 5000);
    const others = [send(server, 'PATCH', location, { body: b }), send(server, 'GET', location)];
    await vi.waitFor(() => expect(server.requests.entries).toHaveLength(3));
    release();
    expect((await first).headers['range']).toBe('0-4999');
    expect((await Promise.all(others)).map(({ headers }) => headers['range'])).toEqual(['0-9999', '0-9999']);
    await expectStored(await send(server, 'PUT', withQuery(location, `digest=${digestOf(Buffer.concat([a, b]))}`)), Buffer.concat([a, b]));
  });

  it('are unknown to a request that waited until another had given them up', async () => {
    const location = await begin();
    let release = (): void => undefined;
    server.faults.add({ when: { method: 'PATCH' }, then: { holdBackUntil: new Promise<void>((resolve) => (release = resolve)), afterBytes: 1000 } });
    server.requests.clear();
    const patch = send(server, 'PATCH', location, { body: bytes });
    await server.requests.until(({ requestBytes }) => requestBytes > 0);
    const cancel = send(server, 'DELETE', location);
    await server.requests.until(({ method }) => method === 'DELETE');
    const late = send(server, 'PATCH', location, { body: 'late' });
    await vi.waitFor(() => expect(server.requests.entries).toHaveLength(3));
    release();
    expect([(await patch).status, (await cancel).status, (await late).status]).toEqual([202, 204, 404]);
  });

  it('with wrong bytes leave the right ones of another repository alone', async () => {
    const { digest } = await server.store.putBlob('elsewhere', Buffer.from('right'));
    expect((await send(server, 'POST', `${uploads}?digest=${digest}`, { body: 'wrong' })).status).toBe(400);
    expect((await server.store.blob('elsewhere', digest))?.toString()).toBe('right');
  });
});

describe.each(storageKinds)('mounts in %s', (storage) => {
  it('give a blob of another repository', async () => {
    const server = await startWith(storage);
    const { digest } = await server.store.putBlob('base', Buffer.from('layer'));
    const reply = await send(server, 'POST', `${uploads}?mount=${digest}&from=base`);
    expect(reply).toMatchObject({ status: 201, headers: { 'docker-content-digest': digest } });
    expect((await server.store.blob('team/app', digest))?.toString()).toBe('layer');
  });

  it('begin an upload where the blob is not there, or where no source is named', async () => {
    const server = await startWith(storage);
    const { digest } = await server.store.putBlob('base', Buffer.from('layer'));
    for (const query of [`mount=${digestOf('other')}&from=base`, `mount=${digest}&from=empty`, `mount=${digest}`]) {
      const reply = await send(server, 'POST', `${uploads}?${query}`);
      expect(reply.status).toBe(202);
      expect((await send(server, 'DELETE', reply.headers.location ?? '')).status).toBe(204);
    }
    expect(server.store.hasBlob('team/app', digest)).toBe(false);
  });
});

describe('uploads with features switched off', () => {
  it('do not mount', async () => {
    const server = await start({ mount: false });
    const { digest } = await server.store.putBlob('base', Buffer.from('layer'));
    expect((await send(server, 'POST', `${uploads}?mount=${digest}&from=base`)).status).toBe(202);
  });

  it('do not take a blob with POST', async () => {
    const server = await start({ singlePost: false });
    const reply = await send(server, 'POST', `${uploads}?digest=${digestOf('x')}`, { body: 'x' });
    expect(reply.status).toBe(202);
    expect((await send(server, 'PUT', withQuery(reply.headers.location, `digest=${digestOf('x')}`), { body: 'x' })).status).toBe(201);
  });

  it('give Locations without a host', async () => {
    const server = await start({ locations: 'relative' });
    const reply = await send(server, 'POST', uploads);
    expect(reply.headers.location).toMatch(/^\/v2\/team\/app\/blobs\/uploads\//);
    expect((await send(server, 'PUT', withQuery(reply.headers.location, `digest=${digestOf('x')}`), { body: 'x' })).headers.location).toBe(`/v2/team/app/blobs/${digestOf('x')}`);
  });
});

it('an upload may name its algorithm at the start, if it is a known one', async () => {
  const server = await start();
  expect((await send(server, 'POST', `${uploads}?digest-algorithm=sha512`)).status).toBe(202);
  expect(codeOf(await send(server, 'POST', `${uploads}?digest-algorithm=md5`))).toBe('DIGEST_INVALID');
});
