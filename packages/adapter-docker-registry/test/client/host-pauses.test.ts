/** A rate limit holds back the whole host, not only the request that was told of it (R92). */
import { randomBytes } from 'node:crypto';
import { copyImage } from '@davit/core';
import { manualClock } from '@davit/core/testing';
import { pushImage, startRegistryServer } from '@davit/registry-server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { adapter, call, closing, contentOf, errorOf, fakeServer, someDigest, valueOf, type Fake } from '../support.js';

const blob = (registry: string, repository = 'team/app') => ({ registry, repository, digest: someDigest });

/** Answers with 429 as often as `refusals` says, to the repository `busy` alone; everything else is not there. */
function limited(headers: Record<string, string> = {}, refusals = 1) {
  let left = refusals;
  return ({ url, answer }: Fake): void => {
    const hit = url.pathname.includes('/busy/') && left > 0;
    if (hit) left -= 1;
    answer(hit ? 429 : 404, hit ? headers : {});
  };
}

/** Waits, in turns of the event loop, until something holds that other code does. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a rate limit', () => {
  it('holds back every request to its host for as long as Retry-After says, and no other host', async () => {
    const clock = manualClock();
    const server = await fakeServer(limited({ 'retry-after': '8' }));
    const other = await fakeServer(({ answer }) => answer(404));
    const target = adapter({ clock });
    const told = valueOf(target.statBlob(blob(server.host, 'busy'), call()));
    await until(() => clock.sleeping === 1);
    const waiting = [1, 2, 3].map((n) => valueOf(target.statBlob(blob(server.host, `app-${String(n)}`), call())));
    expect(await valueOf(target.statBlob(blob(other.host), call()))).toBeNull();
    await until(() => clock.sleeping === 4);
    await clock.advance(7999);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    expect(await Promise.all([told, ...waiting])).toEqual([null, null, null, null]);
    expect(server.requests).toHaveLength(5);
  });

  it('without a time holds back the host for as long as the told request waits by itself', async () => {
    const clock = manualClock();
    const server = await fakeServer(limited());
    const target = adapter({ clock, retry: { minDelayMs: 1000 } });
    const told = valueOf(target.statBlob(blob(server.host, 'busy'), call()));
    await until(() => clock.sleeping === 1);
    const waiting = valueOf(target.statBlob(blob(server.host), call()));
    await until(() => clock.sleeping === 2);
    expect(clock.slept[1]).toBe(clock.slept[0]);
    await clock.runAll();
    expect(await Promise.all([told, waiting])).toEqual([null, null]);
  });

  it('as a date is measured with the clock of the registry, and is obeyed up to a minute, or to what the option says', async () => {
    for (const [maxRetryAfterMs, expected] of [[undefined, 60_000], [600_000, 90_000]] as const) {
      const clock = manualClock({ auto: true });
      const date = Date.UTC(2020, 0, 1);
      const server = await fakeServer(limited({ date: new Date(date).toUTCString(), 'retry-after': new Date(date + 90_000).toUTCString() }));
      const target = adapter({ clock, retry: maxRetryAfterMs === undefined ? {} : { maxRetryAfterMs } });
      await valueOf(target.statBlob(blob(server.host, 'busy'), call()));
      expect(clock.slept).toEqual([expected]);
    }
  });

  it('in several lines is obeyed as the longest of them', async () => {
    const clock = manualClock({ auto: true });
    let asked = 0;
    const server = await fakeServer(({ response, answer }) => {
      asked += 1;
      if (asked > 1) answer(404);
      else response.setHeader('retry-after', ['8', '12']).writeHead(429, { 'content-length': 0 }).end();
    });
    await valueOf(adapter({ clock }).statBlob(blob(server.host), call()));
    expect(clock.slept).toEqual([12_000]);
  });

  it('is told of with its reason and its wait, once', async () => {
    const clock = manualClock({ auto: true });
    const server = await fakeServer(limited({ 'retry-after': '8' }));
    const asking = call();
    await valueOf(adapter({ clock }).statBlob(blob(server.host, 'busy'), asking));
    expect(asking.seen).toEqual([{ type: 'request.retry', host: server.host, reason: expect.stringContaining('429') as string, waitMs: 8000, attempt: 1, of: 5 }]);
  });

  it('that ends a request for good still holds back the others', async () => {
    const clock = manualClock();
    const server = await fakeServer(limited({ 'retry-after': '8' }));
    const target = adapter({ clock, retry: { attempts: 1 } });
    expect((await errorOf(target.statBlob(blob(server.host, 'busy'), call()))).code).toBe('registry_rate_limited');
    const waiting = valueOf(target.statBlob(blob(server.host), call()));
    await until(() => clock.sleeping === 1);
    expect(server.requests).toHaveLength(1);
    await clock.advance(8000);
    expect(await waiting).toBeNull();
  });

  it('of a token service holds back those who want a token, and a stop ends that at once', async () => {
    const clock = manualClock();
    let limits = 1;
    const service = await fakeServer(({ answer }) => {
      limits -= 1;
      answer(limits < 0 ? 200 : 429, { 'retry-after': '8' }, JSON.stringify({ token: 'abc' }));
    });
    const server = await fakeServer(({ request, answer }) => answer(request.headers.authorization === undefined ? 401 : 404, { 'www-authenticate': `Bearer realm="${service.url}/token"` }));
    const target = adapter({ clock, tokenServices: [service.host] });
    const told = valueOf(target.statBlob(blob(server.host, 'one'), call()));
    await until(() => clock.sleeping === 1);
    const stop = new AbortController();
    const stopped = errorOf(target.statBlob(blob(server.host, 'two'), call(stop.signal)));
    await until(() => clock.sleeping === 2);
    stop.abort();
    expect((await stopped).code).toBe('interrupted');
    expect(service.requests).toHaveLength(1);
    await clock.runAll();
    expect(await told).toBeNull();
  });

  it('of another kind of failure is none: a 503 with Retry-After holds back nobody else', async () => {
    const clock = manualClock();
    const server = await fakeServer(({ url, answer }) => answer(url.pathname.includes('busy') ? 503 : 404, { 'retry-after': '8' }));
    const target = adapter({ clock });
    const stop = new AbortController();
    const told = errorOf(target.statBlob(blob(server.host, 'busy'), call(stop.signal)));
    await until(() => clock.sleeping === 1);
    expect(await valueOf(target.statBlob(blob(server.host), call()))).toBeNull();
    stop.abort();
    expect((await told).code).toBe('interrupted');
  });

  it('ends at once for everybody whose signal fires', async () => {
    const clock = manualClock();
    const server = await fakeServer(limited({ 'retry-after': '60' }));
    const target = adapter({ clock });
    const stop = new AbortController();
    const told = errorOf(target.statBlob(blob(server.host, 'busy'), call(stop.signal)));
    await until(() => clock.sleeping === 1);
    const others = [errorOf(target.statBlob(blob(server.host), call(stop.signal))), errorOf(target.readBlob(blob(server.host), 0, call(stop.signal))), errorOf(target.writeBlob(blob(server.host), contentOf(Buffer.from('some content')), call(stop.signal)))];
    await until(() => clock.sleeping === 4);
    // The clock stands still, and so does every timer of the program: whoever waits for either does not come back.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    stop.abort();
    expect((await Promise.all([told, ...others])).map(({ code }) => code)).toEqual(['interrupted', 'interrupted', 'interrupted', 'interrupted']);
    expect(clock.sleeping).toBe(0);
    expect(server.requests).toHaveLength(1);
  });

  it('ends when the adapter is closed, and so does the wait before the next attempt', async () => {
    const clock = manualClock();
    const server = await fakeServer(limited({ 'retry-after': '60' }));
    const target = adapter({ clock });
    const told = errorOf(target.statBlob(blob(server.host, 'busy'), call()));
    await until(() => clock.sleeping === 1);
    const other = errorOf(target.statBlob(blob(server.host), call()));
    await until(() => clock.sleeping === 2);
    await target.close();
    expect([await told, await other].map(({ code }) => code)).toEqual(['interrupted', 'interrupted']);
    expect(clock.sleeping).toBe(0);
    expect(server.requests).toHaveLength(1);
  });

  it('in the middle of an upload does not keep the upload from being given up', async () => {
    const clock = manualClock({ auto: true });
    let limits = 1;
    const server = await fakeServer(async (fake) => {
      await fake.body();
      const { method } = fake.request;
      if (method === 'PUT' && limits-- > 0) fake.answer(429, { 'retry-after': '8' });
      else fake.answer(method === 'POST' ? 202 : method === 'PUT' ? 201 : method === 'DELETE' ? 204 : 404, { location: '/v2/team/app/blobs/uploads/1' });
    });
    await valueOf(adapter({ clock }).writeBlob(blob(server.host), contentOf(Buffer.from('some content')), call()));
    expect(server.requests.filter((line) => line.startsWith('DELETE'))).toHaveLength(1);
    expect(clock.slept).toEqual([8000]);
  });

  it('of so many requests in ten seconds lets a copy through that makes far more', async () => {
    const clock = manualClock({ auto: true });
    const source = closing(await startRegistryServer());
    const server = closing(await startRegistryServer({ now: () => clock.now() }));
    const image = await pushImage(source, { repository: 'staging/app', layers: Array.from({ length: 20 }, () => randomBytes(100)) });
    const limit = server.faults.add({ then: { rateLimit: { allow: 15, windowMs: 10_000 } } });
    const both = adapter({ clock });
    await valueOf(copyImage({ name: 'app', source: both, from: { registry: source.host, repository: 'staging/app', digest: image.digest }, target: both, to: { registry: server.host, repository: 'prod/app' }, parallel: 4 }, call()));
    expect(server.requests.count()).toBeGreaterThan(60);
    expect(limit.hits).toBeGreaterThan(2);
    limit.remove();
    expect((await valueOf(both.readManifest({ registry: server.host, repository: 'prod/app', digest: image.digest }, call()))).bytes).toEqual(image.built.root.bytes);
  });
});
