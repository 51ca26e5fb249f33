import { Agent } from 'node:http';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { startRegistryServer } from '@davit/registry-server';
import { send } from './client.js';
import { start } from './running-server.js';

it('listens on a free port of the loopback address, and says where', async () => {
  const [one, other] = [await start(), await start()];
  expect(one.host).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(one.url).toBe(`http://${one.host}`);
  expect(other.host).not.toBe(one.host);
});

it('refuses a port that is taken', async () => {
  const server = await start();
  await expect(startRegistryServer({ port: Number(server.host.split(':')[1]) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

it('is gone after close, which may be called twice', async () => {
  const server = await start();
  await Promise.all([server.close(), server.close()]);
  await expect(send(server, 'GET', '/v2/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('survives a client that speaks something else', async () => {
  const server = await start();
  const [host = '', port = ''] = server.host.split(':');
  await new Promise((resolve) => {
    const socket = connect(Number(port), host, () => socket.end('\u0016\u0003\u0001 nonsense\r\n\r\n'));
    socket.on('close', resolve).on('error', () => undefined).resume();
  });
  expect((await send(server, 'GET', '/v2/')).status).toBe(200);
});

it('answers before a body has come that it does not want, and goes on with the connection', async () => {
  const server = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const much = Buffer.alloc(8 * 1024 * 1024);
  for (const [method, path, status] of [['PUT', '/v2/app/manifests/1', 413], ['PATCH', '/v2/app/blobs/uploads/unknown', 404], ['PUT', '/v2/app/nothing/1', 404]] as const) {
    expect((await send(server, method, path, { body: much, agent })).status).toBe(status);
    expect((await send(server, 'GET', '/v2/', { agent })).status).toBe(200);
  }
  agent.destroy();
});
