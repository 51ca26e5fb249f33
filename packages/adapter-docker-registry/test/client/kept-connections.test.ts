/** Connections are kept, also after a HEAD: a new one costs a far registry with TLS three round trips. */
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { adapter, call, closing, fakeServer, someDigest, valueOf } from '../support.js';

describe('a connection', () => {
  it('serves several questions, HEAD and GET', async () => {
    const ports = new Set<number | undefined>();
    const server = await fakeServer(({ request, answer }) => {
      ports.add(request.socket.remotePort);
      answer(200, { 'content-length': '5' }, request.method === 'HEAD' ? undefined : 'hello');
    });
    const source = adapter({ connections: 1 });
    const blob = { registry: server.host, repository: 'team/app', digest: someDigest };
    for (let time = 0; time < 3; time += 1) expect(await valueOf(source.statBlob(blob, call()))).toBe(5);
    for await (const piece of (await valueOf(source.readBlob(blob, 0, call()))).body) expect(Buffer.from(piece).toString()).toBe('hello');
    expect(await valueOf(source.statBlob(blob, call()))).toBe(5);
    expect(ports.size).toBe(1);
  });

  it('is given up where a server sends a body after a HEAD, and the next question is answered all the same', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.on('data', (text) => {
        const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 5\r\n\r\n';
        for (const [method] of text.toString('latin1').matchAll(/^(?:HEAD|GET) /gm)) socket.write(method === 'HEAD ' ? `${head}HELLO` : `${head}hello`);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing({ close: () => new Promise<void>((resolve) => { server.close(() => { resolve(); }); }) });
    const source = closing(adapter({ connections: 1, retry: { minDelayMs: 1 } }));
    const blob = { registry: `127.0.0.1:${String((server.address() as AddressInfo).port)}`, repository: 'team/app', digest: someDigest };
    expect(await valueOf(source.statBlob(blob, call()))).toBe(5);
    expect(await valueOf(source.statBlob(blob, call()))).toBe(5);
    for await (const piece of (await valueOf(source.readBlob(blob, 0, call()))).body) expect(Buffer.from(piece).toString()).toBe('hello');
    expect(connections).toBeGreaterThan(1);
    await source.close();
  });
});
