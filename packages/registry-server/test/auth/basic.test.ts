import { describe, expect, it } from 'vitest';
import { pushImage } from '@davit/registry-server';
import { basic, codeOf, send } from '../client.js';
import { start } from '../running-server.js';

const users = [
  { name: 'admin', password: 'all: of it' },
  { name: 'reader', password: 'r', allow: [{ repository: 'team/.*', actions: ['pull'] }] },
] as const;

describe('a registry with Basic authentication', () => {
  it('asks who is there, also at the version check', async () => {
    const server = await start({ auth: { kind: 'basic', users } });
    for (const path of ['/v2/', '/v2/team/app/tags/list']) {
      const reply = await send(server, 'GET', path);
      expect(reply).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Basic realm="registry"' } });
      expect(codeOf(reply)).toBe('UNAUTHORIZED');
    }
  });

  it('takes good credentials, with a colon in the password too', async () => {
    const server = await start({ auth: { kind: 'basic', users } });
    expect((await send(server, 'GET', '/v2/', { headers: { authorization: basic('admin', 'all: of it') } })).status).toBe(200);
    expect((await send(server, 'GET', '/v2/', { headers: { authorization: basic('admin', 'all: of it').replace('Basic', 'bAsIc') } })).status).toBe(200);
  });

  it.each([
    ['a wrong password', basic('admin', 'wrong')],
    ['an unknown user', basic('nobody', 'r')],
    ['an empty password', basic('reader', '')],
    ['no colon', `Basic ${Buffer.from('admin').toString('base64')}`],
    ['what is not base64', 'Basic ***'],
    ['another scheme', 'Bearer admin'],
  ])('refuses %s', async (_, authorization) => {
    const server = await start({ auth: { kind: 'basic', users } });
    expect((await send(server, 'GET', '/v2/', { headers: { authorization } })).status).toBe(401);
  });

  it('denies what a user may not do', async () => {
    const server = await start({ auth: { kind: 'basic', users } });
    await pushImage(server, { repository: 'team/app', tag: '1' });
    await pushImage(server, { repository: 'other/team/app', tag: '1' });
    const headers = { authorization: basic('reader', 'r') };
    expect((await send(server, 'GET', '/v2/team/app/manifests/1', { headers })).status).toBe(200);
    for (const [method, path] of [['GET', '/v2/other/team/app/manifests/1'], ['POST', '/v2/team/app/blobs/uploads/'], ['DELETE', '/v2/team/app/manifests/1']] as const) {
      const reply = await send(server, method, path, { headers });
      expect(reply.status).toBe(403);
      expect(codeOf(reply)).toBe('DENIED');
    }
    expect(server.store.digestOf('team/app', '1')).toBeDefined();
  });

  it('does not mount from where a user may not read, but begins an upload', async () => {
    const server = await start({ auth: { kind: 'basic', users: [{ name: 'u', password: 'p', allow: [{ repository: 'mine', actions: ['pull', 'push'] }] }] } });
    const { digest } = await server.store.putBlob('secret', Buffer.from('layer'));
    const reply = await send(server, 'POST', `/v2/mine/blobs/uploads/?mount=${digest}&from=secret`, { headers: { authorization: basic('u', 'p') } });
    expect(reply.status).toBe(202);
    expect(server.store.hasBlob('mine', digest)).toBe(false);
  });
});
