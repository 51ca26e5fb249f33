/** A registry in front of another one: what is asked and answered passes through, and faults apply. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { pushImage } from '@davit/registry-server';
import { send, withQuery } from '../client.js';
import { start } from '../running-server.js';

it('passes everything on, and shows faults of its own', async () => {
  const behind = await start({ locations: 'relative' });
  const front = await start({ upstream: behind.url });
  const image = await pushImage(behind, { repository: 'team/app', tag: '1.0' });
  const read = await send(front, 'GET', '/v2/team/app/manifests/1.0');
  expect(read.status).toBe(200);
  expect(read.body).toEqual(Buffer.from(image.built.root.bytes));
  expect((await send(front, 'HEAD', '/v2/team/app/manifests/1.0')).headers).toMatchObject({ 'docker-content-digest': image.digest, 'content-length': String(image.built.root.bytes.length) });
  expect((await send(front, 'GET', `/v2/team/app/blobs/${image.config}`, { headers: { range: 'bytes=1-3' } })).status).toBe(206);

  const location = (await send(front, 'POST', '/v2/team/app/blobs/uploads/')).headers.location ?? '';
  const bytes = Buffer.alloc(300_000, 7);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  expect((await send(front, 'PUT', withQuery(location, `digest=${encodeURIComponent(digest)}`), { body: bytes })).status).toBe(201);
  front.faults.add({ when: { method: 'GET' }, then: { cutAfterBytes: 10 } });
  expect((await send(front, 'GET', `/v2/team/app/blobs/${digest}`)).cut).toBe(true);
  expect((await send(front, 'GET', `/v2/team/app/blobs/${digest}`)).body).toEqual(bytes);
  front.faults.add({ then: { status: 503 } });
  expect((await send(front, 'GET', '/v2/')).status).toBe(503);
});

it('passes a body on whose length nobody said before', async () => {
  const tags = JSON.stringify({ name: 'team/app', tags: Array.from({ length: 500 }, (_, nth) => `v${String(nth)}`) });
  const behind = createServer((_, response) => {
    response.write(tags.slice(0, 1000));
    response.end(tags.slice(1000));
  });
  await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void behind.close());
  const front = await start({ upstream: `http://127.0.0.1:${String((behind.address() as AddressInfo).port)}` });
  const answer = await send(front, 'GET', '/v2/team/app/tags/list');
  expect([answer.status, answer.body.toString()]).toEqual([200, tags]);
});
