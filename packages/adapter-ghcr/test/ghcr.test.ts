/** GitHub's ways, each by its name, against a registry that was made to behave so. */
import { randomBytes } from 'node:crypto';
import { ConfigurationError, digestOf, mediaTypes, okAsync, type Call, type RegistryError, type Result } from '@davit/core';
import { manualClock } from '@davit/core/testing';
import { ghcrRateLimit, githubSecondaryLimit, pushImage, type RegistryServer } from '@davit/registry-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ghcr, type Ghcr, type GhcrOptions } from '../src/index.js';
import { pusher, reader, startGhcrLike, writer } from './ghcr-like.js';

let server: RegistryServer;
const open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  server = await startGhcrLike();
});

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await server.close();
});

function adapter(options: GhcrOptions = {}) {
  const made = ghcr({ baseUrl: server.url, apiUrl: server.url, dockerConfig: false, environment: {}, retry: { minDelayMs: 1, maxDelayMs: 5 }, ...options });
  open.push(made);
  return made;
}

const call = (): Call => ({ signal: new AbortController().signal });
const app = { registry: 'ghcr.io', repository: 'octocat/app' };
const production = { registry: 'ghcr.io', repository: 'octocat/app-production' };
const image = (repository = app.repository, tag = '1.0') => pushImage(server, { repository, tag, labels: { tag } });
const tokens = (): string[] => server.requests.matching({ path: /^\/token/ }).map(({ query }) => new URLSearchParams(query).getAll('scope').join(' '));

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
    for (const options of [{}, { token: reader.password, username: 'reader' }]) expect((await valueOf(adapter(options).resolve({ ...app, tag: '1.0' }, call()))).digest).toBe(digest);
  });

  it('is registry_denied when writing, says which right may be missing, and is not tried again', async () => {
    const { built } = await image();
    const error = await errorOf(adapter({ token: reader.password, username: 'reader' }).tag(app, '2.0', built.root, call()));
    expect(error).toMatchObject({ code: 'registry_denied', retryable: false, registry: 'ghcr.io', repository: 'octocat/app' });
    expect(error.message).toContain('write:packages');
    expect(tokens()).toHaveLength(1);
  });
});

describe('a rate limit whose wait stands in the message', () => {
  it('is waited for in its own units', async () => {
    const { config } = await image();
    const clock = manualClock({ auto: true });
    server.faults.add({ when: { method: 'GET', path: /blobs/ }, then: ghcrRateLimit('10.3ms') });
    await valueOf(adapter({ token: writer.password, clock }).readBlob({ ...app, digest: config }, 0, call()));
    expect(clock.slept).toEqual([11]);
  });

  it('is a limit like any other where the message names no wait', async () => {
    const { config } = await image();
    server.faults.add({ when: { method: 'GET', path: /blobs/ }, then: { status: 429, headers: { 'retry-after': '0' }, body: 'slow down' } });
    await valueOf(adapter({ token: writer.password }).readBlob({ ...app, digest: config }, 0, call()));
  });
});

describe('a 403 that is a secondary rate limit', () => {
  it('is tried again after a minute, or after what Retry-After says', async () => {
    const { config } = await image();
    const clock = manualClock({ auto: true });
    server.faults.add({ when: { method: 'GET', path: /blobs/ }, then: githubSecondaryLimit() });
    await valueOf(adapter({ token: writer.password, clock }).readBlob({ ...app, digest: config }, 0, call()));
    server.faults.add({ when: { method: 'GET', path: /blobs/ }, then: githubSecondaryLimit('7') });
    await valueOf(adapter({ token: writer.password, clock }).readBlob({ ...app, digest: config }, 0, call()));
    expect(clock.slept).toEqual([60_000, 7000]);
  });

  it('is known as one also in the answer to a HEAD, which has no words', async () => {
    const { config, built } = await image();
    const clock = manualClock({ auto: true });
    const target = adapter({ token: writer.password, clock });
    await valueOf(target.resolve({ ...app, tag: '1.0' }, call()));
    server.faults.add({ when: { method: 'HEAD', path: /blobs/ }, then: githubSecondaryLimit('7') });
    expect(await valueOf(target.statBlob({ ...app, digest: config }, call()))).toBe(built.manifests[0]?.config.size);
    expect(clock.slept).toEqual([7000]);
  });

  it('is registry_rate_limited, and retryable, where it lasts', async () => {
    const { config } = await image();
    server.faults.add({ when: { method: 'GET', path: /blobs/, times: 9 }, then: githubSecondaryLimit() });
    expect(await errorOf(adapter({ token: writer.password, retry: { attempts: 1 } }).readBlob({ ...app, digest: config }, 0, call()))).toMatchObject({ code: 'registry_rate_limited', retryable: true, retryAfterMs: 60_000, status: 403 });
  });
});

describe('a rate limit of GitHub', () => {
  it.each([['429', ghcrRateLimit('8s'), 8000], ['403', githubSecondaryLimit(), 60_000]] as const)('with status %s holds back everything that goes to GHCR, and says why', async (_, limit, waitMs) => {
    const { config, digest } = await image();
    const clock = manualClock();
    const seen: unknown[] = [];
    const target = adapter({ token: writer.password, clock });
    await valueOf(target.resolve({ ...app, tag: '1.0' }, call()));
    server.faults.add({ when: { method: 'GET', path: /blobs/ }, then: limit });
    const told = valueOf(target.readBlob({ ...app, digest: config }, 0, { ...call(), progress: (progress) => void seen.push(progress) }));
    while (clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve));
    const before = server.requests.count();
    const other = valueOf(target.readManifest({ ...app, digest }, call()));
    await clock.advance(waitMs - 1);
    expect(server.requests.count()).toBe(before);
    await clock.advance(1);
    await Promise.all([told, other]);
    expect(seen).toEqual([{ type: 'request.retry', host: 'ghcr.io', reason: expect.stringMatching(/rate limit|retry-after/) as string, waitMs, attempt: 1, of: 5 }]);
  });
});

describe('a mount from a repository that the token may not read', () => {
  it('is refused with the whole token, and is no error: the blob can be uploaded', async () => {
    const { config } = await image('acme/team/app');
    expect(await valueOf(adapter({ token: pusher.password }).mountBlob({ ...production, digest: config }, { registry: 'ghcr.io', repository: 'acme/team/app' }, call()))).toBe(false);
    expect(tokens()).toEqual(['repository:acme/team/app:pull repository:octocat/app-production:pull,push']);
  });
});

describe('blobs on another host', () => {
  it('are read there without the login, which that host refuses', async () => {
    const { config, built } = await image(production.repository);
    const { body } = await valueOf(adapter({ token: writer.password }).readBlob({ ...production, digest: config }, 0, call()));
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    expect(digestOf(Buffer.concat(pieces))).toBe(built.manifests[0]?.config.digest);
    expect(server.requests.matching({ path: /^\/storage/ }).map(({ authorization }) => authorization)).toEqual(['none']);
  });
});

describe('a private package', () => {
  it('is not read anonymously, also where a token is in the environment and the option is false', async () => {
    await image(production.repository);
    await image();
    const anonymous = adapter({ token: false, environment: { GITHUB_TOKEN: writer.password } });
    expect((await errorOf(anonymous.resolve({ ...production, tag: '1.0' }, call()))).code).toBe('registry_denied');
    expect((await valueOf(anonymous.resolve({ ...app, tag: '1.0' }, call()))).size).toBeGreaterThan(0);
    expect(anonymous.secrets()).not.toContain(writer.password);
    expect(adapter({ environment: { GITHUB_TOKEN: writer.password } }).secrets()).toEqual([writer.password]);
  });
});

describe('visibility', () => {
  it('is read from GitHub, of users and of organisations', async () => {
    await image();
    await image('acme/team/app');
    await image(production.repository);
    const target = adapter({ token: reader.password });
    expect(await valueOf(target.visibility(app, call()))).toBe('public');
    expect(await valueOf(target.visibility(production, call()))).toBe('private');
    expect(await valueOf(target.visibility({ registry: 'ghcr.io', repository: 'acme/team/app' }, call()))).toBe('internal');
    expect(server.requests.matching({ path: /packages/ }).every(({ authorization }) => authorization === 'bearer')).toBe(true);
  });

  it('of a package that is not there, or without a token, is a clear error', async () => {
    expect(await errorOf(adapter({ token: reader.password }).visibility(app, call()))).toMatchObject({ code: 'manifest_not_found', retryable: false, status: 404 });
    const error = await errorOf(adapter().visibility(app, call()));
    expect(error.code).toBe('registry_unauthorized');
    expect(error.message).toContain('wants a token');
    expect((await errorOf(adapter({ token: 'planted-secret' }).visibility(app, call()))).code).toBe('registry_unauthorized');
  });

  it('comes through a fault that passes, and stops at once', async () => {
    await image();
    const target = adapter({ token: reader.password });
    for (const then of [{ status: 503 }, { reset: true as const }, { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '0' }, body: '{"message":"API rate limit exceeded"}' }, githubSecondaryLimit('0')]) {
      server.faults.add({ when: { path: /packages/ }, then });
      expect(await valueOf(target.visibility(app, call()))).toBe('public');
    }
    const stopped = AbortSignal.abort();
    expect((await errorOf(target.visibility(app, { signal: stopped }))).code).toBe('interrupted');
  });

  it('can be stopped while the token is waited for, as deleting can', async () => {
    for (const ask of [(target: Ghcr, stopping: Call) => errorOf(target.visibility(app, stopping)), (target: Ghcr, stopping: Call) => errorOf(target.deleteVersion({ ...app, digest: digestOf('x') }, stopping))]) {
      const stop = new AbortController();
      const target = adapter({ token: () => (stop.abort(), new Promise<string>(() => undefined)) });
      expect(await ask(target, { signal: stop.signal })).toMatchObject({ code: 'interrupted', retryable: false });
    }
    expect(server.requests.count()).toBe(0);
  });

  it('ends when the adapter is closed, also while GitHub is waited for, and says so', async () => {
    const clock = manualClock();
    const target = adapter({ token: reader.password, clock });
    server.faults.add({ when: { path: /packages/ }, then: githubSecondaryLimit('60') });
    const waiting = errorOf(target.visibility(app, call()));
    while (clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve));
    await target.close();
    for (const error of [await waiting, await errorOf(target.visibility(app, call()))]) expect(error.message).toContain('the adapter ghcr was closed; make another one');
    expect(server.requests.count()).toBe(1);
  });

  it('says why the token cannot be had, and asks nobody', async () => {
    const error = await errorOf(adapter({ token: () => Promise.reject(new Error('the vault is sealed')) }).visibility(app, call()));
    expect(error.code).toBe('registry_unauthorized');
    expect(error.message).toContain('the vault is sealed');
    expect(server.requests.count()).toBe(0);
  });

  it('that GitHub answers otherwise than documented is registry_protocol', async () => {
    await image();
    for (const body of ['<html>', '{}', '{"visibility":"some"}']) {
      server.faults.add({ when: { path: /packages/ }, then: { status: 200, body } });
      expect((await errorOf(adapter({ token: reader.password }).visibility(app, call()))).code).toBe('registry_protocol');
    }
  });
});

describe('deleting', () => {
  it('a version takes its tags along, and leaves every other version', async () => {
    const [old, other] = [await image(app.repository, 'old'), await image(app.repository, 'new')];
    const target = adapter({ token: writer.password });
    expect(await valueOf(target.deleteVersion({ ...app, digest: old.digest }, call()))).toBe(true);
    expect((await errorOf(target.resolve({ ...app, tag: 'old' }, call()))).code).toBe('manifest_not_found');
    expect((await valueOf(target.resolve({ ...app, tag: 'new' }, call()))).digest).toBe(other.digest);
    expect(await valueOf(target.deleteVersion({ ...app, digest: old.digest }, call()))).toBe(false);
  });

  it('waits while GitHub asks for patience, as everything else does', async () => {
    const old = await image(app.repository, 'old');
    await image(app.repository, 'new');
    const clock = manualClock();
    const target = adapter({ token: writer.password, clock });
    let answer: () => void = () => undefined;
    server.faults.add({ when: { path: /versions/ }, then: { holdBackUntil: new Promise<void>((resolve) => (answer = resolve)), afterBytes: 0 } });
    const deleted = valueOf(target.deleteVersion({ ...app, digest: old.digest }, call()));
    while (server.requests.count({ path: /versions/ }) === 0) await new Promise((resolve) => setImmediate(resolve));
    server.faults.add({ when: { path: /packages\/container\/app-production$/ }, then: githubSecondaryLimit('8') });
    const told = errorOf(target.visibility(production, call()));
    while (clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve));
    answer();
    while (clock.sleeping === 1) await new Promise((resolve) => setImmediate(resolve));
    expect(server.requests.count({ method: 'DELETE' })).toBe(0);
    await clock.advance(8000);
    expect(await deleted).toBe(true);
    await told;
  });

  it('gives an error where the end of the list cannot be read, rather than that there is no such version', async () => {
    await image();
    server.faults.add({ when: { path: /versions/ }, then: { sayInstead: { link: '<rubbish' } } });
    const error = await errorOf(adapter({ token: writer.password }).deleteVersion({ ...app, digest: digestOf('another') }, call()));
    expect(error).toMatchObject({ code: 'registry_protocol', retryable: false });
  });

  it('finds a version on a later page of the list', async () => {
    const first = await image(app.repository, 'v-0');
    const images = [first];
    for (let n = 1; n < 130; n += 1) images.push(await image(app.repository, `v-${String(n)}`));
    const wanted = images.at(-1)?.digest ?? first.digest;
    expect(await valueOf(adapter({ token: writer.password }).deleteVersion({ ...app, digest: wanted }, call()))).toBe(true);
    expect(server.requests.count({ method: 'GET', path: /versions/ })).toBe(2);
  });

  it('for the sake of one tag is refused where the version carries another one too', async () => {
    const { digest, built } = await image(app.repository, 'one');
    await image(app.repository, 'other');
    const target = adapter({ token: writer.password });
    await valueOf(target.tag(app, 'two', built.root, call()));
    const error = await errorOf(target.deleteVersion({ ...app, digest, tag: 'one' }, call()));
    expect(error).toMatchObject({ code: 'registry_refused', tag: 'one', digest });
    expect(error.message).toContain('it carries the tags one, two');
    expect(await valueOf(target.resolve({ ...app, tag: 'one' }, call()))).toMatchObject({ digest });
    await valueOf(target.tag(app, 'two', (await image(app.repository, 'third')).built.root, call()));
    expect(await valueOf(target.deleteVersion({ ...app, digest, tag: 'one' }, call()))).toBe(true);
  });

  it('the last version that has a tag is refused in GitHub\'s words, and is not tried again', async () => {
    const { digest } = await image();
    const error = await errorOf(adapter({ token: writer.password }).deleteVersion({ ...app, digest }, call()));
    expect(error).toMatchObject({ code: 'registry_refused', retryable: false, status: 400 });
    expect(error.message).toContain('You must delete the package instead');
    expect(server.requests.count({ method: 'DELETE' })).toBe(1);
  });

  it('without the right is registry_denied and says which right may be missing', async () => {
    const { digest } = await image();
    await image(app.repository, 'other');
    const error = await errorOf(adapter({ token: pusher.password }).deleteVersion({ ...app, digest }, call()));
    expect(error).toMatchObject({ code: 'registry_denied', retryable: false });
    expect(error.message).toContain('delete:packages');
  });

  it('whose answer was lost is done all the same', async () => {
    const { digest } = await image();
    await image(app.repository, 'other');
    server.faults.add({ when: { method: 'DELETE' }, then: { loseAnswer: true } });
    expect(await valueOf(adapter({ token: writer.password }).deleteVersion({ ...app, digest }, call()))).toBe(true);
    expect(server.requests.count({ method: 'DELETE' })).toBe(2);
  });
});

describe('the missing referrers API', () => {
  it('is not asked: the fallback tag is read at once', async () => {
    const { digest, size, mediaType } = await image();
    const list = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [{ mediaType, digest, size, artifactType: 'application/vnd.test' }] }));
    const { digest: stored } = await server.store.putManifest(app.repository, list, { mediaType: mediaTypes.ociIndex });
    await server.store.tag(app.repository, digest.replace(':', '-'), stored);
    expect(await valueOf(adapter().listReferrers({ ...app, digest }, call()))).toHaveLength(1);
    expect(server.requests.count({ path: /\/referrers\// })).toBe(0);
  });
});

describe('the limit of 4 MiB for a chunk', () => {
  it('is not met: a layer of any size goes in one PUT without Content-Range', async () => {
    const layer = randomBytes(5 * 1024 * 1024);
    await valueOf(adapter({ token: writer.password }).writeBlob({ ...production, digest: digestOf(layer) }, contentOf(layer), call()));
    expect(await valueOf(adapter({ token: writer.password }).statBlob({ ...production, digest: digestOf(layer) }, call()))).toBe(layer.length);
    expect(server.requests.count({ method: 'PATCH' })).toBe(0);
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

  it('comes from variables with a prefix, for the path that they name, before GITHUB_TOKEN and after the options', async () => {
    const environment = { HUB: 'ghcr.io/octocat', HUB_USERNAME: 'ann', HUB_PASSWORD: 'secret', GITHUB_TOKEN: 'b' };
    const others = { registry: 'ghcr.io', repository: 'octocats/app' };
    const target = adapter({ environment, environmentPrefix: 'HUB' });
    expect(target.secrets()).toEqual(['b', 'secret']);
    expect(await valueOf(target.pullCredentials(app, call()))).toEqual({ registry: 'ghcr.io', username: 'ann', password: 'secret' });
    expect(await valueOf(target.pullCredentials(others, call()))).toMatchObject({ username: 'x-access-token', password: 'b' });
    expect(await pull({ environment, environmentPrefix: 'HUB', token: 'a' })).toMatchObject({ password: 'a' });
    expect(await pull({ environment, environmentPrefix: 'HUB', token: false })).toBeNull();
    for (const none of [{}, { environmentPrefix: false as const }]) expect(await pull({ environment, ...none })).toMatchObject({ password: 'b' });
  });

  it('takes the token of such variables for a token of GitHub, and half a login for a mistake', async () => {
    expect(await pull({ environment: { HUB: 'ghcr.io', HUB_TOKEN: 't', GITHUB_ACTOR: 'actor' }, environmentPrefix: 'HUB' })).toEqual({ registry: 'ghcr.io', username: 'actor', password: 't' });
    expect(() => adapter({ environment: { HUB: 'ghcr.io', HUB_USERNAME: 'ann' }, environmentPrefix: 'HUB' })).toThrow('ghcr: HUB_PASSWORD is missing');
  });

  it.each<[string, GhcrOptions]>([
    ['in code', { token: ' ghp_writer\n' }],
    ['of a function', { token: () => Promise.resolve('ghp_writer\r\n') }],
    ['in GITHUB_TOKEN', { environment: { GITHUB_TOKEN: 'ghp_writer\n' } }],
    ['in a variable with a prefix', { environmentPrefix: 'HUB', environment: { HUB: 'ghcr.io', HUB_TOKEN: 'ghp_writer\n' } }],
  ])('may end with the line end of a file that it was read from: %s', async (_, options) => {
    const target = adapter(options);
    expect(await valueOf(target.pullCredentials(app, call()))).toMatchObject({ password: 'ghp_writer' });
    expect(target.secrets()).toEqual(['ghp_writer']);
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
    for (const options of [{ token: 'github_pat_x' }, { environmentPrefix: 'HUB', environment: { HUB: 'ghcr.io', HUB_TOKEN: 'github_pat_x' } }]) {
      const error = await errorOf(adapter(options).tag(app, '2.0', built.root, call()));
      expect(error.message).toContain('no fine-grained tokens');
      expect(error.message).not.toContain('github_pat_x');
    }
  });

  it('never goes to another registry', async () => {
    const error = await errorOf(adapter({ token: writer.password }).resolve({ registry: 'docker.io', repository: 'library/nginx', tag: 'latest' }, call()));
    expect(error.code).toBe('reference_invalid');
    expect(error.message).toContain('ghcr.io');
    expect(server.requests.count()).toBe(0);
  });
});

describe('wrong options', () => {
  it.each<[unknown, string]>([
    [{ tokens: 'x' }, 'tokens'],
    [{ token: '' }, 'token'],
    [{ token: ' \n' }, 'token'],
    [{ token: 5 }, 'token'],
    [{ username: '' }, 'username'],
    [{ environmentPrefix: 'A-B' }, 'environmentPrefix'],
    [{ environmentPrefix: 5 }, 'environmentPrefix'],
    [{ baseUrl: 'ghcr.io' }, 'baseUrl'],
    [{ baseUrl: 'https://ghcr.io/v2' }, 'baseUrl'],
    [{ connections: 0 }, 'connections'],
    [{ apiUrl: 'api.github.com' }, 'apiUrl'],
    [{ token: true }, 'token'],
    [{ ca: 'no certificate' }, 'ca'],
    [{ plainHttp: true }, 'plainHttp'],
    [{ dockerConfig: true }, 'dockerConfig'],
    [{ environment: null }, 'environment'],
    [{ retry: { times: 1 } }, 'retry.times'],
    [{ retry: null }, 'retry'],
    [{ clock: {} }, 'clock'],
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
