/** How hosts are reached: certificates for one and for all, and proxies (R92; issue: TLS and proxies of the client). */
import { randomBytes } from 'node:crypto';
import { createServer, request as forward, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ConfigurationError, copyImage } from '@davit/core';
import { pushImage, startRegistryServer } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { broken } from '../../src/client/network-fault.js';
import { certificate } from '../certificate.js';
import { adapter, call, closing, contentOf, errorOf, fakeServer, someDigest, valueOf, type Fake } from '../support.js';

const tlsServer = (handle: (fake: Fake) => unknown, more: object = {}) => fakeServer(handle, (listener) => createTlsServer({ ...certificate, ...more }, listener));
const blob = (registry: string) => ({ registry, repository: 'team/app', digest: someDigest });
const found = ({ answer }: Fake): void => answer(200, { 'content-length': '12' });
const clientCertificate = { certificate: certificate.cert, key: certificate.key };

describe('certificates', () => {
  it('are given for one host and not for another', async () => {
    const [own, other] = [await tlsServer(found), await tlsServer(found)];
    const target = adapter({ plainHttp: false, hosts: { [own.host]: { ca: certificate.cert } } });
    expect(await valueOf(target.statBlob(blob(own.host), call()))).toBe(12);
    expect((await errorOf(target.statBlob(blob(other.host), call()))).code).toBe('registry_certificate');
  });

  it('of one host are looked at, or not, whatever is said of all', async () => {
    const [strict, lax] = [await tlsServer(found), await tlsServer(found)];
    const target = adapter({ plainHttp: false, insecure: true, hosts: { [strict.host]: { insecure: false } } });
    expect(await valueOf(target.statBlob(blob(lax.host), call()))).toBe(12);
    expect((await errorOf(target.statBlob(blob(strict.host), call()))).code).toBe('registry_certificate');
    expect(await valueOf(adapter({ plainHttp: false, hosts: { [lax.host]: { insecure: true } } }).statBlob(blob(lax.host), call()))).toBe(12);
  });

  it('of the client are shown to one host, or to all', async () => {
    const shown: boolean[] = [];
    const server = await tlsServer(
      (fake) => {
        shown.push((fake.request.socket as unknown as Pick<TLSSocket, 'getPeerCertificate'>).getPeerCertificate().fingerprint256 !== undefined);
        found(fake);
      },
      { requestCert: true, rejectUnauthorized: false },
    );
    for (const options of [{ ca: certificate.cert, hosts: { [server.host]: { clientCertificate } } }, { ca: certificate.cert, clientCertificate }, { ca: certificate.cert, hosts: { 'other.test': { clientCertificate } } }]) {
      expect(await valueOf(adapter({ plainHttp: false, ...options }).statBlob(blob(server.host), call()))).toBe(12);
    }
    expect(shown).toEqual([true, true, false]);
  });

  it('of the client that are wanted and not given are named in the error, and not tried again', async () => {
    const server = await tlsServer(found, { requestCert: true, ca: certificate.cert, maxVersion: 'TLSv1.2' });
    const error = await errorOf(adapter({ plainHttp: false, ca: certificate.cert }).statBlob(blob(server.host), call()));
    expect(error).toMatchObject({ code: 'registry_protocol', retryable: false });
    expect(error.message).toContain('clientCertificate');
    expect(server.requests).toEqual([]);
  });

  it('of the client that TLS 1.3 wants, and says so too late, are named all the same', async () => {
    const server = await tlsServer(found, { requestCert: true, ca: certificate.cert, minVersion: 'TLSv1.3' });
    for (let time = 0; time < 5; time += 1) {
      const error = await errorOf(adapter({ plainHttp: false, ca: certificate.cert }).statBlob(blob(server.host), call()));
      expect(error).toMatchObject({ code: 'registry_certificate', retryable: false });
      expect(error.message).toContain('it wants a certificate of its client; give one in the option clientCertificate');
    }
    expect(server.requests).toEqual([]);
  });

  it('are not blamed where a host hangs up for another reason, be it met before or not', async () => {
    let isKnown = true;
    let connections = 0;
    const server = await fakeServer((fake) => (isKnown ? found(fake) : fake.request.socket.destroy()), (listener) => createTlsServer(certificate, listener).on('connection', () => (connections += 1)));
    const target = adapter({ plainHttp: false, ca: certificate.cert, retry: { attempts: 1 } });
    expect(await valueOf(target.statBlob(blob(server.host), call()))).toBe(12);
    isKnown = false;
    // Undici may open the next connection at once.
    expect(await errorOf(target.statBlob(blob(server.host), call()))).toMatchObject({ code: 'registry_unreachable', retryable: true });
    const before = connections;
    expect(await errorOf(adapter({ plainHttp: false, ca: certificate.cert, retry: { attempts: 1 } }).statBlob(blob(server.host), call()))).toMatchObject({ code: 'registry_unreachable', retryable: true });
    expect(connections).toBeGreaterThan(before + 1);
  });

  it.each([
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tlsv13 alert certificate required', 'it wants a certificate of its client'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'tlsv1 alert unknown ca', 'it does not take the certificate that was shown (unknown ca)'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'sslv3 alert certificate expired', 'it does not take the certificate that was shown (certificate expired)'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'sslv3 alert bad certificate', 'it wants a certificate of its client', { isStranger: true }],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'sslv3 alert bad certificate', 'it does not take the certificate that was shown (bad certificate)', { isStranger: false }],
  ])('of the client that the registry complains of with %s are registry_certificate', (code, message, words, more: object = {}) => {
    const error = broken({ registry: 'registry.test', repository: 'a', subject: 'blob', what: 'find it' }, Object.assign(new Error(`0:error:0A:SSL routines:ssl3_read_bytes:${message}:rec_layer_s3.c`), { code, ...more }), new AbortController().signal);
    expect(error).toMatchObject({ code: 'registry_certificate', retryable: false });
    expect(error.message).toContain(words);
  });

  it('with a key name the key and its passphrase as secrets (R95)', () => {
    expect(adapter({ hosts: { 'registry.test': { clientCertificate: { ...clientCertificate, passphrase: 'planted-secret' } } } }).secrets()).toEqual([certificate.key, 'planted-secret']);
  });

  it('that cannot be used throw a ConfigurationError that names the option and repeats nothing', () => {
    const wrong = (options: object): unknown => {
      try {
        return adapter(options);
      } catch (thrown) {
        return thrown;
      }
    };
    const cases: readonly (readonly [object, string])[] = [
      [{ ca: 'planted-secret' }, 'ca'],
      [{ clientCertificate: { certificate: certificate.cert, key: 'planted-secret' } }, 'clientCertificate'],
      [{ clientCertificate: { certificate: certificate.cert } }, 'clientCertificate.key'],
      [{ hosts: { 'registry.test': { clientCertificate: { certificate: 'planted-secret', key: certificate.key } } } }, 'hosts["registry.test"].clientCertificate'],
      [{ hosts: { 'https://registry.test': {} } }, 'hosts["https://registry.test"]'],
      [{ hosts: { 'registry.test': { insecure: 'yes' } } }, 'hosts["registry.test"].insecure'],
      [{ hosts: { 'registry.test': { tls: {} } } }, 'hosts["registry.test"].tls'],
      [{ hosts: [] }, 'hosts'],
      [{ proxy: '' }, 'proxy'],
    ];
    for (const [options, field] of cases) {
      const thrown = wrong(options);
      expect(thrown, field).toBeInstanceOf(ConfigurationError);
      expect(thrown).toMatchObject({ field });
      expect((thrown as Error).message).not.toContain('planted-secret');
    }
  });
});

describe('plain HTTP', () => {
  it('is spoken to one host, or is not, whatever is said of all', async () => {
    const [plain, secure] = [await fakeServer(found), await tlsServer(found)];
    const target = adapter({ plainHttp: false, ca: certificate.cert, hosts: { [plain.host]: { plainHttp: true } } });
    expect(await valueOf(target.statBlob(blob(plain.host), call()))).toBe(12);
    expect(await valueOf(target.statBlob(blob(secure.host), call()))).toBe(12);
    expect(await valueOf(adapter({ plainHttp: true, ca: certificate.cert, hosts: { [secure.host]: { plainHttp: false } } }).statBlob(blob(secure.host), call()))).toBe(12);
  });
});

/** A proxy that leads every host to one server, or to that of the wanted port on this machine, and writes down what it is asked for. */
async function fakeProxy(to: { readonly host: string }, status = 200, make: (listener: RequestListener) => Server = createServer) {
  const asked: string[] = [];
  const logins: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const log = ({ method, url, headers }: IncomingMessage): void => {
    asked.push(`${method ?? ''} ${url ?? ''}`);
    logins.push(headers['proxy-authorization']);
  };
  const port = Number(to.host.split(':')[1]);
  const server = make((request, response) => {
    log(request);
    // A request that is handed over comes with its whole address.
    if (status !== 200) {
      response.writeHead(status, { 'content-length': '0' }).end();
      return;
    }
    const { hostname, port: wanted, pathname, search } = new URL(request.url ?? '');
    const passed = forward({ host: '127.0.0.1', port: to.host === 'by port' ? wanted : port, method: request.method, path: `${pathname}${search}`, headers: request.headers }, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers)));
    passed.on('error', () => response.destroy());
    request.pipe(passed);
    expect(hostname).not.toBe('127.0.0.1');
  });
  server.on('connect', (request, socket: Socket) => {
    log(request);
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${String(status)} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const inner = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      inner.pipe(socket).pipe(inner);
    });
    inner.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return closing({
    host: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    asked,
    logins,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

describe('a proxy', () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

  it('of the environment leads to a registry over HTTPS by a tunnel, with the login of its address', async () => {
    const server = await tlsServer(found);
    const proxy = await fakeProxy(server);
    const target = adapter({ insecure: true, environment: { HTTPS_PROXY: `http://user:p%40ss@${proxy.host}` } });
    expect(await valueOf(target.statBlob(blob('registry.test'), call()))).toBe(12);
    expect(proxy.asked).toEqual(['CONNECT registry.test:443']);
    expect(proxy.logins).toEqual([basic('user:p@ss')]);
    expect(server.headers[0]).not.toHaveProperty('proxy-authorization');
    expect(server.headers[0]).toMatchObject({ host: 'registry.test' });
  });

  it('of the environment is handed what is spoken in plain HTTP', async () => {
    const server = await fakeServer(found);
    const proxy = await fakeProxy(server);
    const target = adapter({ plainHttp: ['registry.test:8080'], environment: { http_proxy: `user:pass@${proxy.host}`, HTTP_PROXY: 'http://not.used.test' } });
    expect(await valueOf(target.statBlob(blob('registry.test:8080'), call()))).toBe(12);
    expect(proxy.asked).toEqual([`HEAD http://registry.test:8080/v2/team/app/blobs/${someDigest}`]);
    expect(proxy.logins).toEqual([basic('user:pass')]);
  });

  it('is asked for tokens, too, and for what is written', async () => {
    const server = await tlsServer(async (fake) => {
      if (fake.url.pathname === '/token') fake.answer(200, {}, JSON.stringify({ token: 'abc' }));
      else if (fake.request.headers.authorization === undefined) fake.answer(401, { 'www-authenticate': 'Bearer realm="https://auth.test/token"' });
      else if (fake.request.method === 'POST') fake.answer(202, { location: '/v2/team/app/blobs/uploads/1' });
      else {
        await fake.body();
        fake.answer(fake.request.method === 'PUT' ? 201 : 404);
      }
    });
    const proxy = await fakeProxy(server);
    await valueOf(adapter({ insecure: true, proxy: `http://${proxy.host}`, environment: {} }).writeBlob(blob('registry.test'), contentOf(Buffer.from('some content')), call()));
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT registry.test:443', 'CONNECT auth.test:443']));
  });

  it('carries a whole copy, layers and uploads, with one connection a side', async () => {
    const [source, target] = [closing(await startRegistryServer({ locations: 'relative' })), closing(await startRegistryServer({ locations: 'relative' }))];
    const proxy = await fakeProxy({ host: 'by port' });
    const image = await pushImage(source, { repository: 'staging/app', layers: [randomBytes(3_000_000), randomBytes(200_000), randomBytes(10)] });
    const at = (name: string, { host }: { readonly host: string }): string => `${name}.test:${host.split(':')[1] ?? ''}`;
    const both = adapter({ plainHttp: true, connections: 1, proxy: `http://${proxy.host}`, environment: {} });
    await valueOf(copyImage({ name: 'app', source: both, from: { registry: at('staging', source), repository: 'staging/app', digest: image.digest }, target: both, to: { registry: at('prod', target), repository: 'prod/app' }, parallel: 3 }, call()));
    expect((await valueOf(adapter().readManifest({ registry: target.host, repository: 'prod/app', digest: image.digest }, call()))).bytes).toEqual(image.built.root.bytes);
    expect(proxy.asked.length).toBe(source.requests.count() + target.requests.count() - 1);
  });

  it('is not asked for loopback addresses, nor for what NO_PROXY names, nor where the option is false', async () => {
    const server = await fakeServer(found);
    const proxy = await fakeProxy(server);
    const environment = { HTTP_PROXY: `http://${proxy.host}`, HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: 'spared.invalid' };
    expect(await valueOf(adapter({ environment }).statBlob(blob(server.host), call()))).toBe(12);
    const retry = { attempts: 1 };
    for (const options of [{ environment }, { environment: { ...environment, NO_PROXY: '' }, proxy: false as const }]) expect((await errorOf(adapter({ retry, ...options }).statBlob(blob('registry.spared.invalid'), call()))).message).toContain('does not resolve');
    expect(proxy.asked).toEqual([]);
  });

  it('that wants another login, or refuses, is registry_unreachable with a word on it', async () => {
    const server = await tlsServer(found);
    for (const [status, retryable, words] of [[407, false, 'the proxy wants a login'], [401, false, 'the proxy wants a login'], [403, false, 'the proxy does not connect to it: it answered 403'], [502, true, 'it answered 502']] as const) {
      const proxy = await fakeProxy(server, status);
      const error = await errorOf(adapter({ insecure: true, retry: { attempts: 1 }, proxy: `http://user:planted-secret@${proxy.host}`, environment: {} }).statBlob(blob('registry.test'), call()));
      expect(error).toMatchObject({ code: 'registry_unreachable', retryable, status });
      expect(error.message).toContain(words);
      expect(JSON.stringify(error)).not.toContain('planted-secret');
    }
    const handed = await fakeProxy(await fakeServer(found), 407);
    expect((await errorOf(adapter({ plainHttp: true, proxy: `http://${handed.host}`, environment: {} }).statBlob(blob('registry.test'), call()))).message).toContain('the proxy wants a login');
  });

  it('over TLS is trusted by its own certificate, or by that of all, and not unseen', async () => {
    const server = await fakeServer(found);
    const proxy = await fakeProxy(server, 200, (listener) => createTlsServer(certificate, listener));
    const options = { plainHttp: true, proxy: `https://user:pass@${proxy.host}`, environment: {} };
    for (const trusted of [{ hosts: { [proxy.host]: { ca: certificate.cert } } }, { ca: certificate.cert }]) expect(await valueOf(adapter({ ...options, ...trusted }).statBlob(blob('registry.test:8080'), call()))).toBe(12);
    expect(proxy.asked).toEqual(['CONNECT registry.test:8080', 'CONNECT registry.test:8080']);
    expect(proxy.logins).toEqual([basic('user:pass'), basic('user:pass')]);
    const error = await errorOf(adapter(options).statBlob(blob('registry.test:8080'), call()));
    expect(error).toMatchObject({ code: 'registry_certificate', retryable: false });
    expect(error.message).toContain(`the certificate of the proxy ${proxy.host} is not trusted`);
  });

  it('that is away is named', async () => {
    const proxy = await fakeProxy({ host: 'x:1' });
    await proxy.close();
    for (const plainHttp of [true, false]) {
      const error = await errorOf(adapter({ plainHttp, retry: { attempts: 1 }, proxy: `http://user:planted-secret@${proxy.host}`, environment: {} }).statBlob(blob('registry.test'), call()));
      expect(error).toMatchObject({ code: 'registry_unreachable', retryable: true });
      expect(error.message).toContain(`the proxy ${proxy.host} cannot be reached (ECONNREFUSED)`);
      expect(JSON.stringify(error)).not.toContain('planted-secret');
    }
  });

  it('that does not answer is registry_timeout, and does not keep anybody from stopping', async () => {
    const silent = await fakeServer(() => undefined, (listener) => {
      const server = createServer(listener);
      const close = server.closeAllConnections.bind(server);
      const sockets = new Set<Socket>();
      server.on('connect', (_, socket: Socket) => void sockets.add(socket.on('error', () => undefined)));
      return Object.assign(server, {
        closeAllConnections: () => {
          close();
          for (const socket of sockets) socket.destroy();
        },
      });
    });
    const target = (requestTimeoutMs: number) => adapter({ retry: { attempts: 1 }, requestTimeoutMs, proxy: `http://${silent.host}`, environment: {} });
    expect(await errorOf(target(200).statBlob(blob('registry.test'), call()))).toMatchObject({ code: 'registry_timeout', retryable: true });
    const stop = new AbortController();
    const pending = errorOf(target(60_000).statBlob(blob('registry.test'), call(stop.signal)));
    setTimeout(() => stop.abort(), 50);
    expect((await pending).code).toBe('interrupted');
  });

  it('has a login that is a secret, as it stands and as it is sent (R95)', () => {
    const secrets = adapter({ environment: { https_proxy: 'http://user:p%40ss@proxy.test:3128' } }).secrets();
    expect(secrets).toEqual(['p@ss', 'p%40ss', Buffer.from('user:p@ss').toString('base64')]);
  });
});
