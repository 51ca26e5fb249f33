/** GitHub's ways, each by its name, against a registry that was made to behave so. */
import { randomBytes } from 'node:crypto';
import { ConfigurationError, digestOf, mediaTypes, okAsync, type Call, type RegistryError, type Result } from '@davit/core';
import { manualClock } from '@davit/core/testing';
import { pushImage } from '@davit/registry-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ghcr, type GhcrOptions } from '../src/index.js';
import { startGhcrLike, writer, type GhcrLike } from './ghcr-like.js';

let server: GhcrLike;
const open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  server = await startGhcrLike();
});

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await server.close();
});

function adapter(options: GhcrOptions = {}) {
  const made = ghcr({ baseUrl: server.url, dockerConfig: false, environment: {}, retry: { minDelayMs: 1, maxDelayMs: 5 }, ...options });
  open.push(made);
  return made;
}

const call = (): Call => ({ signal: new AbortController().signal });
const app = { registry: 'ghcr.io', repository: 'octocat/app' };
const production = { registry: 'ghcr.io', repository: 'octocat/app-production' };
const image = (repository = app.repository) => pushImage(server.registry, { repository, tag: '1.0' });
const tokens = (): string[] => server.requests.filter((line) => line.includes('/token')).map((line) => new URL(line.split(' ')[1] ?? '', 'http://x').searchParams.getAll('scope').join(' '));

async function valueOf<T>(result: PromiseLike<Result<T, RegistryError>>): Promise<T> {
  const settled = await result;
  if (settled.isErr()) throw new Error(`${settled.error.code}: ${settled.error.message}`);
  return settled.value;
}

async function errorOf<T>(result: PromiseLike<Result<T, RegistryError>>): Promise<RegistryError> {
  const settled = await result;
  if (settled.isOk()) throw new Error('expected an error');
  return settled.error;
}

const contentOf = (bytes: Uint8Array) => ({
  descriptor: { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length },
  open: () =>
    okAsync({
      offset: 0,
      body: (async function* () {
        yield await Promise.resolve(bytes);
      })(),
    }),
});

describe('the placeholder scope of the challenge', () => {
  it('is not asked for: the scope names the repository that is read, and pull alone', async () => {
    const { digest } = await image();
    expect((await valueOf(adapter({ token: writer.password }).resolve({ ...app, tag: '1.0' }, call()))).digest).toBe(digest);
    expect(tokens()).toEqual(['repository:octocat/app:pull']);
  });

  it('names both repositories before a mount, pushing only to the one that is written', async () => {
    const { config } = await image();
    expect(await valueOf(adapter({ token: writer.password }).mountBlob({ ...production, digest: config }, app, call()))).toBe(true);
    expect(tokens()).toEqual(['repository:octocat/app-production:pull,push repository:octocat/app:pull']);
  });
});

describe('403 DENIED for pull,push where only pull is allowed', () => {
  it('does not keep anybody from reading, since reading asks for pull only', async () => {
    const { digest } = await image();
    for (const options of [{}, { token: 'ghp_reader', username: 'reader' }]) expect((await valueOf(adapter(options).resolve({ ...app, tag: '1.0' }, call()))).digest).toBe(digest);
  });

  it('is registry_denied when writing, says which right may be missing, and is not tried again', async () => {
    const { built } = await image();
    const error = await errorOf(adapter({ token: 'ghp_reader', username: 'reader' }).tag(app, '2.0', built.root, call()));
    expect(error).toMatchObject({ code: 'registry_denied', retryable: false, registry: 'ghcr.io', repository: 'octocat/app' });
    expect(error.message).toContain('write:packages');
    expect(tokens()).toHaveLength(1);
  });
});

describe('a rate limit whose wait stands in the message', () => {
  it('is waited for in its own units', async () => {
    const { config } = await image();
    const clock = manualClock({ auto: true });
    server.registry.faults.add({ when: { method: 'GET', path: /blobs/ }, then: { status: 429, body: JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS', message: 'retry-after: 10.3ms, allowed: 2000/minute' }] }) } });
    await valueOf(adapter({ token: writer.password, clock }).readBlob({ ...app, digest: config }, 0, call()));
    expect(clock.slept).toEqual([11]);
  });

  it('is a limit like any other where the message names no wait', async () => {
    const { config } = await image();
    server.registry.faults.add({ when: { method: 'GET', path: /blobs/ }, then: { status: 429, headers: { 'retry-after': '0' }, body: 'slow down' } });
    await valueOf(adapter({ token: writer.password }).readBlob({ ...app, digest: config }, 0, call()));
  });
});

describe('a 403 that is a secondary rate limit', () => {
  const limit = { status: 403, body: JSON.stringify({ message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' }) };

  it('is tried again after a minute, or after what Retry-After says', async () => {
    const { config } = await image();
    const clock = manualClock({ auto: true });
    server.registry.faults.add({ when: { method: 'GET', path: /blobs/ }, then: limit });
    await valueOf(adapter({ token: writer.password, clock }).readBlob({ ...app, digest: config }, 0, call()));
    server.registry.faults.add({ when: { method: 'GET', path: /blobs/ }, then: { ...limit, headers: { 'retry-after': '7' } } });
    await valueOf(adapter({ token: writer.password, clock }).readBlob({ ...app, digest: config }, 0, call()));
    expect(clock.slept).toEqual([60_000, 7000]);
  });

  it('is registry_rate_limited, and retryable, where it lasts', async () => {
    const { config } = await image();
    server.registry.faults.add({ when: { method: 'GET', path: /blobs/, times: 9 }, then: limit });
    expect(await errorOf(adapter({ token: writer.password, retry: { attempts: 1 } }).readBlob({ ...app, digest: config }, 0, call()))).toMatchObject({ code: 'registry_rate_limited', retryable: true, retryAfterMs: 60_000, status: 403 });
  });
});

describe('the missing referrers API', () => {
  it('is not asked: the fallback tag is read at once', async () => {
    const { digest, size, mediaType } = await image();
    const list = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [{ mediaType, digest, size, artifactType: 'application/vnd.test' }] }));
    const { digest: stored } = await server.registry.store.putManifest(app.repository, list, { mediaType: mediaTypes.ociIndex });
    await server.registry.store.tag(app.repository, digest.replace(':', '-'), stored);
    expect(await valueOf(adapter().listReferrers({ ...app, digest }, call()))).toHaveLength(1);
    expect(server.requests.filter((line) => line.includes('/referrers/'))).toEqual([]);
  });
});

describe('the limit of 4 MiB for a chunk', () => {
  it('is not met: a layer of any size goes in one PUT without Content-Range', async () => {
    const layer = randomBytes(5 * 1024 * 1024);
    await valueOf(adapter({ token: writer.password }).writeBlob({ ...production, digest: digestOf(layer) }, contentOf(layer), call()));
    expect(await valueOf(adapter({ token: writer.password }).statBlob({ ...production, digest: digestOf(layer) }, call()))).toBe(layer.length);
    expect(server.requests.filter((line) => line.startsWith('PATCH'))).toEqual([]);
  });
});

describe('a token without a lifetime', () => {
  it('is kept for a minute, less five seconds', async () => {
    await image();
    const clock = manualClock();
    const target = adapter({ token: writer.password, clock });
    for (const waitMs of [0, 54_000, 2000]) {
      await clock.advance(waitMs);
      await valueOf(target.resolve({ ...app, tag: '1.0' }, call()));
    }
    expect(tokens()).toHaveLength(2);
  });
});

describe('the login', () => {
  const pull = async (options: GhcrOptions) => valueOf(adapter(options).pullCredentials(app, call()));

  it('comes from the options, else from GITHUB_TOKEN or GH_TOKEN, with GITHUB_ACTOR or any name', async () => {
    expect(await pull({ token: 'a', username: 'me', environment: { GITHUB_TOKEN: 'b', GITHUB_ACTOR: 'actor' } })).toEqual({ registry: 'ghcr.io', username: 'me', password: 'a' });
    expect(await pull({ environment: { GITHUB_TOKEN: 'b', GH_TOKEN: 'c', GITHUB_ACTOR: 'actor' } })).toEqual({ registry: 'ghcr.io', username: 'actor', password: 'b' });
    expect(await pull({ environment: { GITHUB_TOKEN: '', GH_TOKEN: 'c' } })).toEqual({ registry: 'ghcr.io', username: 'x-access-token', password: 'c' });
    expect(await pull({})).toBeNull();
  });

  it('may be a function, asked again for a new token', async () => {
    let asked = 0;
    const target = adapter({ token: () => Promise.resolve(`ghs_${String(++asked)}`) });
    await valueOf(target.pullCredentials(app, call()));
    expect((await valueOf(target.pullCredentials(app, call())))?.password).toBe('ghs_2');
    expect(target.secrets()).toEqual(['ghs_1', 'ghs_2']);
  });

  it('with a fine-grained token fails with a word on why', async () => {
    const { built } = await image();
    const error = await errorOf(adapter({ token: 'github_pat_x' }).tag(app, '2.0', built.root, call()));
    expect(error.message).toContain('no fine-grained tokens');
    expect(error.message).not.toContain('github_pat_x');
  });

  it('never goes to another registry', async () => {
    const error = await errorOf(adapter({ token: writer.password }).resolve({ registry: 'docker.io', repository: 'library/nginx', tag: 'latest' }, call()));
    expect(error.code).toBe('reference_invalid');
    expect(error.message).toContain('ghcr.io');
    expect(server.requests).toEqual([]);
  });
});

describe('wrong options', () => {
  it.each<[unknown, string]>([
    [{ tokens: 'x' }, 'tokens'],
    [{ token: '' }, 'token'],
    [{ token: 5 }, 'token'],
    [{ username: '' }, 'username'],
    [{ baseUrl: 'ghcr.io' }, 'baseUrl'],
    [{ baseUrl: 'https://ghcr.io/v2' }, 'baseUrl'],
    [{ connections: 0 }, 'connections'],
  ])('%j throw a ConfigurationError that names %s', (options, field) => {
    const thrown = ((): unknown => {
      try {
        return ghcr(options as GhcrOptions);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(ConfigurationError);
    expect(thrown).toMatchObject({ field });
  });
});
