/** Registries that lie, and content that is not what it is said to be: a clear error, and never a tag that names wrong content (issue 3). */
import { randomBytes } from 'node:crypto';
import { digestOf, maxManifestBytes, mediaTypes, type Digest, type RegistryErrorCode } from '@davit/core';
import type { FaultEffect } from '@davit/registry-server';
import { afterEach, describe, expect, it } from 'vitest';
import { bench, kinds, layers, type Bench, type Kind } from './bench.js';

let run: Bench;
afterEach(() => run.close());

const kind = (side: Kind['side'], name: string): Kind => {
  const found = kinds.find((each) => each.side === side && each.name === name);
  if (found === undefined) throw new Error(`there is no ${name} of the ${side}`);
  return found;
};
const always = Number.POSITIVE_INFINITY;
const wrongDigest = { 'docker-content-digest': `sha256:${'0'.repeat(64)}` };
const layer = digestOf(layers[0]!);
const blobOf = (digest: Digest): Kind['when'] => ({ path: new RegExp(`blobs/${digest}`) });

/** What a reader who asks for the tag gets is the image or nothing. */
function tagIsClean(): void {
  expect([undefined, run.image.digest]).toContain(run.target.store.digestOf('prod/app', '1.0'));
}

describe('a registry that always lies', () => {
  it.each<[string, Kind, FaultEffect, RegistryErrorCode]>([
    ['a source that flips a byte of a layer', { ...kind('source', 'GET blob'), when: { method: 'GET', ...blobOf(layer) } }, { flipByteAt: 100_000 }, 'digest_mismatch'],
    ['a source that flips a byte of a manifest', kind('source', 'GET manifest'), { flipByteAt: 20 }, 'digest_mismatch'],
    ['a source that says another digest of a manifest', kind('source', 'GET manifest'), { sayInstead: wrongDigest }, 'digest_mismatch'],
    ['a source that serves another layer', { ...kind('source', 'GET blob'), when: { method: 'GET', ...blobOf(layer) } }, { status: 200, body: 'something else' }, 'size_mismatch'],
    ['a source that serves a manifest which is none', kind('source', 'GET manifest'), { status: 200, body: '<html>hello</html>' }, 'digest_mismatch'],
    ['a source that has a manifest and then has not', kind('source', 'GET manifest'), { status: 404 }, 'manifest_not_found'],
    ['a source that lost a layer', { ...kind('source', 'GET blob'), when: { method: 'GET', ...blobOf(layer) } }, { status: 404 }, 'blob_not_found'],
    ['a source that breaks off always', { ...kind('source', 'GET blob'), when: { method: 'GET', ...blobOf(layer) } }, { cutAfterBytes: 1000 }, 'registry_unreachable'],
    ['a target that says another digest of a layer', kind('target', 'PUT blob'), { sayInstead: wrongDigest }, 'digest_mismatch'],
    ['a target that says another digest of a manifest', kind('target', 'PUT manifest'), { sayInstead: wrongDigest }, 'digest_mismatch'],
    ['a target that says it stored layers and did not', kind('target', 'PUT blob'), { status: 201 }, 'blob_not_found'],
    ['a target that says it stored manifests and did not', kind('target', 'PUT manifest'), { status: 201 }, 'manifest_not_found'],
    ['a target that says it moved the tag and did not', kind('target', 'PUT tag'), { status: 201, headers: { 'docker-content-digest': 'sha256:0' } }, 'manifest_not_found'],
    ['a target on whose way every byte of an upload flips', kind('target', 'PUT blob'), { flipByteAt: 0 }, 'digest_mismatch'],
  ])('%s', async (_, where, then, code) => {
    run = await bench();
    run.inject(where, then, always);
    const error = (await run.copy())._unsafeUnwrapErr();
    expect(error).toMatchObject({ code, message: expect.stringMatching(/^app: /) as string });
    tagIsClean();
    if (code === 'digest_mismatch' || code === 'size_mismatch') expect(error.retryable).toBe(false);
    expect(run.target.store.digestOf('prod/app', '1.0')).toBeUndefined();
    // What the registry says is finished cannot be cancelled.
    if (!('status' in then)) await expect.poll(() => run.target.openUploads).toBe(0);
    expect(run.target.store.hasBlob('prod/app', digestOf('something else'))).toBe(false);
  });

  it('a target that says it has a layer which it has not is told to take it all the same', async () => {
    run = await bench();
    const { size } = run.image.built.blobs.map(({ digest, bytes }) => ({ digest, size: bytes.length })).find(({ digest }) => digest === layer)!;
    run.target.faults.add({ when: { method: 'HEAD', ...blobOf(layer), times: always }, then: { status: 200, headers: {}, body: 'x'.repeat(size) } });
    expect((await run.copy())._unsafeUnwrap().repaired).toBe(true);
    expect(await run.isRight()).toBe(true);
  });

  it('a target that says it has the image which it has not gets it, when its tag is refused', async () => {
    run = await bench();
    run.target.faults.add({ when: { method: 'HEAD', path: new RegExp(run.image.digest), times: always }, then: { status: 200, headers: { 'content-type': run.image.mediaType, 'docker-content-digest': run.image.digest }, body: 'x'.repeat(run.image.size) } });
    expect((await run.copy())._unsafeUnwrap().repaired).toBe(true);
    expect(await run.isRight()).toBe(true);
  });

  it('a registry that says it mounted layers and did not gets them', async () => {
    run = await bench();
    const to = { registry: run.source.host, repository: 'prod/app' };
    run.source.faults.add({ when: { method: 'POST', path: /mount=/, times: always }, then: { status: 201 } });
    expect((await run.copy({ to }))._unsafeUnwrap().repaired).toBe(true);
    expect((await run.source.store.blob('prod/app', layer))?.equals(layers[0]!)).toBe(true);
    expect(run.source.store.digestOf('prod/app', '1.0')).toBe(run.image.digest);
  });
});

describe('an image that is not what it says', () => {
  const config = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } };

  async function stored(change: (part: { mediaType: string; digest: Digest; size: number }) => object): Promise<Digest> {
    const { store } = run.source;
    const configBlob = await store.putBlob('staging/app', Buffer.from(JSON.stringify(config)), mediaTypes.ociConfig);
    const blob = await store.putBlob('staging/app', randomBytes(5000), mediaTypes.ociLayer);
    return (await store.putManifest('staging/app', { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: configBlob, layers: [change(blob)] })).digest;
  }
  const copyOf = (digest: Digest) => run.copy({ from: { registry: run.source.host, repository: 'staging/app', digest } });

  it.each([['shorter', 1], ['longer', -1]])('a layer %s than its descriptor is size_mismatch', async (_, more) => {
    run = await bench();
    const digest = await stored((blob) => ({ ...blob, size: blob.size + more }));
    expect((await copyOf(digest))._unsafeUnwrapErr()).toMatchObject({ code: 'size_mismatch', retryable: false, message: expect.stringContaining('image layers[0]') as string });
    expect(run.target.store.tags('prod/app')).toEqual([]);
    expect(run.target.openUploads).toBe(0);
  });

  it('a manifest larger than the limit is manifest_too_large, and no more of it is read', async () => {
    run = await bench();
    const big = Buffer.concat([Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest })), Buffer.alloc(2 * maxManifestBytes, ' ')]);
    const { digest } = await run.source.store.putManifest('staging/app', big);
    expect((await copyOf(digest))._unsafeUnwrapErr()).toMatchObject({ code: 'manifest_too_large', retryable: false });
    expect(run.target.store.tags('prod/app')).toEqual([]);
  });

  it('a manifest of Docker\'s schema 1 is refused with a word on what to do', async () => {
    run = await bench();
    const { digest } = await run.source.store.putManifest('staging/app', { schemaVersion: 1, name: 'app', tag: '1', fsLayers: [] }, { mediaType: mediaTypes.dockerSchema1Signed });
    const error = (await copyOf(digest))._unsafeUnwrapErr();
    // The in-process registry does as real ones do: it gives what was asked for, or nothing.
    expect(['manifest_unsupported', 'manifest_not_found']).toContain(error.code);
    expect(run.target.store.tags('prod/app')).toEqual([]);
  });

  it('a layer that another host serves, to which the registry leads, must have its digest all the same', async () => {
    run = await bench();
    const elsewhere = await bench();
    try {
      const lie = await elsewhere.source.store.putBlob('other', randomBytes(layers[0]!.length));
      elsewhere.source.requests.clear();
      elsewhere.source.faults.add({ when: { times: always }, then: { status: 200, body: 'x'.repeat(lie.size) } });
      run.inject({ ...kind('source', 'GET blob'), when: { method: 'GET', ...blobOf(layer) } }, { status: 307, headers: { location: `${elsewhere.source.url}/storage/${lie.digest}` } }, always);
      expect((await run.copy())._unsafeUnwrapErr()).toMatchObject({ code: 'digest_mismatch', retryable: false });
      expect(run.target.store.tags('prod/app')).toEqual([]);
      // The other host is not given the login of this one.
      expect(elsewhere.source.requests.count()).toBeGreaterThan(0);
      expect(elsewhere.source.requests.entries.every(({ authorization }) => authorization === 'none')).toBe(true);
    } finally {
      await elsewhere.close();
    }
  });
});
