/**
 * HTTP probes against real servers (R63–R65).
 * @module
 */
import type { ServerResponse } from 'node:http';
import { httpProbe, type HttpProbeOptions } from '@davit/checks';
import { ConfigurationError, type CheckError, type ProbeReport, type ProbeSubject } from '@davit/core';
import { manualClock, type ManualClock } from '@davit/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { application, freePort, type Application } from '../fixture/application.js';
import { certificate } from '../fixture/loopback-certificate.js';

const subject: ProbeSubject = { promotion: 'p1', host: '127.0.0.1', digests: {} };
let app: Application | undefined;
let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function serve(answer: Parameters<typeof application>[0], options: { readonly tls?: boolean } = {}): Promise<Application> {
  app = await application(answer, options);
  return app;
}

/** Time goes on only while the probe waits for its next attempt, by just that interval: an answer always comes in time. */
async function probe(options: HttpProbeOptions, signal = new AbortController().signal): Promise<ProbeReport | CheckError> {
  const intervalMs = options.intervalMs ?? 1000;
  let over = false;
  const ended = (async () => {
    const result = await httpProbe({ clock, ...options }).probe(subject, { signal });
    over = true;
    return result;
  })();
  let turned = 0;
  while (!over) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const waits = clock.slept.filter((ms) => ms === intervalMs).length;
    if (waits > turned) {
      turned = waits;
      await clock.advance(intervalMs);
    }
  }
  const result = await ended;
  return result.isOk() ? result.value : result.error;
}

const status = (code: number, body = '') => (response: ServerResponse): void => void response.writeHead(code, { 'content-type': 'text/plain' }).end(body);

describe('an endpoint that answers well', () => {
  it('is asked until it did so three times in a row, each time on a new connection (R63)', async () => {
    const { url, requests, connections } = await serve(status(200, 'up'));
    const report = (await probe({ url: `${url}/up?token=planted` })) as ProbeReport;
    expect(report).toEqual({ target: `GET ${url}/up`, summary: '200 in 0 ms, 3 times in a row' });
    expect(requests).toHaveLength(3);
    expect(connections()).toBe(3);
    expect(requests[0]?.url).toBe('/up?token=planted');
    expect(clock.slept.filter((ms) => ms === 1000)).toHaveLength(2);
  });

  it('begins to count again after a bad answer: one good answer in between is not enough (R63)', async () => {
    const { url, requests } = await serve((response, count) => { status(count === 3 ? 503 : 200)(response); });
    expect(await probe({ url })).toMatchObject({ summary: '200 in 0 ms, 3 times in a row' });
    expect(requests).toHaveLength(6);
  });

  it('may be expected to answer with other statuses, and once only', async () => {
    const { url, requests } = await serve(status(204));
    expect(await probe({ url, expectStatus: [200, 204], successThreshold: 1 })).toMatchObject({ summary: '204 in 0 ms, once in a row' });
    expect(requests).toHaveLength(1);
  });

  it('gets the method, the headers and the login of its URL', async () => {
    const { url, requests } = await serve(status(200));
    await probe({ url: url.replace('//', '//me:s%20cret@'), method: 'POST', headers: { 'X-Probe': 'davit' }, successThreshold: 1 });
    expect(requests[0]).toMatchObject({ method: 'POST', headers: { 'x-probe': 'davit', authorization: `Basic ${Buffer.from('me:s cret').toString('base64')}` } });
  });
});

describe('an endpoint that does not answer well is endpoint_failed (R65)', () => {
  it('with URL, status and the beginning of its body', async () => {
    const { url, requests } = await serve(status(502, 'upstream\u001b[31m down'));
    const error = await probe({ url: `${url}/up`, withinMs: 10_000 });
    expect(error).toMatchObject({ code: 'endpoint_failed', url: `${url}/up`, status: 502, evidence: 'upstream [31m down', retryable: true });
    expect((error as CheckError).message).toContain('it answered 502 in 0 ms; expected 200');
    // Every second for ten seconds, the first one at once.
    expect(requests).toHaveLength(11);
  });

  it('when it redirects: the redirect is named and not followed (R63)', async () => {
    const { url, requests } = await serve((response) => void response.writeHead(301, { location: 'https://user:pass@login.example.com/sign-in?next=secret' }).end());
    const error = (await probe({ url, failureThreshold: 1 })) as CheckError;
    expect(error).toMatchObject({ code: 'endpoint_failed', status: 301 });
    expect(error.message).toContain('a redirect to https://login.example.com/sign-in, which is not followed');
    expect(error.message).not.toMatch(/pass|secret/);
    expect(requests).toHaveLength(1);
  });

  it('when nothing listens there', async () => {
    const error = (await probe({ url: `http://127.0.0.1:${String(await freePort())}`, failureThreshold: 2 })) as CheckError;
    expect(error).toMatchObject({ code: 'endpoint_failed' });
    expect(error.message).toMatch(/failed 2 times in a row: the connection was refused/);
    expect(error.status).toBeUndefined();
  });

  it('when it hangs up in the middle of an answer', async () => {
    const { url } = await serve((response) => { response.writeHead(200, { 'content-length': '100' }); response.write('half'); setTimeout(() => response.destroy(), 5); });
    expect(await probe({ url, failureThreshold: 1 })).toMatchObject({ code: 'endpoint_failed', message: expect.stringContaining('closed before the answer was complete') as string });
  });

  it('when it does not answer within 5 s, however little it has begun to say', async () => {
    const { url, requests } = await serve((response, count) => { if (count === 2) response.write('half'); });
    const ended = httpProbe({ url, clock, failureThreshold: 2 }).probe(subject, { signal: new AbortController().signal });
    for (const count of [1, 2]) {
      while (requests.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
      await clock.advance(5000);
      await clock.advance(1000);
    }
    expect((await ended)._unsafeUnwrapErr()).toMatchObject({ code: 'endpoint_failed', message: expect.stringContaining('no answer within 5000 ms') as string });
  });

  it('when it answers well, but never three times in a row', async () => {
    const { url } = await serve((response, count) => { status(count % 3 === 0 ? 500 : 200, 'flaky')(response); });
    expect(await probe({ url, withinMs: 30_000 })).toMatchObject({ code: 'endpoint_failed', status: 500, message: expect.stringContaining('did not answer well 3 times in a row within 30000 ms') as string });
  });

  it('early, when it failed as often in a row as is allowed', async () => {
    const { url, requests } = await serve((response, count) => { status(count === 2 ? 200 : 500)(response); });
    expect(await probe({ url, failureThreshold: 3 })).toMatchObject({ code: 'endpoint_failed' });
    expect(requests).toHaveLength(5);
  });
});

describe('the body', () => {
  const json = '{"status":"ok","version":"1.4.2","checks":[{"name":"db","ok":true}]}';
  it.each([
    ['"status":"ok"', json],
    [/"version":"1\.\d+\.2"/g, json],
    [{ status: 'ok', checks: [{ ok: true }] }, json],
    [[{ a: 1 }], '[{"a":1,"b":2}]'],
  ])('is as expected: %s', async (expectBody, body) => {
    const { url } = await serve(status(200, body));
    expect(await probe({ url, expectBody: expectBody })).toMatchObject({ summary: '200 in 0 ms, 3 times in a row' });
  });

  it.each([
    ['up', 'down', 'does not contain "up"'],
    [/^up$/, 'up!', 'does not match /^up$/'],
    [{ status: 'ok' }, '{"status":"degraded"}', 'differs at $.status'],
    [{ status: 'ok' }, '{}', 'differs at $.status'],
    [{ checks: [{ ok: true }] }, '{"checks":[{"ok":true},{"ok":false}]}', 'differs at $.checks'],
    [{ checks: [{ ok: true }] }, '{"checks":[{"ok":false}]}', 'differs at $.checks[0].ok'],
    [{ toString: 'x' }, '{}', 'differs at $.toString'],
    [{ status: 'ok' }, '<html>', 'is not JSON'],
    [{ a: null }, '[]', 'differs at $'],
  ])('is not as expected: %s in %s', async (expectBody, body, words) => {
    const { url } = await serve(status(200, body));
    expect(await probe({ url, failureThreshold: 1, expectBody: expectBody })).toMatchObject({ code: 'endpoint_failed', status: 200, evidence: body, message: expect.stringContaining(words) as string });
  });

  it('is read to its first 1 MiB and no further', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const { url } = await serve((response) => {
      const more = (): void => {
        while (!response.destroyed && sent < 200 * chunk.length * 16) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end('needle');
      };
      more();
    });
    const error = (await probe({ url, expectBody: 'needle', failureThreshold: 1 })) as CheckError;
    expect(error.message).toContain('only its first 1 MiB was looked at');
    expect(error.evidence?.length).toBe(1000);
    expect(sent).toBeLessThan(100 * 1024 * 1024);
  });
});

describe('TLS', () => {
  it('accepts an authority that is named', async () => {
    const { url } = await serve(status(200), { tls: true });
    expect(await probe({ url, ca: certificate })).toMatchObject({ summary: '200 in 0 ms, 3 times in a row' });
  });

  it('refuses an unknown one, and says what to do', async () => {
    const { url, requests } = await serve(status(200), { tls: true });
    expect(await probe({ url, failureThreshold: 1 })).toMatchObject({ code: 'endpoint_failed', message: expect.stringContaining('name the authority in `ca`') as string });
    expect(requests).toHaveLength(0);
  });

  it('on a port that does not speak it is a failure of the endpoint', async () => {
    const { url } = await serve(status(200));
    expect(await probe({ url: url.replace('http:', 'https:'), failureThreshold: 1 })).toMatchObject({ code: 'endpoint_failed' });
  });
});

describe('a probe that is asked to stop', () => {
  it('answers interrupted, in the middle of a request and between two', async () => {
    const stop = new AbortController();
    const { url, requests } = await serve(() => undefined);
    const asking = httpProbe({ url, clock }).probe(subject, { signal: stop.signal });
    while (requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort();
    expect((await asking)._unsafeUnwrapErr().code).toBe('interrupted');
    await app?.close();
    const later = new AbortController();
    const { url: second, requests: seen } = await serve(status(200));
    const waiting = httpProbe({ url: second, clock }).probe(subject, { signal: later.signal });
    while (!clock.slept.includes(1000)) await new Promise((resolve) => setTimeout(resolve, 1));
    later.abort();
    expect((await waiting)._unsafeUnwrapErr().code).toBe('interrupted');
    expect(seen).toHaveLength(1);
  });
});

describe('{host}', () => {
  it('is each host of the environment', async () => {
    const { url, port } = await serve(status(200));
    const perHost = httpProbe({ url: `http://{host}:${String(port)}/up`, successThreshold: 1, clock });
    expect(perHost.scope).toBe('host');
    expect((await perHost.probe(subject, { signal: new AbortController().signal }))._unsafeUnwrap().target).toBe(`GET ${url}/up`);
    expect((await perHost.probe({ ...subject, host: 'a b' }, { signal: new AbortController().signal }))._unsafeUnwrapErr().code).toBe('check_inconclusive');
    expect(httpProbe({ url }).scope).toBe('runner');
  });
});

describe('options', () => {
  it('name their secrets, and nothing else', () => {
    const { secrets } = httpProbe({ url: 'https://me:planted-password@app.example.com/up?sig=planted-signature&page=ordinary-page', headers: { authorization: 'Bearer planted-token', accept: 'application/json', 'x-api-key': 'planted-key' } });
    expect([...secrets()].sort()).toEqual(['Bearer planted-token', 'planted-key', 'planted-password', 'planted-signature', 'planted-token']);
  });

  it.each([
    [{ url: 'app.example.com' }, 'url'],
    [{ url: 'ftp://app.example.com' }, 'url'],
    [{ url: 'http://%zz@app.example.com' }, 'url'],
    [{ url: undefined as unknown as string }, 'url'],
    [{ url: 'http://a', expectStatus: 20 }, 'expectStatus'],
    [{ url: 'http://a', expectStatus: [] }, 'expectStatus'],
    [{ url: 'http://a', method: 'HEAD' as const, expectBody: 'x' }, 'expectBody'],
    [{ url: 'http://a', expectBody: 7 as unknown as string }, 'expectBody'],
    [{ url: 'http://a', headers: { 'a b': 'c' } }, 'headers'],
    [{ url: 'http://a', ca: 'no certificate' }, 'ca'],
    [{ url: 'http://a', ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }, 'ca'],
    [{ url: 'http://a', timeoutMs: 0 }, 'timeoutMs'],
    [{ url: 'http://a', successThreshold: 0 }, 'successThreshold'],
    [{ url: 'http://a', failureThreshold: 1.5 }, 'failureThreshold'],
    [{ url: 'http://a', withinMs: 2000 }, 'withinMs'],
    // Without effect they would let anything pass: the body of an application that is down, above all.
    [{ url: 'http://a', expectedBody: { status: 'ok' } }, 'expectedBody'],
    [{ url: 'http://a', expectStatus: '200' as unknown as number }, 'expectStatus'],
    [{ url: 'http://a', method: 'get' as 'GET' }, 'method'],
    [{ url: 'http://a', headers: { 'x-key': undefined as unknown as string } }, 'headers.x-key'],
    [{ url: 'http://a', clock: {} as never }, 'clock'],
    [{ url: 'http://a', timeoutMs: '5s' as unknown as number }, 'timeoutMs'],
  ])('are checked at once: %j', (options, field) => {
    expect(() => httpProbe(options)).toThrow(ConfigurationError);
    expect(() => httpProbe(options)).toThrow(expect.objectContaining({ field }) as Error);
    try {
      httpProbe(options);
    } catch (thrown) {
      expect(String(thrown)).not.toContain('example.com');
    }
  });
});
