/** Artifacts without layers over HTTP, as oras and crane push them: as what is copied, and as what refers to it (issue 3, item 2). */
import { copyImage, mediaTypes, type CopyReport, type Digest, type Json, type RegistryError, type Result } from '@davit/core';
import { pushImage, startRegistryServer, type RegistryServer, type RegistryServerOptions } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { adapter, call, closing } from './support.js';

const repository = 'staging/app';
const artifactType = 'application/vnd.example.chart';

async function sides(target: RegistryServerOptions = {}) {
  const from = closing(await startRegistryServer());
  const to = closing(await startRegistryServer(target));
  const both = adapter();
  const copy = (digest: Digest): PromiseLike<Result<CopyReport, RegistryError>> => copyImage({ name: 'app', source: both, from: { registry: from.host, repository, digest }, target: both, to: { registry: to.host, repository: 'prod/app' } }, call());
  const listed = async (digest: Digest) => (await both.listReferrers({ registry: to.host, repository: 'prod/app', digest }, call()))._unsafeUnwrap();
  return { from, to, copy, listed };
}

async function artifact(server: RegistryServer, more: Readonly<Record<string, Json>> = {}) {
  const config = await server.store.putBlob(repository, Buffer.from('{}'), mediaTypes.ociEmpty);
  return server.store.putManifest(repository, { schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType, config, layers: [], annotations: { a: 'b' }, ...more });
}

describe('an artifact without layers', () => {
  it('is copied byte for byte', async () => {
    const { from, to, copy } = await sides();
    const { digest, bytes } = await artifact(from).then(({ digest: of }) => from.store.manifest(repository, of)!);
    expect((await copy(digest))._unsafeUnwrap()).toMatchObject({ digest, manifests: { written: 1 }, blobs: { copied: 1 } });
    expect(to.store.manifest('prod/app', digest)?.bytes.equals(bytes)).toBe(true);
  });

  it.each([true, false])('goes with the image that it refers to, and is listed there (the target has the referrers API: %s)', async (referrersApi) => {
    const { from, copy, listed } = await sides({ referrersApi });
    const { digest, mediaType, size } = await pushImage(from, { repository });
    const referrer = await artifact(from, { subject: { mediaType, digest, size } });
    expect((await copy(digest))._unsafeUnwrap()).toMatchObject({ referrers: 1, skippedReferrers: [] });
    expect(await listed(digest)).toMatchObject([{ digest: referrer.digest, artifactType, annotations: { a: 'b' } }]);
  });
});
