/** Manifests without layers: artifacts that are all annotations, as root and as referrer, and images (issue 3, item 2). */
import { copyImage, mediaTypes, type Call, type CopyOptions, type Repository } from '@davit/core';
import { buildImage, buildIndex, buildReferrer, memoryRegistry, rawManifest, type BuiltImage, type MemoryRegistry } from '@davit/core/testing';
import { describe, expect, it } from 'vitest';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const production: Repository = { registry: 'production.example.com', repository: 'prod/app' };
const call: Call = { signal: new AbortController().signal };

/** The same without its layers. */
function bare(image: BuiltImage): BuiltImage {
  const raw = rawManifest({ ...(JSON.parse(Buffer.from(image.raw.bytes).toString()) as object), layers: [] });
  return { ...image, raw, digest: raw.digest, descriptor: { ...image.descriptor, digest: raw.digest, size: raw.bytes.length } };
}

function sides(image: BuiltImage): { readonly source: MemoryRegistry; readonly target: MemoryRegistry; readonly options: CopyOptions } {
  const source = memoryRegistry();
  const target = memoryRegistry();
  return { source, target, options: { name: 'app', source, from: source.put(staging, image), target, to: production } };
}

const amd = buildImage();
const artifact = bare(buildReferrer(amd.descriptor, { artifactType: 'application/vnd.example.chart' }));

describe('a copy of what has no layers', () => {
  it.each([
    ['an artifact', artifact],
    ['an artifact that says its kind by its configuration', bare(buildImage({ changeManifest: (manifest) => ({ ...manifest, config: { ...(manifest['config'] as object), mediaType: 'application/vnd.example.config.v1+json' } }) }))],
    ['an image', bare(amd)],
    ['an index with an image and an artifact', buildIndex([bare(amd), artifact])],
    ['an image in Docker\'s own format', buildImage({ docker: true, layers: [] })],
  ])('brings over %s, byte for byte', async (_, image) => {
    const { target, options } = sides(image);
    expect((await copyImage(options, call))._unsafeUnwrap().digest).toBe(image.digest);
    for (const raw of [...image.children, image.raw]) expect(target.manifest({ ...production, digest: raw.digest })?.bytes).toEqual(raw.bytes);
    expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ present: true, manifests: { written: 0 } });
  });

  it('takes a referrer along in which Go wrote null for what there is none of', async () => {
    const nulls = { layers: null, annotations: null };
    const raw = rawManifest({ ...(JSON.parse(Buffer.from(artifact.raw.bytes).toString()) as object), ...nulls });
    const { source, target, options } = sides(amd);
    source.put(staging, { ...artifact, raw, digest: raw.digest });
    expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ referrers: 1, skippedReferrers: [] });
    expect(target.manifest({ ...production, digest: raw.digest })?.bytes).toEqual(raw.bytes);
  });

  it('takes a referrer without layers along, and leaves none behind', async () => {
    const { source, target, options } = sides(amd);
    source.put(staging, artifact);
    expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ referrers: 1, skippedReferrers: [] });
    expect((await target.listReferrers({ ...production, digest: amd.digest }, call))._unsafeUnwrap()).toMatchObject([{ digest: artifact.digest, artifactType: 'application/vnd.example.chart', mediaType: mediaTypes.ociManifest }]);
  });
});
