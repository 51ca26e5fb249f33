import { digestOf, streamFault } from '@davit/core';
import { pushImage, startRegistryServer, type RegistryServerOptions } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { adapter, bytesOf, call, closing, errorOf, fakeServer, someDigest, valueOf } from '../support.js';

const layer = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) % 251));

async function registry(options: RegistryServerOptions = {}) {
  const server = closing(await startRegistryServer(options));
  await pushImage(server, { repository: 'team/app', tag: '1.0', layers: [layer] });
  return { server, blob: { registry: server.host, repository: 'team/app', digest: digestOf(layer) } };
}

/** What a broken stream says. */
async function faultOf(body: AsyncIterable<Uint8Array>) {
  try {
    await bytesOf(body);
  } catch (thrown) {
    return streamFault(thrown);
  }
  throw new Error('the stream did not break');
}

describe('statBlob', () => {
  it('gives the size, or null where there is none', async () => {
    const { server, blob } = await registry();
    expect(await valueOf(adapter().statBlob(blob, call()))).toBe(layer.length);
    expect(await valueOf(adapter().statBlob({ ...blob, digest: someDigest }, call()))).toBeNull();
    expect(await valueOf(adapter().statBlob({ ...blob, repository: 'unknown' }, call()))).toBeNull();
    expect(server.requests.matching({ method: 'GET' })).toEqual([]);
  });

  it('does not trust a HEAD without a length: it asks for the blob, and counts it if need be', async () => {
    const saying = await fakeServer(({ request, response }) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'transfer-encoding': 'chunked' }).end();
      else response.writeHead(200, { 'content-length': '9' }).end('nine byte');
    });
    expect(await valueOf(adapter().statBlob({ registry: saying.host, repository: 'a', digest: someDigest }, call()))).toBe(9);
    const counting = await fakeServer(({ request, response }) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      response.end(request.method === 'HEAD' ? undefined : 'eleven byte');
    });
    expect(await valueOf(adapter().statBlob({ registry: counting.host, repository: 'a', digest: someDigest }, call()))).toBe(11);
    const lying = await fakeServer(({ request, response }) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'transfer-encoding': 'chunked' }).end();
      else response.writeHead(404, { 'content-length': '0' }).end();
    });
    expect(await valueOf(adapter().statBlob({ registry: lying.host, repository: 'a', digest: someDigest }, call()))).toBeNull();
  });
});

describe('statBlob on storage behind the registry', () => {
  it('asks by GET where the storage takes no HEAD', async () => {
    const storage = await fakeServer(({ request, answer }) => (request.method === 'HEAD' ? answer(403) : answer(200, {}, 'nine byte')));
    const server = await fakeServer(({ answer }) => answer(307, { location: `${storage.url}/signed` }));
    expect(await valueOf(adapter().statBlob({ registry: server.host, repository: 'a', digest: someDigest }, call()))).toBe(9);
  });
});

describe('readBlobRange', () => {
  it('gives just the part that was asked for, up to the last byte of the blob', async () => {
    const { server, blob } = await registry();
    const part = await valueOf(adapter().readBlobRange!(blob, 1000, 5000, call()));
    expect(part.offset).toBe(1000);
    expect((await bytesOf(part.body)).equals(layer.subarray(1000, 6000))).toBe(true);
    const end = await valueOf(adapter().readBlobRange!(blob, layer.length - 10, 10, call()));
    expect((await bytesOf(end.body)).equals(layer.subarray(-10))).toBe(true);
    expect(server.requests.matching({ method: 'GET' }).filter(({ status }) => status === 206)).toHaveLength(2);
  });

  it('says so where the registry sends something else: all of it, or another part', async () => {
    const { blob } = await registry({ ranges: false });
    expect((await errorOf(adapter().readBlobRange!(blob, 0, 1000, call()))).code).toBe('registry_protocol');
    const server = await fakeServer(({ answer }) => answer(206, { 'content-range': 'bytes 0-1000/300000' }, 'bytes'));
    expect((await errorOf(adapter().readBlobRange!({ ...blob, registry: server.host }, 0, 1000, call()))).code).toBe('registry_protocol');
  });
});

describe('readBlob', () => {
  it('streams the bytes, from an offset on where it is asked to', async () => {
    const { blob } = await registry();
    const whole = await valueOf(adapter().readBlob(blob, 0, call()));
    expect(whole.offset).toBe(0);
    expect(digestOf(await bytesOf(whole.body))).toBe(blob.digest);
    const rest = await valueOf(adapter().readBlob(blob, 299_990, call()));
    expect(rest.offset).toBe(299_990);
    expect(await bytesOf(rest.body)).toEqual(layer.subarray(299_990));
  });

  it('begins at 0, and says so, where the registry serves no parts', async () => {
    const { blob } = await registry({ ranges: false });
    const stream = await valueOf(adapter().readBlob(blob, 299_990, call()));
    expect(stream.offset).toBe(0);
    expect(digestOf(await bytesOf(stream.body))).toBe(blob.digest);
  });

  it('goes on with a blob, and gives parts of it, while all connections for reading are taken', async () => {
    const server = closing(await startRegistryServer());
    const large = Buffer.alloc(16 * 1024 * 1024, 7);
    await pushImage(server, { repository: 'team/app', layers: [large] });
    const blob = { registry: server.host, repository: 'team/app', digest: digestOf(large) };
    const one = adapter({ connections: 1 });
    const unread = (await valueOf(one.readBlob(blob, 0, call()))).body[Symbol.asyncIterator]();
    expect((await unread.next()).done).not.toBe(true);
    expect((await bytesOf((await valueOf(one.readBlob(blob, large.length - 10, call()))).body)).length).toBe(10);
    expect((await bytesOf((await valueOf(one.readBlobRange!(blob, 5, 20, call()))).body)).length).toBe(20);
    await unread.return?.();
  });

  it('gives nothing behind the last byte, and refuses an offset beyond it', async () => {
    const { blob } = await registry();
    expect(await bytesOf((await valueOf(adapter().readBlob(blob, layer.length, call()))).body)).toHaveLength(0);
    expect((await errorOf(adapter().readBlob(blob, layer.length + 1, call()))).code).toBe('size_mismatch');
  });

  it.each(['bytes 0-9/10', 'bytes 6-9/10', '', 'bytes */10'])('refuses a part that is not the one asked for: %j', async (range) => {
    const server = await fakeServer(({ answer }) => answer(206, range === '' ? {} : { 'content-range': range }, 'bytes'));
    expect((await errorOf(adapter().readBlob({ registry: server.host, repository: 'a', digest: someDigest }, 5, call()))).code).toBe('registry_protocol');
  });

  it('says blob_not_found for a blob that is not there', async () => {
    const { blob } = await registry();
    expect(await errorOf(adapter().readBlob({ ...blob, digest: someDigest }, 0, call()))).toMatchObject({ code: 'blob_not_found', retryable: false, digest: someDigest });
  });

  it('throws a retryable fault when the connection is cut', async () => {
    const { server, blob } = await registry();
    server.faults.add({ when: { method: 'GET' }, then: { cutAfterBytes: 1000 } });
    expect(await faultOf((await valueOf(adapter().readBlob(blob, 0, call()))).body)).toMatchObject({ code: 'registry_unreachable', retryable: true, registry: server.host });
  });

  it('throws registry_timeout when the registry stops sending', async () => {
    const { server, blob } = await registry();
    server.faults.add({ when: { method: 'GET' }, then: { holdBackUntil: new Promise(() => undefined), afterBytes: 1000 } });
    expect(await faultOf((await valueOf(adapter({ requestTimeoutMs: 200 }).readBlob(blob, 0, call()))).body)).toMatchObject({ code: 'registry_timeout', retryable: true });
  });

  it('throws interrupted when the signal fires on the way', async () => {
    const { server, blob } = await registry();
    server.faults.add({ when: { method: 'GET' }, then: { holdBackUntil: new Promise(() => undefined), afterBytes: 1000 } });
    const stop = new AbortController();
    const { body } = await valueOf(adapter().readBlob(blob, 0, call(stop.signal)));
    setTimeout(() => stop.abort(), 50);
    expect(await faultOf(body)).toMatchObject({ code: 'interrupted' });
  });

  it('gives the connection back when a reader leaves early, or never begins', async () => {
    const { server, blob } = await registry();
    server.faults.add({ when: { method: 'GET', times: 6 }, then: { holdBackUntil: new Promise(() => undefined), afterBytes: 1000 } });
    const target = adapter({ connections: 1 });
    for (let at = 0; at < 3; at += 1) {
      for await (const piece of (await valueOf(target.readBlob(blob, 0, call()))).body) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
      const stop = new AbortController();
      await valueOf(target.readBlob(blob, 0, call(stop.signal)));
      stop.abort();
    }
    expect(await valueOf(target.statBlob(blob, call()))).toBe(layer.length);
  });

  it('asks for the bytes as they are stored, not compressed on the way', async () => {
    const server = await fakeServer(({ answer }) => answer(200, {}, 'x'));
    await bytesOf((await valueOf(adapter().readBlob({ registry: server.host, repository: 'a', digest: someDigest }, 0, call()))).body);
    expect(server.headers[0]?.['accept-encoding']).toBe('identity');
  });
});
