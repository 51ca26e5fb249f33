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

  /** A registry of one list, with the API or with the tag; `first` is answered instead to the first question for it. */
  const listing = async (by: 'API' | 'tag', list: string, first: { readonly status?: number; readonly type?: string; readonly body: string } = { body: list }) => {
    let asked = 0;
    return fakeServer(({ url, answer }) => {
      const isList = url.pathname.includes('/referrers/') === (by === 'API');
      if (isList) asked += 1;
      const { status = 200, type = mediaTypes.ociIndex, body } = isList ? (asked === 1 ? first : { body: list }) : { status: 404, body: '' };
      answer(status, { 'content-type': type }, body);
    });
  };
  const ask = (server: { readonly host: string }, target = adapter()) => target.listReferrers({ registry: server.host, repository: 'a', digest: someDigest }, call());
  const digests = async (server: { readonly host: string }, target = adapter()) => (await valueOf(ask(server, target))).map(({ digest }) => digest);

  describe.each(['API', 'tag'] as const)('reads the list by the %s entry by entry', (by) => {
    it('and keeps what has a digest, whatever else is said of it', async () => {
      const server = await listing(by, index(entry('a', ''), { digest: digestOf('b') }, entry('c')));
      expect(await digests(server)).toEqual([digestOf('a'), digestOf('b'), digestOf('c')]);
    });

    it('and names an entry by an algorithm that cannot be verified, instead of passing it over', async () => {
      const error = await errorOf(ask(await listing(by, index(entry('a'), { ...entry('b'), digest: 'blake3:abc' }))));
      expect(error).toMatchObject({ code: 'manifest_unsupported', retryable: false, digest: someDigest });
      expect(error.message).toContain(`cannot list what refers to ${someDigest}: the list has an entry that cannot be read: manifests[1].digest is by an algorithm other than sha256 and sha512: "blake3:abc"`);
    });

    it('and asks again where an entry names no digest', async () => {
      const damaged = { body: index(entry('a'), { ...entry('b'), digest: 'sha256:abc' }) };
      expect(await digests(await listing(by, index(entry('a'), entry('b')), damaged))).toEqual([digestOf('a'), digestOf('b')]);
      expect(await errorOf(ask(await listing(by, damaged.body)))).toMatchObject({ code: 'registry_protocol', retryable: true });
    });

    it('and asks again where what is called an index is none', async () => {
      const list = index(entry('a'));
      for (const body of [list.replace('"manifests"', '"manifestr"'), list.slice(0, -1), list.replace('{', '['), '', 'null', '{}']) {
        const server = await listing(by, list, { body });
        const target = adapter();
        for (const _ of [1, 2]) expect(await digests(server, target)).toEqual([digestOf('a')]);
        expect(await errorOf(ask(await listing(by, body)))).toMatchObject({ code: 'registry_protocol', retryable: true });
      }
    });

    it('and takes null for an empty list, this once', async () => {
      const server = await listing(by, index(entry('a')), { body: JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: null }) });
      const target = adapter();
      expect(await digests(server, target)).toEqual([]);
      expect(await digests(server, target)).toEqual([digestOf('a')]);
    });
  });

  it('reads an index whatever it is called', async () => {
    expect(await digests(await listing('API', '', { type: 'application/json; charset=utf-8', body: index(entry('a')) }))).toEqual([digestOf('a')]);
  });

  it.each(['NAME_UNKNOWN', 'MANIFEST_UNKNOWN'])('is empty where the registry answers %s, and asks the API again the next time', async (code) => {
    const server = await listing('API', index(entry('a')), { status: 404, type: 'application/json', body: JSON.stringify({ errors: [{ code }] }) });
    const target = adapter();
    expect(await digests(server, target)).toEqual([]);
    expect(await digests(server, target)).toEqual([digestOf('a')]);
  });

  it('reads the fallback tag where a registry without the API answers NAME_UNKNOWN for it', async () => {
    const server = await fakeServer(({ url, answer }) => (url.pathname.includes('/referrers/') ? answer(404, {}, JSON.stringify({ errors: [{ code: 'NAME_UNKNOWN' }] })) : answer(200, { 'content-type': mediaTypes.ociIndex }, index(entry('a')))));
    expect(await digests(server)).toEqual([digestOf('a')]);
  });

  it('asks a registry without the API for it once', async () => {
    const server = await listing('tag', index(entry('a')));
    const target = adapter();
    for (const _ of [1, 2]) expect(await digests(server, target)).toEqual([digestOf('a')]);
    expect(server.requests.filter((line) => line.includes('/referrers/'))).toHaveLength(1);
  });

  it('never takes a failure for an empty list', async () => {
    const server = await fakeServer(({ answer }) => answer(503));
    expect((await errorOf(adapter().listReferrers({ registry: server.host, repository: 'a', digest: someDigest }, call()))).code).toBe('registry_unavailable');
  });

  it.each(['a|b', '{"after":"x"}', 'a b'])('reads the next page, also where its address is not encoded as it should be: %s', async (cursor) => {
    const server = await fakeServer(({ url, answer }) => {
      const isFirst = url.search === '';
      answer(200, { 'content-type': mediaTypes.ociIndex, ...(isFirst ? { link: `<${url.pathname}?cursor=${cursor}>; rel="next"` } : {}) }, index(entry(isFirst ? 'a' : decodeURIComponent(url.search))));
    });
    expect(await digests(server)).toEqual([digestOf('a'), digestOf(`?cursor=${cursor}`)]);
  });

  it('gives an error where it cannot be read whether there is a next page', async () => {
    const server = await fakeServer(({ answer }) => answer(200, { 'content-type': mediaTypes.ociIndex, link: '<rubbish' }, index(entry('a'))));
    const error = await errorOf(ask(server));
    expect(error).toMatchObject({ code: 'registry_protocol', retryable: false });
    expect(error.message).toContain('the Link header of the list cannot be read');
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
