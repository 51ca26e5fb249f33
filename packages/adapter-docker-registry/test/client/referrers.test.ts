import { digestOf, mediaTypes } from '@davit/core';
import { pushImage, pushReferrer, startRegistryServer } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { fallbackTag } from '../../src/client/referrers.js';
import { adapter, call, closing, errorOf, fakeServer, manifestOf, someDigest, valueOf } from '../support.js';

const entry = (text: string, artifactType = 'application/vnd.test') => ({ mediaType: mediaTypes.ociManifest, digest: digestOf(text), size: text.length, artifactType });
const index = (...manifests: readonly unknown[]) => JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });

describe('listReferrers', () => {
  it('lists what the registry knows, over several pages', async () => {
    const server = closing(await startRegistryServer({ pageSize: 2 }));
    const image = await pushImage(server, { repository: 'team/app', tag: '1.0' });
    const pushed = [];
    for (let at = 0; at < 5; at += 1) pushed.push(await pushReferrer(server, { repository: 'team/app', subject: image, artifactType: 'application/vnd.test', payload: String(at) }));
    const found = await valueOf(adapter().listReferrers({ registry: server.host, repository: 'team/app', digest: image.digest }, call()));
    expect(found.map(({ digest }) => digest).sort()).toEqual(pushed.map(({ digest }) => digest).sort());
    expect(found[0]).toMatchObject({ artifactType: 'application/vnd.test', mediaType: mediaTypes.ociManifest });
    expect(server.requests.count({ method: 'GET' })).toBe(3);
  });

  it('is empty where there is none', async () => {
    for (const referrersApi of [true, false]) {
      const server = closing(await startRegistryServer({ referrersApi }));
      const image = await pushImage(server, { repository: 'team/app', tag: '1.0' });
      expect(await valueOf(adapter().listReferrers({ registry: server.host, repository: 'team/app', digest: image.digest }, call()))).toEqual([]);
    }
  });

  it('reads the fallback tag where the registry has no such API', async () => {
    const server = closing(await startRegistryServer({ referrersApi: false }));
    const image = await pushImage(server, { repository: 'team/app', tag: '1.0' });
    const listed = await server.store.putManifest('team/app', Buffer.from(index(entry('a'), entry('b'))), { mediaType: mediaTypes.ociIndex });
    await server.store.tag('team/app', fallbackTag(image.digest), listed.digest);
    const found = await valueOf(adapter().listReferrers({ registry: server.host, repository: 'team/app', digest: image.digest }, call()));
    expect(found.map(({ digest }) => digest)).toEqual([digestOf('a'), digestOf('b')]);
  });

  it('takes nothing but an index for a list: anybody may have used the tag', async () => {
    const server = await fakeServer(({ url, answer }) => (url.pathname.includes('/referrers/') ? answer(404) : answer(200, { 'content-type': mediaTypes.ociManifest }, manifestOf('x').bytes)));
    expect(await valueOf(adapter().listReferrers({ registry: server.host, repository: 'a', digest: someDigest }, call()))).toEqual([]);
  });

  it.each<[string, number, Readonly<Record<string, string>>, string]>([
    ['a redirect to another host', 303, { location: 'http://elsewhere.invalid/' }, ''],
    ['a web page', 200, { 'content-type': 'text/html' }, '<html>'],
    ['405', 405, {}, ''],
    ['400', 400, {}, ''],
  ])('takes %s for a registry without the API', async (_, status, headers, body) => {
    const server = await fakeServer(({ url, answer }) => (url.pathname.includes('/referrers/') ? answer(status, headers, body) : answer(200, { 'content-type': mediaTypes.ociIndex }, index(entry('a')))));
    expect(await valueOf(adapter().listReferrers({ registry: server.host, repository: 'a', digest: someDigest }, call()))).toHaveLength(1);
  });

  it('never takes a failure for an empty list', async () => {
    const server = await fakeServer(({ answer }) => answer(503));
    expect((await errorOf(adapter().listReferrers({ registry: server.host, repository: 'a', digest: someDigest }, call()))).code).toBe('registry_unavailable');
  });

  it('does not go round in circles, nor to another host for the next page', async () => {
    const circle = await fakeServer(({ request, answer }) => answer(200, { link: `<${request.url ?? ''}>; rel="next"` }, index(entry('a'))));
    expect((await errorOf(adapter().listReferrers({ registry: circle.host, repository: 'a', digest: someDigest }, call()))).message).toContain('more than 100 pages');
    const away = await fakeServer(({ answer }) => answer(200, { link: '<http://127.0.0.1:1/next>; rel="next"' }, index(entry('a'))));
    expect((await errorOf(adapter().listReferrers({ registry: away.host, repository: 'a', digest: someDigest }, call()))).code).toBe('registry_protocol');
  });
});

describe('fallbackTag', () => {
  it('is a tag for every kind of digest', () => {
    expect(fallbackTag(digestOf('x'))).toMatch(/^sha256-[a-f0-9]{64}$/);
    expect(fallbackTag(digestOf('x', 'sha512'))).toMatch(/^sha512-[a-f0-9]{64}$/);
  });
});
