/** The server with the ways of GHCR: each of them by its name, seen by a client that adds nothing. */
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { behaveLikeGhcr, ghcrRateLimit, githubSecondaryLimit, pushImage, type PushedImage, type RegistryServer } from '@davit/registry-server';
import { basic, codeOf, jsonOf, send, withQuery, type Reply } from '../client.js';
import { start } from '../running-server.js';

const users = [
  { name: 'octocat', password: 'writer' },
  { name: 'reader', password: 'reader', allow: [{ repository: '.*', actions: ['pull'] as const }] },
];

let server: RegistryServer;
let image: PushedImage;
beforeEach(async () => {
  server = await start(behaveLikeGhcr({ users, visibility: { 'octocat/open': 'public', 'acme/tool/web': 'internal' }, organizations: ['acme'] }));
  image = await pushImage(server, { repository: 'octocat/app', tag: '1.0' });
  await pushImage(server, { repository: 'octocat/open', tag: '1.0' });
});

const token = (query: string, password?: string): Promise<Reply> => send(server, 'GET', `/token?service=ghcr.io&${query}`, { headers: password === undefined ? {} : { authorization: basic('anybody', password) } });
const api = (method: string, path: string, password?: string): Promise<Reply> => send(server, method, path, { headers: { 'user-agent': 'test', ...(password === undefined ? {} : { authorization: `Bearer ${password}` }) } });
const withToken = async (scope: string, password: string): Promise<Record<string, string>> => ({ authorization: `Bearer ${String(jsonOf(await token(`scope=${scope}`, password))['token'])}` });

describe('logging in', () => {
  it('is asked for with the placeholder scope, whatever is wanted', async () => {
    for (const [method, path] of [['GET', '/v2/octocat/app/tags/list'], ['POST', '/v2/octocat/app/blobs/uploads/']] as const) {
      expect((await send(server, method, path)).headers['www-authenticate']).toBe(`Bearer realm="${server.url}/token",service="ghcr.io",scope="repository:user/image:pull"`);
    }
  });

  it('looks at the token alone, and answers with a token and nothing beside it', async () => {
    expect(Object.keys(jsonOf(await token('scope=repository:octocat/app:pull,push', 'writer')))).toEqual(['token']);
    expect((await token('scope=repository:octocat/app:pull', 'nobody')).status).toBe(401);
  });

  it('is refused with 403 DENIED to who asks for more than they may', async () => {
    const reply = await token('scope=repository:octocat/app:pull,push', 'reader');
    expect([reply.status, codeOf(reply)]).toEqual([403, 'DENIED']);
    expect((await token('scope=repository:octocat/app:pull', 'reader')).status).toBe(200);
  });

  it('is not needed to pull what is public, and is for everything else', async () => {
    expect((await token('scope=repository:octocat/open:pull')).status).toBe(200);
    expect((await token('scope=repository:octocat/app:pull')).status).toBe(403);
    expect((await token('scope=repository:octocat/open:pull,push')).status).toBe(403);
  });
});

describe('images', () => {
  it('have no referrers API: it leads to another host', async () => {
    const reply = await send(server, 'GET', `/v2/octocat/app/referrers/${image.digest}`, { headers: await withToken('repository:octocat/app:pull', 'writer') });
    expect(reply.status).toBe(303);
    expect(new URL(reply.headers.location ?? '').host).not.toBe(server.host);
    const body = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [], subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: image.digest, size: image.built.root.bytes.length } });
    const put = await send(server, 'PUT', '/v2/octocat/app/manifests/refers', { headers: { ...(await withToken('repository:octocat/app:pull,push', 'writer')), 'content-type': 'application/vnd.oci.image.index.v1+json' }, body });
    expect(put.status).toBe(201);
    expect(put.headers).not.toHaveProperty('oci-subject');
  });

  it('are not deleted by the registry', async () => {
    expect((await send(server, 'DELETE', `/v2/octocat/app/manifests/${image.digest}`, { headers: await withToken('repository:octocat/app:pull,push,delete', 'writer') })).status).toBe(405);
  });

  it('take chunks of 4 MiB and none larger, but a stream of any length', async () => {
    const headers = await withToken('repository:octocat/app:pull,push', 'writer');
    const begin = async (): Promise<string> => (await send(server, 'POST', '/v2/octocat/app/blobs/uploads/', { headers })).headers.location ?? '';
    const limit = 4 * 1024 * 1024;
    const chunk = (location: string, size: number): Promise<Reply> => send(server, 'PATCH', location, { headers: { ...headers, 'content-range': `0-${String(size - 1)}` }, body: Buffer.alloc(size) });
    expect((await chunk(await begin(), limit)).status).toBe(202);
    expect((await chunk(await begin(), limit + 1)).status).toBe(416);
    const whole = Buffer.alloc(limit + 1, 7);
    expect((await send(server, 'PUT', withQuery(await begin(), `digest=sha256:${createHash('sha256').update(whole).digest('hex')}`), { headers, body: whole })).status).toBe(201);
  });

  it('have their blobs on another host, which takes no login', async () => {
    const headers = await withToken('repository:octocat/app:pull', 'writer');
    const reply = await send(server, 'GET', `/v2/octocat/app/blobs/${image.config}`, { headers });
    const location = reply.headers.location ?? '';
    expect(reply.status).toBe(307);
    expect(new URL(location).host).not.toBe(server.host);
    expect((await send(server, 'GET', location)).body.length).toBe(image.built.manifests[0]?.config.size);
    expect((await send(server, 'GET', location, { headers })).status).toBe(400);
  });

  it('have rate limits that can be switched on', async () => {
    server.faults.add({ then: ghcrRateLimit('10.3ms') });
    expect((await send(server, 'GET', '/v2/')).body.toString()).toContain('retry-after: 10.3ms');
    server.faults.add({ then: githubSecondaryLimit('7') });
    expect(await send(server, 'GET', '/v2/')).toMatchObject({ status: 403, headers: { 'retry-after': '7' } });
  });
});

describe('the API of packages', () => {
  const versions = '/users/octocat/packages/container/app/versions';
  interface Version { readonly id: number; readonly name: string; readonly metadata: { readonly container: { readonly tags: readonly string[] } } }
  const listed = async (query = ''): Promise<Version[]> => JSON.parse((await api('GET', `${versions}${query}`, 'writer')).body.toString()) as Version[];

  it('says who may read a package, of organisations and of users under their own paths', async () => {
    await pushImage(server, { repository: 'acme/tool/web', tag: '1.0' });
    expect(jsonOf(await api('GET', '/users/octocat/packages/container/open', 'reader'))).toMatchObject({ name: 'open', visibility: 'public' });
    expect(jsonOf(await api('GET', '/orgs/acme/packages/container/tool%2Fweb', 'reader'))).toMatchObject({ name: 'tool/web', visibility: 'internal' });
    expect((await api('GET', '/users/acme/packages/container/tool%2Fweb', 'reader')).status).toBe(404);
    expect((await api('GET', '/orgs/octocat/packages/container/open', 'reader')).status).toBe(404);
    expect((await api('GET', '/users/octocat/packages/container/none', 'reader')).status).toBe(404);
  });

  it('wants a login, even for what is public, and a User-Agent', async () => {
    expect((await api('GET', '/users/octocat/packages/container/open')).status).toBe(401);
    expect((await api('GET', '/users/octocat/packages/container/open', 'nobody')).status).toBe(401);
    expect((await send(server, 'GET', '/users/octocat/packages/container/open', { headers: { authorization: 'Bearer writer' } })).status).toBe(403);
  });

  it('lists the versions with their tags, page by page', async () => {
    await pushImage(server, { repository: 'octocat/app', tag: '2.0', labels: { n: '2' } });
    expect((await listed()).map(({ name, metadata }) => [name, metadata.container.tags])).toContainEqual([image.digest, ['1.0']]);
    const first = await api('GET', `${versions}?per_page=1`, 'writer');
    expect(JSON.parse(first.body.toString())).toHaveLength(1);
    const next = /^<([^>]+)>; rel="next"/.exec(String(first.headers['link']))?.[1] ?? '';
    expect(JSON.parse((await api('GET', next, 'writer')).body.toString())).toHaveLength(1);
  });

  it('deletes a version with its tags, for those who may, and not the last one that has a tag', async () => {
    const [only] = await listed();
    expect((await api('DELETE', `${versions}/${String(only?.id)}`, 'reader')).status).toBe(403);
    const refused = await api('DELETE', `${versions}/${String(only?.id)}`, 'writer');
    expect([refused.status, jsonOf(refused)['message']]).toEqual([400, 'You cannot delete the last tagged version of a package. You must delete the package instead.']);
    await pushImage(server, { repository: 'octocat/app', tag: '2.0', labels: { n: '2' } });
    expect((await api('DELETE', `${versions}/${String(only?.id)}`, 'writer')).status).toBe(204);
    expect((await listed()).map(({ name }) => name)).not.toContain(image.digest);
    expect((await api('DELETE', `${versions}/${String(only?.id)}`, 'writer')).status).toBe(404);
  });
});
