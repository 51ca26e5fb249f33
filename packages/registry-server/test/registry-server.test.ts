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
  const { connect } = await import('node:net');
  const server = await start();
  const [host = '', port = ''] = server.host.split(':');
  await new Promise((resolve) => {
    const socket = connect(Number(port), host, () => socket.end('\u0016\u0003\u0001 nonsense\r\n\r\n'));
    socket.on('close', resolve).on('error', () => undefined).resume();
  });
  expect((await send(server, 'GET', '/v2/')).status).toBe(200);
});
