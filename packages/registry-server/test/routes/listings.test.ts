import { digestOf, mediaTypes } from '@davit/core';
import { describe, expect, it } from 'vitest';
import { pushImage, pushReferrer, type RegistryServer } from '@davit/registry-server';
import { codeOf, jsonOf, send } from '../client.js';
import { start } from '../running-server.js';

const nextOf = (link: string | string[] | undefined): string | undefined => /^<([^>]+)>; rel="next"$/.exec(String(link ?? ''))?.[1];

/** Follows Link to the end. */
async function pages(server: RegistryServer, first: string, read: (page: Record<string, unknown>) => unknown): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let url: string | undefined = first; url !== undefined; ) {
    const reply = await send(server, 'GET', url);
    expect(reply.status).toBe(200);
    all.push(read(jsonOf(reply)));
    url = nextOf(reply.headers['link']);
  }
  return all;
}

describe('tags', () => {
  it('are listed in order, upper and lower case alike', async () => {
    const server = await start();
    await pushImage(server, { repository: 'team/app', tags: ['b', 'A', 'a', 'C', '10', '9', '_x'] });
    const reply = await send(server, 'GET', '/v2/team/app/tags/list');
    expect(jsonOf(reply)).toEqual({ name: 'team/app', tags: ['10', '9', '_x', 'A', 'a', 'b', 'C'] });
    expect(reply.headers['link']).toBeUndefined();
  });

  it('come in pages by n and last', async () => {
    const server = await start();
    await pushImage(server, { repository: 'app', tags: ['1', '2', '3', '4', '5'] });
    expect(await pages(server, '/v2/app/tags/list?n=2', ({ tags }) => tags)).toEqual([['1', '2'], ['3', '4'], ['5']]);
    expect(jsonOf(await send(server, 'GET', '/v2/app/tags/list?last=3'))['tags']).toEqual(['4', '5']);
    expect(jsonOf(await send(server, 'GET', '/v2/app/tags/list?last=35&n=1'))['tags']).toEqual(['4']);
    expect(jsonOf(await send(server, 'GET', '/v2/app/tags/list?n=0'))['tags']).toEqual([]);
    expect((await send(server, 'GET', '/v2/app/tags/list?n=x')).status).toBe(400);
  });

  it('come in pages that the registry makes', async () => {
    const server = await start({ pageSize: 2 });
    await pushImage(server, { repository: 'app', tags: ['1', '2', '3'] });
    expect(await pages(server, '/v2/app/tags/list?n=100', ({ tags }) => tags)).toEqual([['1', '2'], ['3']]);
  });

  it('of an unknown repository are an error, of one without tags an empty list', async () => {
    const server = await start();
    const reply = await send(server, 'GET', '/v2/app/tags/list');
    expect(reply.status).toBe(404);
    expect(codeOf(reply)).toBe('NAME_UNKNOWN');
    await server.store.putBlob('app', Buffer.from('x'));
    expect(jsonOf(await send(server, 'GET', '/v2/app/tags/list'))).toEqual({ name: 'app', tags: [] });
  });
});

describe('referrers', () => {
  const prepared = async (options = {}) => {
    const server = await start(options);
    const image = await pushImage(server, { repository: 'app', tag: '1' });
    const signature = await pushReferrer(server, { repository: 'app', subject: image, artifactType: 'application/example.signature', payload: 'signed', annotations: { by: 'key 1' } });
    const bill = await pushReferrer(server, { repository: 'app', subject: image, artifactType: 'application/example.sbom', payload: 'parts' });
    return { server, image, signature, bill };
  };

  it('are an index of all that name the subject, with type and annotations', async () => {
    const { server, image, signature, bill } = await prepared();
    const reply = await send(server, 'GET', `/v2/app/referrers/${image.digest}`);
    expect(reply).toMatchObject({ status: 200, headers: { 'content-type': mediaTypes.ociIndex } });
    expect(reply.headers['oci-filters-applied']).toBeUndefined();
    expect(jsonOf(reply)).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [
        { mediaType: mediaTypes.ociManifest, digest: signature.digest, size: signature.size, artifactType: 'application/example.signature', annotations: { by: 'key 1' } },
        { mediaType: mediaTypes.ociManifest, digest: bill.digest, size: bill.size, artifactType: 'application/example.sbom' },
      ],
    });
  });

  it('are filtered by artifactType, and the answer says so', async () => {
    const { server, image, bill } = await prepared();
    const reply = await send(server, 'GET', `/v2/app/referrers/${image.digest}?artifactType=${encodeURIComponent('application/example.sbom')}`);
    expect(reply.headers['oci-filters-applied']).toBe('artifactType');
    expect(jsonOf(reply)['manifests']).toMatchObject([{ digest: bill.digest }]);
  });

  it('have the type of their configuration where they name none of their own', async () => {
    const { server, image } = await prepared();
    const config = await server.store.putBlob('app', Buffer.from('{}'), 'application/example.config');
    await server.store.putManifest('app', { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [], subject: { mediaType: image.mediaType, digest: image.digest, size: image.size } });
    expect(jsonOf(await send(server, 'GET', `/v2/app/referrers/${image.digest}?artifactType=application/example.config`))['manifests']).toHaveLength(1);
  });

  it('of what nobody refers to, or of what is not there, are an empty index', async () => {
    const { server } = await prepared();
    for (const path of [`/v2/app/referrers/${digestOf('nothing')}`, `/v2/unknown/referrers/${digestOf('nothing')}`]) {
      expect(jsonOf(await send(server, 'GET', path))).toMatchObject({ manifests: [] });
    }
  });

  it('come in pages', async () => {
    const { server, image, signature, bill } = await prepared({ pageSize: 1 });
    const digests = await pages(server, `/v2/app/referrers/${image.digest}`, (page) => (page['manifests'] as { digest: string }[]).map(({ digest }) => digest));
    expect(digests).toEqual([[signature.digest], [bill.digest]]);
  });

  it('are not there when the API is switched off, and refuse what is no digest', async () => {
    const { server, image } = await prepared({ referrersApi: false });
    expect((await send(server, 'GET', `/v2/app/referrers/${image.digest}`)).status).toBe(404);
    expect((await send(server, 'GET', '/v2/app/referrers/latest')).status).toBe(400);
  });

  it('go with the manifest that is deleted', async () => {
    const { server, image, signature, bill } = await prepared();
    await send(server, 'DELETE', `/v2/app/manifests/${signature.digest}`);
    expect(jsonOf(await send(server, 'GET', `/v2/app/referrers/${image.digest}`))['manifests']).toMatchObject([{ digest: bill.digest }]);
  });
});
