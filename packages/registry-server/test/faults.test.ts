import { randomBytes } from 'node:crypto';
import { digestOf } from '@davit/core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { RegistryServer } from '@davit/registry-server';
import { codeOf, jsonOf, send, withQuery } from './client.js';
import { start } from './running-server.js';

const content = randomBytes(200_000);
const digest = digestOf(content);
const blob = `/v2/app/blobs/${digest}`;
let server: RegistryServer;
let time = 0;

beforeEach(async () => {
  server = await start({ now: () => time });
  await server.store.putBlob('app', content);
});
const begin = async (): Promise<string> => (await send(server, 'POST', '/v2/app/blobs/uploads/')).headers.location ?? '';

describe('which requests are hit', () => {
  const status = async (method = 'GET', path = '/v2/'): Promise<number> => (await send(server, method, path)).status;

  it('one without more', async () => {
    const fault = server.faults.add({ then: { status: 503 } });
    expect([await status(), await status(), await status()]).toEqual([503, 200, 200]);
    expect(fault.hits).toBe(1);
  });

  it('as many as wanted, from the nth on', async () => {
    const fault = server.faults.add({ when: { nth: 2, times: 2 }, then: { status: 503 } });
    expect([await status(), await status(), await status(), await status()]).toEqual([200, 503, 503, 200]);
    expect(fault.hits).toBe(2);
  });

  it('by method and path, with the query, whatever flags the expression has', async () => {
    server.faults.add({ when: { method: ['HEAD', 'GET'], path: /blobs\/.*\?x=/g, times: 10 }, then: { status: 500 } });
    expect([await status('GET', blob), await status('GET', `${blob}?x=1`), await status('HEAD', `${blob}?x=1`), await status('DELETE', `${blob}?x=1`)]).toEqual([200, 500, 500, 202]);
  });

  it('none after the fault was removed', async () => {
    const fault = server.faults.add({ when: { times: Number.POSITIVE_INFINITY }, then: { status: 503 } });
    expect(await status()).toBe(503);
    fault.remove();
    expect(await status()).toBe(200);
    server.faults.add({ then: { status: 503 } });
    server.faults.clear();
    expect(await status()).toBe(200);
  });

  it('of all faults together', async () => {
    server.faults.add({ then: { flipByteAt: 0 } });
    server.faults.add({ then: { cutAfterBytes: 10 } });
    const reply = await send(server, 'GET', blob);
    expect(reply.cut).toBe(true);
    expect(reply.body.equals(Buffer.concat([Buffer.from([(content[0] ?? 0) ^ 1]), content.subarray(1, 10)]))).toBe(true);
  });
});

describe('answers', () => {
  it('a status, with the error document of its kind, and nothing is done', async () => {
    for (const [status, code] of [[429, 'TOOMANYREQUESTS'], [401, 'UNAUTHORIZED'], [403, 'DENIED'], [502, 'UNKNOWN']] as const) {
      server.faults.add({ when: { method: 'DELETE' }, then: { status, headers: { 'retry-after': '7' } } });
      const reply = await send(server, 'DELETE', blob);
      expect(reply).toMatchObject({ status, headers: { 'retry-after': '7' } });
      expect(codeOf(reply)).toBe(code);
    }
    expect(server.store.hasBlob('app', digest)).toBe(true);
  });

  it('a body of its own, also to a request that carries much', async () => {
    server.faults.add({ when: { method: 'PATCH' }, then: { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway</h1>' } });
    const location = await begin();
    const reply = await send(server, 'PATCH', location, { body: content });
    expect(reply).toMatchObject({ status: 502, headers: { 'content-type': 'text/html' } });
    expect(reply.body.toString()).toBe('<h1>Bad gateway</h1>');
    expect((await send(server, 'GET', location)).headers['range']).toBe('0-0');
  });

  it('a delay, and then what was asked', async () => {
    server.faults.add({ then: { delayMs: 20 } });
    expect((await send(server, 'GET', blob)).body.equals(content)).toBe(true);
  });

  it('a rate limit, which counts anew in each window', async () => {
    const fault = server.faults.add({ when: { path: /^\/v2\/$/ }, then: { rateLimit: { allow: 2, windowMs: 10_000 } } });
    const statuses = async (): Promise<number[]> => Promise.all([1, 2, 3].map(async () => (await send(server, 'GET', '/v2/')).status)).then((all) => all.sort());
    expect(await statuses()).toEqual([200, 200, 429]);
    time += 4000;
    expect(await send(server, 'GET', '/v2/')).toMatchObject({ status: 429, headers: { 'retry-after': '6' } });
    expect((await send(server, 'GET', blob)).status).toBe(200);
    time += 6000;
    expect(await statuses()).toEqual([200, 200, 429]);
    expect(fault.hits).toBe(3);
  });
});

describe('bodies that are answered', () => {
  it('are cut after so many bytes, with the whole length in the header', async () => {
    for (const cutAfterBytes of [0, 1, 65_536, 199_999]) {
      server.faults.add({ then: { cutAfterBytes } });
      const reply = await send(server, 'GET', blob);
      expect(reply).toMatchObject({ status: 200, cut: true, headers: { 'content-length': '200000' } });
      expect(reply.body.equals(content.subarray(0, cutAfterBytes))).toBe(true);
    }
  });

  it('are whole where the cut lies behind their end', async () => {
    server.faults.add({ then: { cutAfterBytes: 200_000 } });
    expect(await send(server, 'GET', blob)).toMatchObject({ cut: false });
  });

  it('have one byte flipped, and what is stored stays', async () => {
    server.faults.add({ then: { flipByteAt: 123_456 } });
    const reply = await send(server, 'GET', blob);
    expect([...reply.body.keys()].filter((at) => reply.body[at] !== content[at])).toEqual([123_456]);
    expect((await send(server, 'GET', blob)).body.equals(content)).toBe(true);
  });

  it('are held back until a promise is settled', async () => {
    let release = (): void => undefined;
    server.faults.add({ then: { holdBackUntil: new Promise<void>((resolve) => (release = resolve)), afterBytes: 100_000 } });
    let seen = 0;
    const reply = send(server, 'GET', blob, { onChunk: (bytes) => (seen = bytes) });
    await vi.waitFor(() => expect(seen).toBe(100_000));
    expect(server.requests.entries.at(-1)).toMatchObject({ responseBytes: 100_000, finished: false });
    release();
    expect((await reply).body.equals(content)).toBe(true);
  });
});

describe('bodies that are sent', () => {
  it('are cut, and what arrived stays in the upload', async () => {
    const location = await begin();
    server.faults.add({ when: { method: 'PATCH' }, then: { cutAfterBytes: 70_000 } });
    await expect(send(server, 'PATCH', location, { body: content })).rejects.toThrow();
    expect((await send(server, 'GET', location)).headers['range']).toBe('0-69999');
  });

  it('have one byte flipped, which the digest shows', async () => {
    server.faults.add({ when: { method: 'PUT' }, then: { flipByteAt: 5 } });
    expect(codeOf(await send(server, 'PUT', withQuery(await begin(), `digest=${digest}`), { body: content }))).toBe('DIGEST_INVALID');
  });

  it('are held back, and go on', async () => {
    const location = await begin();
    let release = (): void => undefined;
    server.faults.add({ when: { method: 'PATCH' }, then: { holdBackUntil: new Promise<void>((resolve) => (release = resolve)), afterBytes: 1000 } });
    const reply = send(server, 'PATCH', location, { body: content });
    await server.requests.until((entry) => entry.method === 'PATCH' && entry.requestBytes > 1000);
    release();
    expect((await reply).headers['range']).toBe('0-199999');
  });
});

describe('connections', () => {
  it('are reset', async () => {
    server.faults.add({ then: { reset: true } });
    await expect(send(server, 'GET', blob)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(server.requests.entries).toMatchObject([{ status: undefined }]);
  });

  it('lose an answer whose request was carried out', async () => {
    server.faults.add({ when: { method: 'DELETE' }, then: { loseAnswer: true } });
    await expect(send(server, 'DELETE', blob)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(server.store.hasBlob('app', digest)).toBe(false);
  });

  it('stall until the client gives up', async () => {
    server.faults.add({ then: { stall: true } });
    const patience = new AbortController();
    const reply = expect(send(server, 'GET', blob, { signal: patience.signal })).rejects.toThrow();
    await vi.waitFor(() => expect(server.requests.entries).toHaveLength(1));
    expect(server.requests.entries[0]?.finished).toBe(false);
    patience.abort();
    await reply;
    await server.requests.idle();
  });

  it('that stall, wait or are held back end with the server', async () => {
    for (const then of [{ stall: true }, { delayMs: 3_600_000 }, { holdBackUntil: new Promise(() => undefined), afterBytes: 10 }] as const) server.faults.add({ when: { times: 1 }, then });
    const replies = [1, 2, 3].map(() => send(server, 'GET', blob).catch((error: unknown) => error));
    await vi.waitFor(() => expect(server.requests.entries).toHaveLength(3));
    await server.close();
    await server.requests.idle();
    await Promise.all(replies);
  });
});

it('the error document is JSON of the specification', async () => {
  server.faults.add({ then: { status: 500 } });
  expect(jsonOf(await send(server, 'GET', '/v2/'))).toEqual({ errors: [{ code: 'UNKNOWN', message: 'switched on by a test' }] });
});

describe('answers that are not what they say', () => {
  it('says other headers of what it does as it should', async () => {
    server.faults.add({ then: { sayInstead: { 'docker-content-digest': 'sha256:wrong', 'x-more': '1' } } });
    const answer = await send(server, 'GET', blob);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'docker-content-digest': 'sha256:wrong', 'x-more': '1' });
    expect((await send(server, 'GET', blob)).headers['docker-content-digest']).toBe(digest);
  });

  it('leaves a header away', async () => {
    server.faults.add({ then: { sayInstead: { 'docker-content-digest': undefined } } });
    const answer = await send(server, 'GET', blob);
    expect([answer.status, answer.headers['docker-content-digest']]).toEqual([200, undefined]);
  });

  it('answers before the body was sent, and hangs up', async () => {
    const location = await begin();
    server.faults.add({ when: { method: 'PUT' }, then: { hangUpWith: 401 } });
    const outcome = await send(server, 'PUT', withQuery(location, `digest=${digest}`), { body: content }).then(({ status }) => status, () => 'broken');
    expect([401, 'broken']).toContain(outcome);
    expect(server.openUploads).toBe(1);
    expect((await send(server, 'PUT', withQuery(location, `digest=${digest}`), { body: content })).status).toBe(201);
    expect(server.openUploads).toBe(0);
  });
});
