import { beforeEach, describe, expect, it } from 'vitest';
import { pushImage, type RegistryServer, type TokenAuthOptions } from '@davit/registry-server';
import { basic, codeOf, jsonOf, send, type Reply } from '../client.js';
import { start } from '../running-server.js';

const users = [
  { name: 'admin', password: 'secret' },
  { name: 'reader', password: 'r', allow: [{ repository: 'team/.*', actions: ['pull'] }] },
] as const;
const admin = { authorization: basic('admin', 'secret') };

let server: RegistryServer;
let time: number;
const begin = async (options: Partial<TokenAuthOptions> = {}): Promise<void> => {
  time = 1_000_000;
  server = await start({ auth: { kind: 'token', users, ...options }, now: () => time });
  await pushImage(server, { repository: 'team/app', tag: '1' });
};
const getToken = (query: string, headers: Record<string, string> = admin): Promise<Reply> => send(server, 'GET', `/token?service=registry&${query}`, { headers });
const postToken = (form: Record<string, string>): Promise<Reply> => send(server, 'POST', '/token', { body: new URLSearchParams(form).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
const tokenFor = async (scope: string, headers?: Record<string, string>): Promise<string> => String(jsonOf(await getToken(`scope=${scope}`, headers))['token']);
const withToken = (method: string, path: string, token: string): Promise<Reply> => send(server, method, path, { headers: { authorization: `Bearer ${token}` } });
const tags = '/v2/team/app/tags/list';

describe('the challenge', () => {
  beforeEach(() => begin());

  it('names realm, service and what is needed', async () => {
    const expectations = [
      ['GET', '/v2/', ''],
      ['GET', tags, 'repository:team/app:pull'],
      ['POST', '/v2/team/app/blobs/uploads/', 'repository:team/app:pull,push'],
      ['DELETE', '/v2/team/app/manifests/1', 'repository:team/app:delete'],
      ['POST', `/v2/team/app/blobs/uploads/?mount=sha256:${'0'.repeat(64)}&from=base`, 'repository:team/app:pull,push repository:base:pull'],
    ] as const;
    for (const [method, path, scope] of expectations) {
      const reply = await send(server, method, path);
      expect(reply.status).toBe(401);
      expect(codeOf(reply)).toBe('UNAUTHORIZED');
      expect(reply.headers['www-authenticate']).toBe(`Bearer realm="${server.url}/token",service="registry"${scope === '' ? '' : `,scope="${scope}"`}`);
    }
  });

  it('is what Basic credentials get as well', async () => {
    expect(await send(server, 'GET', tags, { headers: admin })).toMatchObject({ status: 401 });
  });
});

describe('tokens', () => {
  beforeEach(() => begin());

  it('open what their scope says', async () => {
    const token = await tokenFor('repository:team/app:pull,push');
    expect((await withToken('GET', tags, token)).status).toBe(200);
    expect((await withToken('POST', '/v2/team/app/blobs/uploads/', token)).status).toBe(202);
    expect((await withToken('GET', '/v2/', token)).status).toBe(200);
  });

  it('come with their lifetime', async () => {
    const reply = jsonOf(await getToken('scope=repository:team/app:pull'));
    expect(reply).toMatchObject({ expires_in: 300, issued_at: '1970-01-01T00:16:40.000Z', scope: 'repository:team/app:pull' });
    expect(reply['access_token']).toBe(reply['token']);
    expect(reply['refresh_token']).toBeUndefined();
  });

  it('hold several scopes, given one by one or in one text', async () => {
    for (const query of ['scope=repository:team/app:pull&scope=repository:base:pull', 'scope=repository:team/app:pull%20repository:base:pull']) {
      expect(jsonOf(await getToken(query))['scope']).toBe('repository:team/app:pull repository:base:pull');
    }
  });

  it('without the action get 401 insufficient_scope with the scope that would do', async () => {
    const reply = await withToken('POST', '/v2/team/app/blobs/uploads/', await tokenFor('repository:team/app:pull'));
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toContain('scope="repository:team/app:pull,push",error="insufficient_scope"');
    expect(await withToken('GET', '/v2/team/other/tags/list', await tokenFor('repository:team/app:pull'))).toMatchObject({ status: 401 });
  });

  it.each(['nonsense', 'a.b', '.', 'eyJraW5kIjoiYWNjZXNzIn0.AAAA'])('that we did not make (%s) get 401 invalid_token', async (token) => {
    const reply = await withToken('GET', tags, token);
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('whose content was changed get 401 invalid_token', async () => {
    const [payload = '', signature = ''] = (await tokenFor('repository:team/app:pull')).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, access: [{ repository: 'team/app', action: 'push' }] })).toString('base64url');
    expect((await withToken('GET', tags, `${forged}.${signature}`)).headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('expire', async () => {
    const token = await tokenFor('repository:team/app:pull');
    time += 299_999;
    expect((await withToken('GET', tags, token)).status).toBe(200);
    time += 1;
    expect((await withToken('GET', tags, token)).headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('can be made to expire all at once', async () => {
    const token = await tokenFor('repository:team/app:pull');
    server.expireTokens();
    expect((await withToken('GET', tags, token)).status).toBe(401);
    expect((await withToken('GET', tags, await tokenFor('repository:team/app:pull'))).status).toBe(200);
  });

  it('for another service, or for none, are not ours', async () => {
    for (const query of ['service=elsewhere&', '']) {
      const { token } = jsonOf(await send(server, 'GET', `/token?${query}scope=repository:team/app:pull`, { headers: admin }));
      expect((await withToken('GET', tags, String(token))).headers['www-authenticate']).toContain('error="invalid_token"');
    }
  });

  it('of one server are not good at another', async () => {
    const token = await tokenFor('repository:team/app:pull');
    await begin();
    expect((await withToken('GET', tags, token)).status).toBe(401);
  });
});

describe('users', () => {
  beforeEach(() => begin());

  it('get what they may do and no more', async () => {
    const reader = { authorization: basic('reader', 'r') };
    expect(jsonOf(await getToken('scope=repository:team/app:pull,push&scope=repository:other:pull', reader))['scope']).toBe('repository:team/app:pull');
    expect(jsonOf(await getToken('scope=repository:team/app:*', reader))['scope']).toBe('repository:team/app:pull');
  });

  it('are denied with 403 what no token would open', async () => {
    const token = await tokenFor('repository:team/app:pull,push', { authorization: basic('reader', 'r') });
    const reply = await withToken('POST', '/v2/team/app/blobs/uploads/', token);
    expect(reply.status).toBe(403);
    expect(codeOf(reply)).toBe('DENIED');
  });

  it('with a wrong password get no token', async () => {
    for (const authorization of [basic('admin', 'wrong'), basic('nobody', 'secret'), 'Basic !']) expect((await getToken('scope=repository:team/app:pull', { authorization })).status).toBe(401);
    expect((await send(server, 'GET', '/token')).status).toBe(401);
  });

  it('mount where their token covers the source, get the challenge of both where it does not, and upload where they may not read', async () => {
    const { digest } = await server.store.putBlob('base', Buffer.from('layer'));
    const mount = `/v2/team/app/blobs/uploads/?mount=${digest}&from=base`;
    const narrow = await withToken('POST', mount, await tokenFor('repository:team/app:pull,push'));
    expect(narrow.status).toBe(401);
    expect(narrow.headers['www-authenticate']).toContain('scope="repository:team/app:pull,push repository:base:pull"');
    expect((await withToken('POST', mount, await tokenFor('repository:team/app:pull,push repository:base:pull'))).status).toBe(201);
    server = await start({ auth: { kind: 'token', users: [{ name: 'u', password: 'p', allow: [{ repository: 'team/app', actions: ['pull', 'push'] }] }] } });
    await server.store.putBlob('base', Buffer.from('layer'));
    expect((await withToken('POST', mount, await tokenFor('repository:team/app:pull,push repository:base:pull', { authorization: basic('u', 'p') }))).status).toBe(202);
  });
});

describe('anonymous pull', () => {
  it('gives tokens to pull to everybody, and to push to nobody', async () => {
    await begin({ anonymousPull: true });
    const reply = jsonOf(await getToken('scope=repository:team/app:pull,push', {}));
    expect(reply['scope']).toBe('repository:team/app:pull');
    expect((await withToken('GET', tags, String(reply['token']))).status).toBe(200);
    expect((await withToken('POST', '/v2/team/app/blobs/uploads/', String(reply['token']))).headers['www-authenticate']).toContain('insufficient_scope');
    expect((await getToken('scope=repository:team/app:pull', { authorization: basic('admin', 'wrong') })).status).toBe(401);
  });
});

describe('OAuth2', () => {
  beforeEach(() => begin());

  it('takes a password', async () => {
    const reply = jsonOf(await postToken({ grant_type: 'password', username: 'admin', password: 'secret', service: 'registry', scope: 'repository:team/app:pull', client_id: 'test', access_type: 'offline' }));
    expect((await withToken('GET', tags, String(reply['access_token']))).status).toBe(200);
    expect(typeof reply['refresh_token']).toBe('string');
  });

  it('takes a refresh token, which outlives access tokens and is none', async () => {
    const { refresh_token: refresh } = jsonOf(await getToken('offline_token=true'));
    server.expireTokens();
    time += 3_600_000;
    const reply = jsonOf(await postToken({ grant_type: 'refresh_token', refresh_token: String(refresh), service: 'registry', scope: 'repository:team/app:pull' }));
    expect((await withToken('GET', tags, String(reply['access_token']))).status).toBe(200);
    expect((await withToken('GET', tags, String(refresh))).status).toBe(401);
    expect((await postToken({ grant_type: 'refresh_token', refresh_token: String(reply['access_token']) })).status).toBe(401);
  });

  it('refuses a wrong password, a wrong refresh token and an unknown grant', async () => {
    expect((await postToken({ grant_type: 'password', username: 'admin', password: 'wrong', service: 'registry' })).status).toBe(401);
    expect(await postToken({ grant_type: 'refresh_token', refresh_token: 'x', service: 'registry' })).toMatchObject({ status: 401 });
    expect(jsonOf(await postToken({ grant_type: 'client_credentials' }))).toEqual({ error: 'unsupported_grant_type' });
  });

  it('can be switched off', async () => {
    await begin({ postTokens: false });
    expect((await postToken({ grant_type: 'password', username: 'admin', password: 'secret' })).status).toBe(404);
  });
});
