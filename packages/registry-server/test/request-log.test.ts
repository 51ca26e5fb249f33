import { expect, it } from 'vitest';
import { pushImage } from '@davit/registry-server';
import { basic, send } from './client.js';
import { start } from './running-server.js';

it('notes what was asked, how it ended and how much went over the line', async () => {
  const server = await start({ now: () => 42 });
  const { digest } = await server.store.putBlob('app', Buffer.from('0123456789'));
  await send(server, 'GET', `/v2/app/blobs/${digest}`);
  await send(server, 'HEAD', `/v2/app/blobs/${digest}`);
  await send(server, 'POST', `/v2/app/blobs/uploads/?digest=${digest}`, { body: '0123456789' });
  await server.requests.idle();
  expect(server.requests.entries).toEqual([
    { method: 'GET', path: `/v2/app/blobs/${digest}`, query: '', startedAt: 42, authorization: 'none', status: 200, requestBytes: 0, responseBytes: 10, finished: true },
    { method: 'HEAD', path: `/v2/app/blobs/${digest}`, query: '', startedAt: 42, authorization: 'none', status: 200, requestBytes: 0, responseBytes: 0, finished: true },
    { method: 'POST', path: '/v2/app/blobs/uploads/', query: `?digest=${digest}`, startedAt: 42, authorization: 'none', status: 201, requestBytes: 10, responseBytes: 0, finished: true },
  ]);
  expect(server.requests.lines()[2]).toBe(`POST /v2/app/blobs/uploads/?digest=${digest} 201`);
});

it('counts by method and path, and begins anew after clear', async () => {
  const server = await start();
  for (const path of ['/v2/', '/v2/app/tags/list', '/v2/app/tags/list?n=1']) await send(server, 'GET', path);
  await send(server, 'PUT', '/v2/app/manifests/1', { body: '{}' });
  expect([server.requests.count(), server.requests.count({ method: 'PUT' }), server.requests.count({ method: ['GET', 'HEAD'], path: /\/tags\// }), server.requests.count({ path: /n=1/ })]).toEqual([4, 1, 2, 1]);
  server.requests.clear();
  expect(server.requests.entries).toEqual([]);
});

it('says how a caller identified itself, and nothing of what it sent', async () => {
  const server = await start({ auth: { kind: 'basic', users: [{ name: 'u', password: 'planted-secret' }] } });
  await send(server, 'GET', '/v2/', { headers: { authorization: basic('u', 'planted-secret') } });
  await send(server, 'GET', '/v2/', { headers: { authorization: 'bEARER planted-secret' } });
  await send(server, 'GET', '/v2/', { headers: { authorization: 'Digest planted-secret' } });
  expect(server.requests.entries.map(({ authorization }) => authorization)).toEqual(['basic', 'bearer', 'other']);
  expect(JSON.stringify(server.requests.entries)).not.toContain('planted-secret');
  expect(JSON.stringify(server.requests.entries)).not.toContain(Buffer.from('planted-secret').toString('base64').slice(0, 10));
});

it('says when something has happened', async () => {
  const server = await start();
  const put = server.requests.until(({ method, status }) => method === 'PUT' && status !== undefined);
  await send(server, 'GET', '/v2/');
  await send(server, 'PUT', '/v2/app/manifests/1', { body: '{}' });
  expect(await put).toMatchObject({ method: 'PUT', status: 400 });
  expect(await server.requests.until(({ method }) => method === 'GET')).toMatchObject({ path: '/v2/' });
});

it('has nothing of images that were stored past HTTP', async () => {
  const server = await start();
  await pushImage(server, { repository: 'app', tag: '1' });
  expect(server.requests.entries).toEqual([]);
});
