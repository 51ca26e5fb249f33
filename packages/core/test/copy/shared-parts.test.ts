/** What two manifests share is read once for both; that one of them cannot be copied is no fault of the other. */
import { copyImage, digestOf, failure, mediaTypes, type Call, type CopyOptions, type Descriptor, type Repository } from '@davit/core';
import { buildImage, buildIndex, memoryRegistry, type BuiltImage, type MemoryRegistry } from '@davit/core/testing';
import { describe, expect, it } from 'vitest';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const production: Repository = { registry: 'production.example.com', repository: 'prod/app' };
const call: Call = { signal: new AbortController().signal };

const app = buildImage({ layers: ['app'] });
const shared = buildImage({ layers: ['shared'] });
const gone: Descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf('gone'), size: 4 };

/** An index over these that refers to the image. */
const referrer = (name: string, children: readonly BuiltImage[], more: readonly Descriptor[] = []): BuiltImage =>
  buildIndex(children, { changeIndex: (index) => ({ ...index, artifactType: `application/${name}`, subject: app.descriptor, manifests: [...more, ...(index['manifests'] as readonly Descriptor[])] }) });

function sides(...referrers: readonly BuiltImage[]): { readonly source: MemoryRegistry; readonly target: MemoryRegistry; readonly options: CopyOptions } {
  const [source, target] = [memoryRegistry(), memoryRegistry()];
  for (const each of referrers) source.put(staging, each);
  // What is shared comes when the other part is known to be missing.
  source.before('readManifest', async ({ digest }) => {
    if (digest === shared.digest) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  return { source, target, options: { name: 'app', source, from: source.put(staging, app), target, to: production } };
}

describe('a copy of an image with referrers', () => {
  it('leaves the one behind that lacks a part, and takes the other with what they share', async () => {
    const [broken, whole] = [referrer('broken', [shared], [gone]), referrer('whole', [shared])];
    const { source, target, options } = sides(broken, whole);
    expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ referrers: 1, skippedReferrers: [{ digest: broken.digest }] });
    expect(target.manifest({ ...production, digest: whole.digest })).toBeDefined();
    expect(target.manifest({ ...production, digest: shared.digest })).toBeDefined();
    expect(source.calls.filter(({ method, digest }) => method === 'readManifest' && digest === shared.digest)).toHaveLength(1);
  });

  it('copies nothing of one that stays behind, and does not fail by what that lacks besides', async () => {
    const broken = referrer('broken', [shared], [gone]);
    const { source, target, options } = sides(broken);
    source.removeBlob({ ...staging, digest: digestOf('shared') });
    expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ referrers: 0, skippedReferrers: [{ digest: broken.digest }], manifests: { written: 1 } });
    expect(target.manifest({ ...production, digest: shared.digest })).toBeUndefined();
  });

  it('ends when it is told to while a part is on its way', async () => {
    const { source, options } = sides(referrer('whole', [shared]));
    const stop = new AbortController();
    source.before('readManifest', ({ digest }) => {
      if (digest === shared.digest) stop.abort();
    });
    expect((await copyImage(options, { signal: stop.signal }))._unsafeUnwrapErr().code).toBe('interrupted');
  });

  it('ends with the fault of one part when every other that was asked for has answered', async () => {
    const other = buildImage({ layers: ['other'] });
    const { source, options } = sides(referrer('whole', [other, shared]));
    source.fail('readManifest', { error: failure('registry_denied', 'no'), when: ({ digest }) => digest === other.digest });
    expect((await copyImage(options, call))._unsafeUnwrapErr().code).toBe('registry_denied');
  });
});
