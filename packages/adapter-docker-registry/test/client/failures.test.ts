import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { manualClock } from '@davit/core/testing';
import { pushImage, startRegistryServer } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { adapter, call, closing, contentOf, errorOf, fakeServer, manifestOf, someDigest, valueOf } from '../support.js';
import { certificate } from '../certificate.js';

const blob = (registry: string) => ({ registry, repository: 'team/app', digest: someDigest });
const tag = (registry: string) => ({ registry, repository: 'team/app', tag: '1.0' });

/** A server below HTTP: what it does with each connection that asks something. Gives its host. */
async function rawServer(answer: (socket: Socket) => unknown): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.once('data', () => answer(socket)).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing({
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  });
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

describe('what a status becomes (G16)', () => {
  it.each<[number, string, boolean]>([
    [400, 'registry_refused', false],
    [403, 'registry_denied', false],
    [404, 'blob_not_found', false],
    [405, 'registry_refused', false],
    [408, 'registry_timeout', true],
    [410, 'registry_refused', false],
    [425, 'registry_unavailable', true],
    [429, 'registry_rate_limited', true],
    [500, 'registry_unavailable', true],
    [501, 'registry_refused', false],
    [502, 'registry_unavailable', true],
    [503, 'registry_unavailable', true],
    [504, 'registry_unavailable', true],
    [522, 'registry_unavailable', true],
    [206, 'registry_protocol', false],
  ])('%i is %s, retryable: %s', async (status, code, retryable) => {
    const server = await fakeServer(({ answer }) => answer(status));
    const error = await errorOf(adapter({ retry: { attempts: 1 } }).readBlob(blob(server.host), 0, call()));
    expect(error).toMatchObject({ code, retryable, status, registry: server.host, repository: 'team/app', digest: someDigest });
    expect(error.message).toContain(`${server.host}/team/app: cannot read the blob ${someDigest}`);
  });

  it.each<[string, number, string]>([
    ['TOOMANYREQUESTS', 403, 'registry_rate_limited'],
    ['NAME_UNKNOWN', 404, 'manifest_not_found'],
    ['MANIFEST_UNKNOWN', 404, 'manifest_not_found'],
    ['DENIED', 404, 'registry_denied'],
    ['UNSUPPORTED', 405, 'registry_refused'],
  ])('the words %s of a %i are %s', async (code, status, expected) => {
    const server = await fakeServer(({ answer }) => answer(status, { 'content-type': 'application/json' }, JSON.stringify({ errors: [{ code, message: 'the registry\'s own\nwords' }] })));
    const error = await errorOf(adapter({ retry: { attempts: 1 } }).readManifest(blob(server.host), call()));
    expect(error.code).toBe(expected);
    expect(error.message).toContain(`${code}: the registry's own words`);
  });

  it.each<[string, number, string, boolean]>([
    ['MANIFEST_BLOB_UNKNOWN', 404, 'blob_not_found', false],
    ['MANIFEST_INVALID', 400, 'registry_refused', false],
    ['NAME_UNKNOWN', 404, 'registry_refused', false],
    ['SIZE_INVALID', 413, 'manifest_too_large', false],
    ['DIGEST_INVALID', 400, 'digest_mismatch', true],
  ])('refusing a manifest with %s is %s', async (code, status, expected, retryable) => {
    const server = await fakeServer(async ({ answer, body }) => {
      await body();
      answer(status, {}, JSON.stringify({ errors: [{ code }] }));
    });
    expect(await errorOf(adapter({ retry: { attempts: 1 } }).writeManifest(blob(server.host), manifestOf('x'), call()))).toMatchObject({ code: expected, retryable });
  });

  it('quotes no web page and no control characters, and not beyond 300 characters', async () => {
    const page = await fakeServer(({ answer }) => answer(404, { 'content-type': 'text/html' }, '<html>nothing here</html>'));
    expect((await errorOf(adapter().readBlob(blob(page.host), 0, call()))).message).toContain('a web page, not the answer of a registry');
    const loud = await fakeServer(({ answer }) => answer(400, {}, `\u001b[31mred\u0007${'x'.repeat(100_000)}`));
    const { message } = await errorOf(adapter().readBlob(blob(loud.host), 0, call()));
    // eslint-disable-next-line no-control-regex -- that there are none is what is tested
    expect(message).not.toMatch(/[\u0000-\u001f]/);
    expect(message.length).toBeLessThan(600);
  });

  it('repeats no secret that the registry echoes', async () => {
    const server = await fakeServer(({ request, answer }) => {
      if (request.headers.authorization === undefined) answer(401, { 'www-authenticate': 'Basic realm="x"' });
      else answer(400, {}, `do not send planted-secret or ${request.headers.authorization}`);
    });
    const error = await errorOf(adapter({ credentials: { username: 'u', password: 'planted-secret' } }).readBlob(blob(server.host), 0, call()));
    expect(JSON.stringify(error)).not.toContain('planted-secret');
    expect(JSON.stringify(error)).not.toContain(Buffer.from('u:planted-secret').toString('base64'));
  });
});

describe('trying again', () => {
  it('asks five times in all, tells of each wait, and gives the last error', async () => {
    const server = await fakeServer(({ answer }) => answer(503));
    const told = call();
    expect(await errorOf(adapter().statBlob(blob(server.host), told))).toMatchObject({ code: 'registry_unavailable', retryable: true });
    expect(server.requests).toHaveLength(5);
    expect(told.seen).toMatchObject([1, 2, 3, 4].map((attempt) => ({ type: 'request.retry', host: server.host, attempt, of: 5 })));
  });

  it('obeys Retry-After in seconds and as a date, up to a minute', async () => {
    const clock = manualClock({ auto: true });
    const waits = ['8', new Date(clock.now() + 28_000).toUTCString(), '3600'];
    let asked = 0;
    const server = await fakeServer(({ answer }) => {
      const wait = waits[asked++];
      // The server's clock stands still; the wait is told against it.
      answer(wait === undefined ? 404 : 429, { date: new Date(clock.now()).toUTCString(), ...(wait === undefined ? {} : { 'retry-after': wait }) });
    });
    expect(await valueOf(adapter({ clock, retry: { attempts: 4 } }).statBlob(blob(server.host), call()))).toBeNull();
    expect(clock.slept).toEqual([8000, 20_000, 60_000]);
  });

  it('gives how long to wait with the error', async () => {
    const server = await fakeServer(({ answer }) => answer(429, { 'retry-after': '7' }));
    expect(await errorOf(adapter({ retry: { attempts: 1 } }).statBlob(blob(server.host), call()))).toMatchObject({ code: 'registry_rate_limited', retryable: true, retryAfterMs: 7000 });
  });

  it('comes through each passing fault on each kind of reading request', async () => {
    for (const then of [{ status: 429 }, { status: 500 }, { status: 503 }, { status: 408 }, { reset: true as const }]) {
      const server = closing(await startRegistryServer());
      const image = await pushImage(server, { repository: 'team/app', tag: '1.0' });
      const target = adapter();
      const at = { ...tag(server.host), digest: image.digest };
      server.faults.add({ then });
      expect((await valueOf(target.resolve(tag(server.host), call()))).digest).toBe(image.digest);
      server.faults.add({ then });
      expect((await valueOf(target.readManifest(at, call()))).bytes).toEqual(image.built.root.bytes);
      server.faults.add({ then });
      expect(await valueOf(target.statBlob({ ...at, digest: image.config }, call()))).toBe(image.built.manifests[0]?.config.size);
      server.faults.add({ then });
      await (await valueOf(target.readBlob({ ...at, digest: image.config }, 0, call()))).body[Symbol.asyncIterator]().return?.();
      server.faults.add({ then });
      expect(await valueOf(target.listReferrers(at, call()))).toEqual([]);
      server.faults.add({ then });
      await valueOf(target.tag(at, 'again', { ...image.built.root }, call()));
    }
  });
});

describe('what the network does', () => {
  it('is registry_unreachable where nothing listens', async () => {
    const server = await fakeServer(({ answer }) => answer(200));
    await server.close();
    expect(await errorOf(adapter({ retry: { attempts: 1 } }).resolve(tag(server.host), call()))).toMatchObject({ code: 'registry_unreachable', retryable: true, cause: { code: 'ECONNREFUSED' } });
  });

  it('is registry_unreachable where the name does not resolve', async () => {
    const error = await errorOf(adapter({ retry: { attempts: 1 } }).resolve(tag('no-such-host.invalid'), call()));
    expect(error).toMatchObject({ code: 'registry_unreachable', retryable: true, registry: 'no-such-host.invalid' });
    expect(error.message).toContain('does not resolve');
  });

  it('is registry_timeout where no answer comes', async () => {
    const server = await fakeServer(() => undefined);
    expect(await errorOf(adapter({ retry: { attempts: 1 }, requestTimeoutMs: 100 }).resolve(tag(server.host), call()))).toMatchObject({ code: 'registry_timeout', retryable: true });
  });

  it('is registry_protocol where something else than HTTP answers', async () => {
    const host = await rawServer((socket) => socket.write('SSH-2.0-OpenSSH\r\n'));
    expect(await errorOf(adapter().resolve(tag(host), call()))).toMatchObject({ code: 'registry_protocol', retryable: false });
  });

  it.each([
    ['in the middle of a chunk', '5\r\nhel'],
    ['between two chunks', '5\r\nhello\r\n'],
    ['before the first chunk', ''],
  ])('is a lost connection where a body in chunks is cut off %s, also where the connection was to end with it', async (_, cut) => {
    for (const connection of ['close', 'keep-alive']) {
      let asked = 0;
      const { mediaType, bytes } = manifestOf('whole');
      const host = await rawServer((socket) => {
        asked += 1;
        const body = asked === 1 ? cut : `${bytes.length.toString(16)}\r\n${Buffer.from(bytes).toString()}\r\n0\r\n\r\n`;
        socket.end(`HTTP/1.1 200 OK\r\nContent-Type: ${mediaType}\r\nConnection: ${connection}\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
      });
      expect((await valueOf(adapter().readManifest({ ...blob(host), digest: manifestOf('whole').digest }, call()))).bytes).toEqual(bytes);
      asked = 0;
      const error = await errorOf(adapter({ retry: { attempts: 1 } }).readManifest({ ...blob(host), digest: manifestOf('whole').digest }, call()));
      expect(error).toMatchObject({ code: 'registry_unreachable', retryable: true });
      expect(error.message).toContain('the connection was lost on the way');
    }
  });

  it('says that a registry speaks plain HTTP, and which option says so', async () => {
    const server = await fakeServer(({ answer }) => answer(200));
    const error = await errorOf(adapter({ plainHttp: false }).resolve(tag(server.host), call()));
    expect(error).toMatchObject({ code: 'registry_protocol', retryable: false });
    expect(error.message).toContain(`plain HTTP`);
    expect(error.message).toContain(`plainHttp: ['${server.host}']`);
  });

  it('says that a registry speaks HTTPS where plain HTTP was spoken', async () => {
    const server = await fakeServer(({ answer }) => answer(200), (listener) => createTlsServer(certificate, listener));
    const error = await errorOf(adapter({ retry: { attempts: 1 } }).resolve(tag(server.host), call()));
    expect(error.message).toMatch(/HTTPS|lost/);
    const polite = await fakeServer(({ answer }) => answer(400, {}, 'Client sent an HTTP request to an HTTPS server.'));
    expect((await errorOf(adapter().readManifest(blob(polite.host), call()))).message).toContain('plainHttp: false');
  });

  it('is registry_certificate where the certificate is not trusted, and goes on with ca or insecure', async () => {
    const server = await fakeServer(({ answer }) => answer(404), (listener) => createTlsServer(certificate, listener));
    expect(await errorOf(adapter({ plainHttp: false }).readManifest(blob(server.host), call()))).toMatchObject({ code: 'registry_certificate', retryable: false });
    expect((await errorOf(adapter({ plainHttp: false, ca: certificate.cert }).readManifest(blob(server.host), call()))).code).toBe('manifest_not_found');
    expect((await errorOf(adapter({ plainHttp: false, insecure: [server.host] }).readManifest(blob(server.host), call()))).code).toBe('manifest_not_found');
    expect((await errorOf(adapter({ plainHttp: false, insecure: ['other.test'] }).readManifest(blob(server.host), call()))).code).toBe('registry_certificate');
  });

  it('is never asked for what is no host, no repository and no tag', async () => {
    const target = adapter();
    for (const wrong of [{ registry: 'a/b', repository: 'c', tag: 'd' }, { registry: 'a.test', repository: '../v2', tag: 'd' }, { registry: 'a.test', repository: 'r'.repeat(256), tag: 'd' }, { registry: 'a.test', repository: 'c', tag: '../x' }]) {
      expect((await errorOf(target.resolve(wrong, call()))).code).toBe('reference_invalid');
    }
    expect((await errorOf(target.tag({ registry: 'a.test', repository: 'c' }, 'a b', manifestOf('x'), call()))).code).toBe('reference_invalid');
  });
});

describe('stopping', () => {
  it('is interrupted before the first request, during it, and while waiting for the next', async () => {
    const stopped = AbortSignal.abort();
    const server = await fakeServer(({ url, answer }) => {
      if (url.pathname.includes('busy')) answer(429, { 'retry-after': '30' });
    });
    const target = adapter();
    expect((await errorOf(target.resolve(tag(server.host), call(stopped)))).code).toBe('interrupted');
    expect(server.requests).toEqual([]);
    const during = new AbortController();
    const pending = errorOf(target.resolve(tag(server.host), call(during.signal)));
    setTimeout(() => during.abort(), 50);
    expect(await pending).toMatchObject({ code: 'interrupted', registry: server.host });
    const waiting = new AbortController();
    const told: unknown[] = [];
    const error = await errorOf(
      target.resolve({ ...tag(server.host), tag: 'busy' }, {
        signal: waiting.signal,
        progress: (progress) => {
          told.push(progress);
          waiting.abort();
        },
      }),
    );
    expect(error.code).toBe('interrupted');
    expect(told).toHaveLength(1);
  });

  it('ends what is under way when the adapter is closed', async () => {
    const server = await fakeServer(() => undefined);
    const target = adapter();
    const pending = errorOf(target.resolve(tag(server.host), call()));
    setTimeout(() => void target.close(), 50);
    expect(await pending).toMatchObject({ code: 'interrupted', retryable: false, message: expect.stringContaining('the adapter docker-registry was closed') as string });
  });

  it('of nobody is told by an adapter that was closed before: it says that, and asks nobody', async () => {
    const server = await fakeServer(() => undefined);
    const target = adapter();
    await target.close();
    const at = blob(server.host);
    const content = contentOf(Buffer.from('some content'));
    let opened = 0;
    const all = [
      errorOf(target.resolve(tag(server.host), call())),
      errorOf(target.readManifest(at, call())),
      errorOf(target.readBlob(at, 0, call())),
      errorOf(target.statBlob(at, call())),
      errorOf(target.listReferrers(at, call())),
      errorOf(target.listTags!(at, call())),
      errorOf(target.mountBlob(at, { ...at, repository: 'other' }, call())),
      errorOf(target.writeBlob(at, { ...content, open: (...asked) => (opened++, content.open(...asked)) }, call())),
      errorOf(target.writeManifest(at, manifestOf('x'), call())),
      errorOf(target.tag(at, 'v1', manifestOf('x'), call())),
    ];
    for (const error of await Promise.all(all)) expect(error).toMatchObject({ retryable: false, registry: server.host, message: expect.stringContaining('the adapter docker-registry was closed; make another one') as string });
    expect(opened).toBe(0);
    expect(server.requests).toEqual([]);
  });
});

describe('redirects', () => {
  const withStorage = async (more: (host: string) => Record<string, string> = () => ({})) => {
    const storage = await fakeServer(({ answer }) => answer(200, {}, 'bytes'));
    const registry = await fakeServer(({ request, answer }) => {
      if (request.headers.authorization === undefined) answer(401, { 'www-authenticate': 'Basic realm="x"' });
      else answer(307, { location: `${storage.url}/signed?key=abc`, ...more(storage.host) });
    });
    return { storage, registry };
  };
  const credentials = { username: 'u', password: 'p' };

  it('are followed to blob storage without the login', async () => {
    const { storage, registry } = await withStorage();
    const { body } = await valueOf(adapter({ credentials }).readBlob(blob(registry.host), 0, call()));
    await body[Symbol.asyncIterator]().return?.();
    expect(storage.requests).toEqual(['GET /signed?key=abc']);
    expect(storage.headers[0]).not.toHaveProperty('authorization');
  });

  it('lead back to the registry without the login: the request is the storage\'s by then', async () => {
    for (const answered of [200, 401]) {
      const storage = await fakeServer(({ url, answer }) => answer(307, { location: url.searchParams.get('back') ?? '' }));
      const registry = await fakeServer(({ url, request, answer }) => {
        if (url.pathname === '/elsewhere') answer(answered, answered === 401 ? { 'www-authenticate': 'Basic realm="x"' } : {}, 'bytes');
        else if (request.headers.authorization === undefined) answer(401, { 'www-authenticate': 'Basic realm="x"' });
        else answer(307, { location: `${storage.url}/?back=http://${request.headers.host ?? ''}/elsewhere` });
      });
      const read = await adapter({ credentials, retry: { attempts: 1 } }).readBlob(blob(registry.host), 0, call());
      if (answered === 401) expect(read._unsafeUnwrapErr()).toMatchObject({ code: 'registry_unauthorized', status: 401 });
      else await read._unsafeUnwrap().body[Symbol.asyncIterator]().return?.();
      expect(registry.requests.map((line, at) => [line.replace(/sha256:\w+/, '…'), registry.headers[at]?.authorization !== undefined])).toEqual([
        ['GET /v2/team/app/blobs/…', false],
        ['GET /v2/team/app/blobs/…', true],
        ['GET /elsewhere', false],
      ]);
      expect(storage.headers[0]).not.toHaveProperty('authorization');
    }
  });

  it('keep the login on the registry itself', async () => {
    const registry = await fakeServer(({ url, request, answer }) => {
      if (request.headers.authorization === undefined) answer(401, { 'www-authenticate': 'Basic realm="x"' });
      else if (url.pathname.startsWith('/v2')) answer(302, { location: '/moved' });
      else answer(200, { 'content-length': '5' });
    });
    expect(await valueOf(adapter({ credentials }).statBlob(blob(registry.host), call()))).toBe(5);
    expect(registry.headers.map(({ authorization }) => authorization !== undefined)).toEqual([false, true, true]);
  });

  it('are not followed without end, nor from HTTPS to plain HTTP, nor to nowhere', async () => {
    const loop = await fakeServer(({ url, answer }) => answer(302, { location: url.pathname }));
    expect((await errorOf(adapter().readBlob(blob(loop.host), 0, call()))).message).toContain('more than 5 redirects');
    expect(loop.requests).toHaveLength(6);
    const plain = await fakeServer(({ answer }) => answer(200));
    const secure = await fakeServer(({ answer }) => answer(302, { location: plain.url }), (listener) => createTlsServer(certificate, listener));
    const error = await errorOf(adapter({ plainHttp: false, insecure: true }).readBlob(blob(secure.host), 0, call()));
    expect(error).toMatchObject({ code: 'registry_protocol', retryable: false });
    expect(plain.requests).toEqual([]);
    const nowhere = await fakeServer(({ answer }) => answer(302));
    expect((await errorOf(adapter().readBlob(blob(nowhere.host), 0, call()))).code).toBe('registry_protocol');
  });

  it('ask the registry anew when the storage does not take the signed address any more', async () => {
    let signed = 0;
    const storage = await fakeServer(({ url, answer }) => answer(url.search === '?2' ? 200 : 403, {}, 'bytes'));
    const registry = await fakeServer(({ answer }) => answer(307, { location: `${storage.url}/x?${String(++signed)}` }));
    await valueOf(adapter().readBlob(blob(registry.host), 0, call()));
    const refused = await fakeServer(({ answer }) => answer(307, { location: `${storage.url}/x?no` }));
    const error = await errorOf(adapter().readBlob(blob(refused.host), 0, call()));
    expect(error.code).toBe('registry_denied');
    expect(error.message).toContain(`the storage at ${storage.host} answered 403`);
  });

  it('of a write are not followed: the content would go elsewhere', async () => {
    const server = await fakeServer(async ({ body, answer }) => {
      await body();
      answer(307, { location: '/elsewhere' });
    });
    expect((await errorOf(adapter().writeManifest(blob(server.host), manifestOf('x'), call()))).code).toBe('registry_protocol');
    expect((await errorOf(adapter().writeBlob(blob(server.host), contentOf(Buffer.from('some content')), call()))).code).toBe('registry_protocol');
    expect(server.requests).toHaveLength(2);
  });
});
