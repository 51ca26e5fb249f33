/**
 * The webhook notifier against a real receiver, verified with the library of Standard Webhooks (R35, R94, G20).
 * @module
 */
import type { ServerResponse } from 'node:http';
import { ConfigurationError, type Notice, type RunError } from '@davit/core';
import { manualClock } from '@davit/core/testing';
import { webhook, type WebhookOptions } from '@davit/notifier-webhook';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { receiver, type Receiver } from './receiver.js';

const secret = `whsec_${Buffer.alloc(32, 'a planted secret').toString('base64')}`;
const secondSecret = `whsec_${Buffer.alloc(24, 'the next one').toString('base64')}`;
const notice: Notice = {
  id: '01JPROMOTION_42',
  type: 'promotion.rollback_ended',
  at: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  promotion: '01JPROMOTION',
  environment: 'production',
  severity: 'critical',
  title: 'production: web 1.4.2 rolled back — ä 😀',
  data: { status: 'rolled_back', hosts: ['app1'], promotion: 'must not win' },
};
const signal = new AbortController().signal;
let remote: Receiver | undefined;

afterEach(async () => {
  await remote?.close();
  remote = undefined;
});

const answering = (...statuses: readonly number[]) => async (headers: Record<string, string> = {}): Promise<Receiver> => {
  remote = await receiver((response: ServerResponse, count) => void response.writeHead(statuses[Math.min(count, statuses.length) - 1] ?? 500, headers).end('said something\u001b[31m'));
  return remote;
};

/** Waits pass at once and are written down; requests take no time of this clock. */
const hurried = () => {
  const slept: number[] = [];
  const never = new Promise<void>(() => undefined);
  return { slept, clock: { now: () => Date.now(), sleep: (ms: number) => (ms === 15_000 ? never : (slept.push(ms), Promise.resolve())) } };
};

async function errorOf(options: Omit<WebhookOptions, 'secret'>): Promise<RunError> {
  return (await webhook({ secret, clock: hurried().clock, ...options }).notify(notice, { signal }))._unsafeUnwrapErr();
}

describe('one notice', () => {
  it('is one POST that the library of Standard Webhooks verifies, bit for bit (R94)', async () => {
    const { url, received } = await answering(200)();
    (await webhook({ url: `${url}/hooks/davit?x=1`, secret }).notify(notice, { signal }))._unsafeUnwrap();
    expect(received).toHaveLength(1);
    const [{ method, path, headers, body }] = received as [(typeof received)[0]];
    expect({ method, path }).toEqual({ method: 'POST', path: '/hooks/davit?x=1' });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': '01JPROMOTION_42', 'content-length': String(Buffer.byteLength(body)) });
    const payload = new Webhook(secret).verify(body, headers as Record<string, string>);
    expect(payload).toEqual({
      type: 'promotion.rollback_ended',
      timestamp: '2026-01-02T03:04:05.678Z',
      data: { status: 'rolled_back', hosts: ['app1'], promotion: '01JPROMOTION', environment: 'production', severity: 'critical', title: notice.title },
    });
    const sentAt = Number(headers['webhook-timestamp']);
    expect(headers['webhook-signature']).toBe(new Webhook(secret).sign('01JPROMOTION_42', new Date(sentAt * 1000), body));
    expect(() => new Webhook(secondSecret).verify(body, headers as Record<string, string>)).toThrow();
    expect(() => new Webhook(secret).verify(body.replace('rolled_back', 'completed'), headers as Record<string, string>)).toThrow();
  });

  it('is signed with every secret while one is being replaced', async () => {
    const { url, received } = await answering(200)();
    (await webhook({ url, secret: [secret, secondSecret] }).notify(notice, { signal }))._unsafeUnwrap();
    const [{ headers, body }] = received as [(typeof received)[0]];
    for (const one of [secret, secondSecret]) new Webhook(one).verify(body, headers as Record<string, string>);
    expect(headers['webhook-signature']?.toString().split(' ')).toHaveLength(2);
  });

  it('keeps id and body over resends, and is signed anew each time', async () => {
    const { url, received } = await answering(503, 503, 204)();
    let now = Date.UTC(2026, 0, 1);
    const { clock } = hurried();
    const later = { ...clock, now: () => (now += 7000) };
    (await webhook({ url, secret, clock: later }).notify(notice, { signal }))._unsafeUnwrap();
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(['01JPROMOTION_42']));
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(new Set(received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
    for (const { headers, body } of received) {
      expect(headers['webhook-signature']).toBe(new Webhook(secret).sign('01JPROMOTION_42', new Date(Number(headers['webhook-timestamp']) * 1000), body));
    }
  });

  it('carries the configured headers and the login of the URL', async () => {
    const { url, received } = await answering(200)();
    (await webhook({ url: url.replace('//', '//me:s%20cret@'), secret, headers: { 'X-Team': 'blue' } }).notify(notice, { signal }))._unsafeUnwrap();
    expect(received[0]?.headers).toMatchObject({ 'x-team': 'blue', authorization: `Basic ${Buffer.from('me:s cret').toString('base64')}` });
  });

  it('is sent only where it is wanted', async () => {
    const { url, received } = await answering(200)();
    for (const events of [['promotion.completed'] as const, ({ severity }: Notice) => severity === 'info']) {
      const some = webhook({ url, secret, events });
      (await some.notify(notice, { signal }))._unsafeUnwrap();
      expect(received).toHaveLength(0);
    }
    for (const events of [['promotion.rollback_ended'] as const, () => true]) (await webhook({ url, secret, events }).notify(notice, { signal }))._unsafeUnwrap();
    expect(received).toHaveLength(2);
  });
});

describe('a receiver that does not take it', () => {
  it.each([408, 425, 429, 500, 502, 503, 504])('%i is tried three times in all', async (status) => {
    const { url, received } = await answering(status)();
    const error = await errorOf({ url });
    expect(error).toMatchObject({ code: 'notification_failed', status, retryable: true, evidence: 'said something [31m' });
    expect(received).toHaveLength(3);
  });

  it.each([400, 401, 403, 404, 410, 413])('%i is final', async (status) => {
    const { url, received } = await answering(status)();
    expect(await errorOf({ url })).toMatchObject({ code: 'notification_failed', status, retryable: false });
    expect(received).toHaveLength(1);
  });

  it.each([301, 302, 307, 308])('%i is a failure and is not followed', async (status) => {
    const elsewhere = await receiver((response) => response.end());
    const { url, received } = await answering(status)({ location: elsewhere.url });
    const error = await errorOf({ url });
    await elsewhere.close();
    expect(error).toMatchObject({ status, retryable: false, message: expect.stringContaining('not followed') as string });
    expect(received).toHaveLength(1);
    expect(elsewhere.received).toHaveLength(0);
  });

  it('410 means that nothing more is sent there', async () => {
    const { url, received } = await answering(410)();
    const gone = webhook({ url, secret });
    for (let n = 0; n < 3; n += 1) expect((await gone.notify(notice, { signal }))._unsafeUnwrapErr().status).toBe(410);
    expect(received).toHaveLength(1);
  });

  it.each([
    ['7', undefined, 7000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 'Thu, 01 Jan 2026 00:00:10 GMT', 20_000],
    ['3600', undefined, 60_000],
  ])('says how long to wait: Retry-After %s', async (retryAfter, date, expected) => {
    const { url } = await answering(429, 200)({ 'retry-after': retryAfter, ...(date === undefined ? {} : { date }) });
    const { slept, clock } = hurried();
    const retries: unknown[] = [];
    (await webhook({ url, secret, clock }).notify(notice, { signal, progress: (progress) => retries.push(progress) }))._unsafeUnwrap();
    expect(slept).toEqual([expected]);
    expect(retries).toEqual([expect.objectContaining({ type: 'request.retry', host: new URL(url).host, waitMs: expected, attempt: 1, of: 3 })]);
  });

  it('is not there at all: tried three times', async () => {
    const { url, close } = await receiver((response) => response.end());
    await close();
    const { slept, clock } = hurried();
    expect(await errorOf({ url, clock })).toMatchObject({ code: 'notification_failed', retryable: true, cause: { code: 'ECONNREFUSED' } });
    expect(slept).toHaveLength(2);
  });

  it('does not answer within 15 s', async () => {
    remote = await receiver(() => undefined);
    const clock = manualClock();
    const ended = webhook({ url: remote.url, secret, attempts: 1, clock }).notify(notice, { signal });
    while (remote.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.advance(15_000);
    expect((await ended)._unsafeUnwrapErr()).toMatchObject({ code: 'notification_failed', retryable: true, message: expect.stringContaining('15000 ms') as string });
  });

  it('is left alone at once when the process is asked to stop', async () => {
    remote = await receiver(() => undefined);
    const stop = new AbortController();
    const ended = webhook({ url: remote.url, secret }).notify(notice, { signal: stop.signal });
    while (remote.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort();
    expect((await ended)._unsafeUnwrapErr().code).toBe('interrupted');
    expect(remote.received).toHaveLength(1);
    expect((await webhook({ url: remote.url, secret }).notify(notice, { signal: AbortSignal.abort() }))._unsafeUnwrapErr().code).toBe('interrupted');
  });
});

describe('secrets', () => {
  it('are all named, the URL and its parts too', () => {
    const secrets = webhook({
      url: 'https://me:planted-password@hooks.example.com/services/T000/planted-path-token?sig=planted-signature',
      secret: [secret, secondSecret],
      headers: { 'x-api-key': 'planted-key', 'x-team': 'ordinary-team' },
    }).secrets();
    for (const planted of [secret, secret.slice(6), secondSecret, 'planted-password', 'planted-path-token', 'planted-signature', 'planted-key']) expect(secrets).toContain(planted);
    for (const word of ['services', 'ordinary-team', 'hooks.example.com', '']) expect(secrets).not.toContain(word);
  });

  it('appear in no error', async () => {
    const { url } = await answering(500)();
    const error = await errorOf({ url: `${url.replace('//', '//me:planted-password@')}/services/planted-path-token?sig=planted-signature`, headers: { 'x-api-key': 'planted-key' } });
    expect(JSON.stringify(error)).not.toMatch(/planted/);
    expect(error.message).toContain(new URL(url).host);
  });
});

describe('options', () => {
  const good = { url: 'https://hooks.example.com/planted', secret };
  it.each<[string, Partial<Record<keyof WebhookOptions, unknown>>, string]>([
    ['no URL', { url: 'hooks.example.com/planted' }, 'url'],
    ['another protocol', { url: 'ftp://hooks.example.com/planted' }, 'url'],
    ['plain HTTP to another machine', { url: 'http://hooks.example.com/planted' }, 'url'],
    ['a broken login', { url: 'https://%zz@hooks.example.com/planted' }, 'url'],
    ['no secret', { secret: undefined }, 'secret'],
    ['an empty list of secrets', { secret: [] }, 'secret'],
    ['a secret without its prefix', { secret: secret.slice(6) }, 'secret'],
    ['a short secret', { secret: `whsec_${Buffer.from('planted').toString('base64')}` }, 'secret'],
    ['a secret that is not base64', { secret: `${secret}!planted` }, 'secret'],
    ['one wrong secret of two', { secret: [secret, 'planted'] }, 'secret[1]'],
    ['a header of ours', { headers: { 'Webhook-Id': 'planted' } }, 'headers.Webhook-Id'],
    ['a header that is none', { headers: { 'a b': 'planted' } }, 'headers'],
    ['no time', { timeoutMs: 0 }, 'timeoutMs'],
    ['no attempt', { attempts: 0 }, 'attempts'],
    ['a text instead of a list of events', { events: 'planted' }, 'events'],
    ['an option that there is not', { timeout: 5 } as object, 'timeout'],
  ])('are checked at once, without repeating them: %s', (_, wrong, field) => {
    let thrown: unknown;
    try {
      webhook({ ...good, ...wrong } as WebhookOptions);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigurationError);
    expect(thrown).toMatchObject({ code: 'configuration_invalid', field });
    expect(String(thrown)).not.toMatch(/planted/);
  });

  it('permit plain HTTP to this machine, and elsewhere where it is asked for', () => {
    for (const url of ['http://127.0.0.1:1/', 'http://localhost/', 'http://[::1]:1/']) expect(webhook({ url, secret }).name).toBe(`webhook:${new URL(url).host}`);
    expect(webhook({ url: 'http://hooks.internal/', secret, allowHttp: true, name: 'ops' }).name).toBe('ops');
  });
});
