import { digestOf, failure, StreamFault, errAsync, okAsync, type BlobContent } from '@davit/core';
import { startRegistryServer, type RegistryServerOptions } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { adapter, bytesOf, call, closing, contentOf, errorOf, fakeServer, someDigest, valueOf, type Fake } from '../support.js';

const bytes = Buffer.from(Array.from({ length: 400_000 }, (_, at) => (at * 13) % 253));
const digest = digestOf(bytes);

async function registry(options: RegistryServerOptions = {}) {
  const server = closing(await startRegistryServer(options));
  return { server, blob: { registry: server.host, repository: 'team/app', digest } };
}

const stored = async (blob: { registry: string; repository: string; digest: typeof digest }) => digestOf(await bytesOf((await valueOf(adapter().readBlob(blob, 0, call()))).body));
const uploads = { path: /\/blobs\/uploads\// };

/** Cuts the first upload off after 100 000 bytes, says for good that it has these, and refuses whatever goes on with them. */
function stubborn(status: number, code: string): (fake: Fake) => Promise<void> {
  let sessions = 0;
  let isCut = false;
  return async ({ request, url, body, answer }) => {
    if (request.method === 'POST') answer(202, { location: `/up/${String((sessions += 1))}` });
    else if (request.method === 'GET') answer(204, { location: url.pathname, range: '0-99999' });
    else if (request.method === 'HEAD') answer(404);
    else if (request.method === 'DELETE') answer(204);
    else if (isCut) {
      const sent = await body();
      if (url.pathname === '/up/1') answer(status, {}, JSON.stringify({ errors: [{ code }] }));
      else answer(sent.equals(bytes) ? 201 : 400);
    } else {
      isCut = true;
      request.on('error', () => undefined);
      request.once('data', () => request.socket.destroy());
    }
  };
}

describe('writeBlob', () => {
  it.each(['absolute', 'relative'] as const)('uploads with one POST and one PUT, to an address that is %s', async (locations) => {
    const { server, blob } = await registry({ locations });
    await valueOf(adapter().writeBlob(blob, contentOf(bytes), call()));
    expect(server.requests.entries.map(({ method, status }) => `${method} ${String(status)}`)).toEqual(['POST 202', 'PUT 201']);
    expect(await stored(blob)).toBe(digest);
  });

  it('sends the length, no Content-Range, and the query that the registry gave, untouched', async () => {
    const seen: string[] = [];
    const server = await fakeServer(async ({ request, body, answer }) => {
      await body();
      if (request.method === 'POST') answer(202, { location: '/upload/1?state=a%2Fb+c==&x' });
      else {
        seen.push(request.url ?? '', String(request.headers['content-length']), String(request.headers['content-range']));
        answer(201);
      }
    });
    await valueOf(adapter().writeBlob({ registry: server.host, repository: 'a', digest }, contentOf(bytes), call()));
    expect(seen).toEqual([`/upload/1?state=a%2Fb+c==&x&digest=${encodeURIComponent(digest)}`, '400000', 'undefined']);
  });

  it('uploads a blob without bytes', async () => {
    const { blob } = await registry();
    const nothing = contentOf(Buffer.alloc(0));
    await valueOf(adapter().writeBlob({ ...blob, digest: nothing.descriptor.digest }, nothing, call()));
    expect(await valueOf(adapter().statBlob({ ...blob, digest: nothing.descriptor.digest }, call()))).toBe(0);
  });

  it('does not send the login to an upload address on another host', async () => {
    const storage = await fakeServer(async ({ body, answer }) => {
      await body();
      answer(201);
    });
    const server = await fakeServer(({ request, answer }) => {
      if (request.headers.authorization === undefined) answer(401, { 'www-authenticate': 'Basic realm="x"' });
      else answer(202, { location: `${storage.url}/up` });
    });
    await valueOf(adapter({ credentials: { username: 'u', password: 'p' } }).writeBlob({ registry: server.host, repository: 'a', digest }, contentOf(bytes), call()));
    expect(storage.headers[0]).not.toHaveProperty('authorization');
  });

  it('is registry_protocol where the registry opens an upload without an address', async () => {
    const server = await fakeServer(({ answer }) => answer(202));
    expect((await errorOf(adapter().writeBlob({ registry: server.host, repository: 'a', digest }, contentOf(bytes), call()))).code).toBe('registry_protocol');
  });

  it('comes through each passing fault of POST and of PUT', async () => {
    for (const method of ['POST', 'PUT']) {
      for (const then of [{ status: 429 }, { status: 500 }, { status: 503 }, { status: 408 }, { status: 425 }, { reset: true as const }, { cutAfterBytes: 100_000 }, { flipByteAt: 5 }, { loseAnswer: true as const }]) {
        const { server, blob } = await registry();
        server.faults.add({ when: { method }, then });
        await valueOf(adapter().writeBlob(blob, contentOf(bytes), call()));
        expect(await stored(blob), `${method} ${JSON.stringify(then)}`).toBe(digest);
      }
    }
  });

  it('goes on where the registry has it when the connection broke, and sends only the rest', async () => {
    const { server, blob } = await registry();
    server.faults.add({ when: { method: 'PUT' }, then: { cutAfterBytes: 100_000 } });
    const content = contentOf(bytes);
    await valueOf(adapter().writeBlob(blob, content, call()));
    expect(await stored(blob)).toBe(digest);
    const [first, second] = server.requests.matching({ method: 'PUT' });
    expect(first?.requestBytes).toBeGreaterThanOrEqual(100_000);
    expect(second?.requestBytes).toBe(bytes.length - content.opened[1]!);
    expect(content.opened).toEqual([0, 100_000]);
    expect(server.requests.matching(uploads).map(({ method }) => method)).toEqual(['POST', 'PUT', 'GET', 'PUT']);
  });

  it('asks once more how far the upload is where the registry could not say, and then sends the whole', async () => {
    for (const times of [1, 2]) {
      const { server, blob } = await registry();
      server.faults.add({ when: { method: 'PUT' }, then: { cutAfterBytes: 100_000 } });
      server.faults.add({ when: { method: 'GET', path: /uploads/, times }, then: { status: 503 } });
      const content = contentOf(bytes);
      await valueOf(adapter().writeBlob(blob, content, call()));
      expect(await stored(blob)).toBe(digest);
      expect(server.requests.matching(uploads).map(({ method }) => method)).toEqual(times === 1 ? ['POST', 'PUT', 'GET', 'GET', 'PUT'] : ['POST', 'PUT', 'GET', 'GET', 'DELETE', 'POST', 'PUT']);
      expect(content.opened).toEqual([0, times === 1 ? 100_000 : 0]);
      expect(server.openUploads).toBe(0);
    }
  });

  it.each([
    ['has forgotten the upload', { when: { method: 'GET', path: /uploads/ }, then: { status: 404 } }],
    ['does not say how far it is', { when: { method: 'GET', path: /uploads/ }, then: { sayInstead: { range: undefined } } }],
    ['has more than there is', { when: { method: 'GET', path: /uploads/ }, then: { sayInstead: { range: '0-999999999' } } }],
    ['does not take the rest', { when: { method: 'PUT' }, then: { status: 416 } }],
  ] as const)('sends the whole again where the registry %s', async (_what, fault) => {
    const { server, blob } = await registry();
    server.faults.add({ when: { method: 'PUT' }, then: { cutAfterBytes: 100_000 } });
    server.faults.add(fault);
    const content = contentOf(bytes);
    await valueOf(adapter().writeBlob(blob, content, call()));
    expect(await stored(blob)).toBe(digest);
    expect(content.opened.at(-1)).toBe(0);
    expect(server.requests.matching({ method: 'PUT' }).at(-1)?.requestBytes).toBe(bytes.length);
    expect(server.requests.count({ method: 'POST' })).toBe(2);
    expect(server.openUploads).toBe(0);
  });

  it.each([
    [416, 'BLOB_UPLOAD_INVALID'],
    [416, 'SIZE_INVALID'],
    [400, 'DIGEST_INVALID'],
    [400, 'UNSUPPORTED'],
    [500, 'UNKNOWN'],
  ])('sends the whole in a session of its own where the registry keeps the first one and never goes on with it (%i %s)', async (status, code) => {
    const server = await fakeServer(stubborn(status, code));
    const content = contentOf(bytes);
    await valueOf(adapter().writeBlob({ registry: server.host, repository: 'a', digest }, content, call()));
    expect(content.opened).toEqual([0, 100_000, 0]);
    expect(server.requests.map((line) => line.replace(/\?.*/, ''))).toEqual(['POST /v2/a/blobs/uploads/', 'PUT /up/1', `HEAD /v2/a/blobs/${digest}`, 'GET /up/1', 'PUT /up/1', 'DELETE /up/1', `HEAD /v2/a/blobs/${digest}`, 'POST /v2/a/blobs/uploads/', 'PUT /up/2']);
  });

  it('goes on with the rest where the registry only has no time for it', async () => {
    const { server, blob } = await registry();
    server.faults.add({ when: { method: 'PUT' }, then: { cutAfterBytes: 100_000 } });
    server.faults.add({ when: { method: 'PUT', nth: 2 }, then: { status: 503 } });
    const content = contentOf(bytes);
    await valueOf(adapter().writeBlob(blob, content, call()));
    expect(content.opened).toEqual([0, 100_000, 100_000]);
    expect(server.requests.count({ method: 'POST' })).toBe(1);
  });

  it('does not go on with what the registry found wrong, and gives that session up', async () => {
    const { server, blob } = await registry();
    // The whole comes, and the registry says that it is damaged; it keeps the session all the same.
    server.faults.add({ when: { method: 'PUT' }, then: { status: 400, body: JSON.stringify({ errors: [{ code: 'DIGEST_INVALID' }] }) } });
    await valueOf(adapter().writeBlob(blob, contentOf(bytes), call()));
    expect(server.requests.matching(uploads).map(({ method }) => method)).toEqual(['POST', 'PUT', 'DELETE', 'POST', 'PUT']);
  });

  it('sends nothing again when only the answer was lost', async () => {
    const { server, blob } = await registry();
    server.faults.add({ when: { method: 'PUT' }, then: { loseAnswer: true } });
    const content = contentOf(bytes);
    await valueOf(adapter().writeBlob(blob, content, call()));
    expect(content.opened).toEqual([0]);
    expect(server.requests.entries.map(({ method }) => method)).toEqual(['POST', 'PUT', 'HEAD', 'DELETE']);
  });

  it('opens a new upload when the registry forgot the first one', async () => {
    const { server, blob } = await registry();
    server.faults.add({ when: { method: 'PUT' }, then: { status: 404, body: JSON.stringify({ errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] }) } });
    await valueOf(adapter().writeBlob(blob, contentOf(bytes), call()));
    expect(await stored(blob)).toBe(digest);
  });

  it('gives up after five attempts, with the registry\'s error, and leaves no upload open', async () => {
    const { server, blob } = await registry();
    server.faults.add({ when: { method: 'PUT', times: 9 }, then: { status: 503 } });
    expect(await errorOf(adapter().writeBlob(blob, contentOf(bytes), call()))).toMatchObject({ code: 'registry_unavailable', retryable: true });
    expect(server.requests.count({ method: 'PUT' })).toBe(5);
    expect(server.requests.matching({ method: 'DELETE', ...uploads }).map(({ status }) => status)).toEqual([204, 204, 204, 204, 204]);
  });

  it('gives a permanent refusal at once', async () => {
    const { server, blob } = await registry();
    server.faults.add({ when: { method: 'PUT' }, then: { status: 403 } });
    expect(await errorOf(adapter().writeBlob(blob, contentOf(bytes), call()))).toMatchObject({ code: 'registry_denied' });
    expect(server.requests.count({ method: 'PUT' })).toBe(1);
  });

  it('is refused by the registry where the bytes have another digest, and nothing is stored', async () => {
    const { blob } = await registry();
    const content: BlobContent = { ...contentOf(bytes), descriptor: { mediaType: 'x/y', digest: someDigest, size: bytes.length } };
    expect((await errorOf(adapter().writeBlob({ ...blob, digest: someDigest }, content, call()))).code).toBe('digest_mismatch');
    expect(await valueOf(adapter().statBlob({ ...blob, digest: someDigest }, call()))).toBeNull();
  });

  it.each([-1, 1])('is size_mismatch where the content has %i bytes more than its descriptor says', async (more) => {
    const { blob } = await registry();
    const content: BlobContent = { ...contentOf(bytes), descriptor: { mediaType: 'x/y', digest, size: bytes.length - more } };
    expect((await errorOf(adapter().writeBlob(blob, content, call()))).code).toBe('size_mismatch');
    expect(await valueOf(adapter().statBlob(blob, call()))).toBeNull();
  });

  it('logs in anew when the login is not taken any more in the middle of an upload', async () => {
    const users = [{ name: 'ci', password: 'p' }];
    const { server, blob } = await registry({ auth: { kind: 'token', users } });
    const plain = contentOf(bytes);
    let expired = false;
    const content: BlobContent = {
      ...plain,
      open: (offset, inner) =>
        plain.open(offset, inner).map((stream) => ({
          ...stream,
          // The upload stands, and its bytes are about to be sent.
          body: (async function* () {
            if (!expired) server.expireTokens();
            expired = true;
            yield* stream.body;
          })(),
        })),
    };
    const target = adapter({ credentials: { username: 'ci', password: 'p' } });
    await valueOf(target.writeBlob(blob, content, call()));
    expect(await valueOf(target.statBlob(blob, call()))).toBe(bytes.length);
    expect(plain.opened).toEqual([0, 0]);
  });

  it('logs in anew when the registry answers 401 and hangs up while bytes are sent, so that only a broken connection is seen', async () => {
    let tokens = 0;
    const server = await fakeServer(async ({ url, request, response, body, answer }) => {
      if (url.pathname === '/token') answer(200, {}, JSON.stringify({ token: `t${String(++tokens)}`, expires_in: 3600 }));
      else if (request.headers.authorization === undefined) answer(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host ?? ''}/token"` });
      else if (request.method === 'POST') answer(202, { location: '/up' });
      else if (request.method !== 'PUT') answer(404);
      else if (request.headers.authorization === 'Bearer t1') {
        response.writeHead(401, { connection: 'close', 'content-length': '0' }).end();
        request.socket.destroy();
      } else {
        await body();
        answer(201);
      }
    });
    await valueOf(adapter().writeBlob({ registry: server.host, repository: 'a', digest }, contentOf(bytes), call()));
    // The second one is for looking whether the blob is there after all.
    expect(tokens).toBeGreaterThan(1);
  });

  it('gives registry_unauthorized where no new login helps', async () => {
    const server = await fakeServer(async ({ request, body, answer }) => {
      await body();
      if (request.headers.authorization === undefined || request.method === 'PUT') answer(401, { 'www-authenticate': 'Basic realm="x"' });
      else answer(request.method === 'POST' ? 202 : 404, { location: '/up' });
    });
    expect((await errorOf(adapter({ credentials: { username: 'u', password: 'p' } }).writeBlob({ registry: server.host, repository: 'a', digest }, contentOf(bytes), call()))).code).toBe('registry_unauthorized');
  });

  it('does not ask a source again that could not be opened: it has asked again by itself', async () => {
    const { server, blob } = await registry();
    const fault = failure('registry_unavailable', 'the source is down', { registry: 'source.test', retryable: true });
    let opened = 0;
    const error = await errorOf(adapter().writeBlob(blob, { ...contentOf(bytes), open: () => (opened++, errAsync(fault)) }, call()));
    expect(error).toEqual(fault);
    expect(opened).toBe(1);
    expect(server.requests.matching(uploads).map(({ method }) => method)).toEqual(['POST', 'DELETE']);
  });

  it('opens a source again that broke on the way, and gives its error when it keeps breaking', async () => {
    const { blob } = await registry();
    const fault = failure('registry_unreachable', 'the source was cut', { registry: 'source.test', retryable: true });
    const breaking = (times: number): BlobContent & { opened: number } => {
      const whole = contentOf(bytes);
      const content = {
        ...whole,
        opened: 0,
        open: (offset: number, inner: Parameters<BlobContent['open']>[1]) => {
          content.opened += 1;
          return content.opened > times ? whole.open(offset, inner) : okAsync({ offset: 0, body: cut(bytes.subarray(0, 100_000), new StreamFault(fault)) });
        },
      };
      return content;
    };
    const passing = breaking(2);
    await valueOf(adapter().writeBlob(blob, passing, call()));
    expect(passing.opened).toBe(3);
    expect(await stored(blob)).toBe(digest);
    const lasting = breaking(9);
    expect(await errorOf(adapter().writeBlob({ ...blob, repository: 'other' }, lasting, call()))).toEqual(fault);
    expect(lasting.opened).toBe(5);
  });

  it('is registry_timeout where the registry takes no more bytes, or does not answer', async () => {
    const big = Buffer.alloc(20_000_000, 1);
    for (const some of [big, bytes]) {
      const { server, blob } = await registry();
      server.faults.add({ when: { method: 'PUT' }, then: { stall: true } });
      expect(await errorOf(adapter({ requestTimeoutMs: 60, retry: { attempts: 1 } }).writeBlob({ ...blob, digest: digestOf(some) }, contentOf(some), call()))).toMatchObject({ code: 'registry_timeout', retryable: true });
    }
  });

  it('waits for a source that pauses for longer than the registry may: the registry is not to blame', async () => {
    const { blob } = await registry();
    const content: BlobContent = {
      ...contentOf(bytes),
      open: () =>
        okAsync({
          offset: 0,
          body: (async function* () {
            yield bytes.subarray(0, 1000);
            await new Promise((resolve) => setTimeout(resolve, 1200));
            yield bytes.subarray(1000);
          })(),
        }),
    };
    await valueOf(adapter({ requestTimeoutMs: 60, retry: { attempts: 1 } }).writeBlob(blob, content, call()));
    expect(await stored(blob)).toBe(digest);
  });

  it('stops in the middle, cancels the upload and lets go of the source', async () => {
    const { server, blob } = await registry();
    const stop = new AbortController();
    let left = false;
    const content: BlobContent = {
      ...contentOf(bytes),
      open: () =>
        okAsync({
          offset: 0,
          body: (async function* () {
            try {
              yield bytes.subarray(0, 1000);
              setTimeout(() => stop.abort(), 20);
              await new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
              yield bytes.subarray(1000);
            } finally {
              left = true;
            }
          })(),
        }),
    };
    expect((await errorOf(adapter().writeBlob(blob, content, call(stop.signal)))).code).toBe('interrupted');
    await server.requests.idle();
    expect(server.requests.matching({ method: 'DELETE', ...uploads }).map(({ status }) => status)).toEqual([204]);
    await expect.poll(() => left).toBe(true);
    expect(await valueOf(adapter().statBlob(blob, call()))).toBeNull();
  });

  it('stops at once while the registry is slow to send the body of its 202, and cancels what it opened', async () => {
    const stop = new AbortController();
    const server = await fakeServer(({ request, response, answer }) => {
      if (request.method !== 'POST') {
        answer(204);
        return;
      }
      response.writeHead(202, { location: '/upload/1', 'content-length': '10' });
      response.write('.');
      setTimeout(() => stop.abort(), 20);
    });
    expect((await errorOf(adapter().writeBlob({ registry: server.host, repository: 'a', digest }, contentOf(bytes), call(stop.signal)))).code).toBe('interrupted');
    expect(server.requests).toContain('DELETE /upload/1');
  });

  it('does not send the whole again where the rest comes wrong from the source', async () => {
    const { server, blob } = await registry();
    server.faults.add({ when: { method: 'PUT' }, then: { cutAfterBytes: 100_000 } });
    const content = contentOf(bytes);
    const wrong: BlobContent = {
      ...content,
      open: (offset, inner) => (offset === 0 ? content.open(0, inner) : okAsync({ offset, body: cut(bytes.subarray(offset), new StreamFault(failure('digest_mismatch', 'another digest'))) })),
    };
    expect(await errorOf(adapter().writeBlob(blob, wrong, call()))).toMatchObject({ code: 'digest_mismatch', retryable: false });
    expect(content.opened).toEqual([0]);
    await server.requests.idle();
    expect(server.openUploads).toBe(0);
  });

  it('ends a source that nobody has begun to read', async () => {
    let ended = false;
    const server = await fakeServer(({ request, answer }) => {
      if (request.method === 'POST') answer(202, { location: '/up' });
      else request.socket.destroy();
    });
    const content: BlobContent = {
      ...contentOf(bytes),
      open: (_, { signal }) => {
        signal.addEventListener('abort', () => (ended = true));
        return okAsync({ offset: 0, body: cut(bytes, new Error('never read')) });
      },
    };
    await errorOf(adapter({ retry: { attempts: 1 } }).writeBlob({ registry: server.host, repository: 'a', digest }, content, call()));
    expect(ended).toBe(true);
  });
});

describe('mountBlob', () => {
  const from = (registry: string) => ({ registry, repository: 'staging/app' });

  it('takes a blob over within a registry', async () => {
    const { server, blob } = await registry();
    await valueOf(adapter().writeBlob({ ...blob, repository: 'staging/app' }, contentOf(bytes), call()));
    server.requests.clear();
    expect(await valueOf(adapter().mountBlob(blob, from(server.host), call()))).toBe(true);
    expect(server.requests.entries.map(({ method, status }) => `${method} ${String(status)}`)).toEqual(['POST 201']);
    expect(await stored(blob)).toBe(digest);
  });

  it('is false where the registry would not, and the upload that it opened instead is cancelled', async () => {
    const { server, blob } = await registry({ mount: false });
    await valueOf(adapter().writeBlob({ ...blob, repository: 'staging/app' }, contentOf(bytes), call()));
    server.requests.clear();
    expect(await valueOf(adapter().mountBlob(blob, from(server.host), call()))).toBe(false);
    expect(server.requests.entries.map(({ method, status }) => `${method} ${String(status)}`)).toEqual(['POST 202', 'DELETE 204']);
  });

  it('cancels that upload with token authentication, too', async () => {
    const users = [{ name: 'ci', password: 'p' }];
    const { server, blob } = await registry({ mount: false, auth: { kind: 'token', users } });
    expect(await valueOf(adapter({ credentials: { username: 'ci', password: 'p' } }).mountBlob(blob, from(server.host), call()))).toBe(false);
    expect(server.requests.matching({ method: 'DELETE' }).at(-1)?.status).toBe(204);
  });

  it('waits for that, where nobody wants to stop, as long as a registry far away takes to ask for a login of its own for it', async () => {
    const cancelled: string[] = [];
    const server = await fakeServer(async ({ request, url, answer }) => {
      const { method, headers } = request;
      if (method === 'DELETE' || url.pathname === '/token') await new Promise((resolve) => setTimeout(resolve, 250));
      if (url.pathname === '/token') answer(200, {}, JSON.stringify({ token: url.search.includes('delete') ? 'to-delete' : 'to-push' }));
      else if (headers.authorization === undefined || (method === 'DELETE' && headers.authorization !== 'Bearer to-delete')) answer(401, { 'www-authenticate': `Bearer realm="http://${headers.host ?? ''}/token",scope="repository:a:${method === 'DELETE' ? 'delete' : 'pull,push'}"` });
      else if (method === 'POST') answer(202, { location: '/up' });
      else {
        cancelled.push(url.pathname);
        answer(204);
      }
    });
    expect(await valueOf(adapter().mountBlob({ registry: server.host, repository: 'a', digest }, from(server.host), call()))).toBe(false);
    expect(cancelled).toEqual(['/up']);
  });

  it('does not wait for that longer than a moment once the signal has fired', async () => {
    const stop = new AbortController();
    const server = await fakeServer(({ request, answer }) => {
      if (request.method === 'POST') answer(202, { location: '/up' });
      else stop.abort();
    });
    const began = Date.now();
    void (await adapter().mountBlob({ registry: server.host, repository: 'a', digest }, from(server.host), call(stop.signal)));
    expect(server.requests.at(-1)).toBe('DELETE /up');
    expect(Date.now() - began).toBeLessThan(2000);
  });

  it.each([400, 401, 403, 404, 405])('is false where the registry answers %i', async (status) => {
    const server = await fakeServer(({ answer }) => answer(status));
    expect(await valueOf(adapter().mountBlob({ registry: server.host, repository: 'a', digest }, from(server.host), call()))).toBe(false);
  });

  it('is an error where the registry is down, so that the copy is not turned into an upload by that', async () => {
    const server = await fakeServer(({ answer }) => answer(503));
    expect((await errorOf(adapter().mountBlob({ registry: server.host, repository: 'a', digest }, from(server.host), call()))).code).toBe('registry_unavailable');
  });

  it('is false without a request between two registries', async () => {
    const { server, blob } = await registry();
    expect(await valueOf(adapter().mountBlob(blob, from('other.test'), call()))).toBe(false);
    expect(server.requests.count()).toBe(0);
  });
});

async function* cut(some: Uint8Array, error: Error): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(some);
  throw error;
}
