/** An index that the target has: nothing is sent, and what refers to its images is still found. */
import { copyImage, type Call, type CopyOptions, type Repository } from '@davit/core';
import { buildImage, buildIndex, buildReferrer, memoryRegistry, type BuiltImage, type MemoryRegistry } from '@davit/core/testing';
import { describe, expect, it } from 'vitest';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const production: Repository = { registry: 'production.example.com', repository: 'prod/app' };
const call: Call = { signal: new AbortController().signal };
const amd = buildImage({ layers: ['amd64'] });
const arm = buildImage({ platform: { os: 'linux', architecture: 'arm64' }, layers: ['arm64'] });

/** Both sides have the image. */
function sides(image: BuiltImage): { readonly source: MemoryRegistry; readonly target: MemoryRegistry; readonly options: CopyOptions } {
  const source = memoryRegistry();
  const target = memoryRegistry();
  target.put(production, image);
  return { source, target, options: { name: 'app', source, from: source.put(staging, image), target, to: production } };
}

describe('a copy of an index that the target has', () => {
  it('brings the signatures of images in indexes below it, and reads each of these once', async () => {
    const inner = buildIndex([arm], { attestations: true });
    const index = buildIndex([inner, buildIndex([inner, amd])]);
    const { source, target, options } = sides(index);
    const signatures = [inner, arm, amd].map((image) => buildReferrer(image.descriptor));
    for (const signature of signatures) source.put(staging, signature);
    expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ present: true, referrers: 3, manifests: { written: 3, present: 1 } });
    for (const { digest } of signatures) expect(target.manifest({ ...production, digest })).toBeDefined();
    expect(source.calls.filter(({ method, digest }) => method === 'readManifest' && digest === inner.digest)).toHaveLength(1);
    // Who refers to them is asked at the source; whether they are there is not asked once more.
    expect(target.calls.filter(({ method, digest }) => method === 'resolve' && (digest === inner.digest || digest === arm.digest))).toEqual([]);
  });

  it('brings what refers to the attestations in it, for one question each and without reading them', async () => {
    const inner = buildIndex([arm], { attestations: true });
    const index = buildIndex([inner, amd], { attestations: true });
    const { source, target, options } = sides(index);
    const attestations = index.children.map(({ digest }) => digest).filter((digest) => ![amd.digest, arm.digest, inner.digest].includes(digest));
    expect(attestations).toHaveLength(3);
    const signatures = attestations.map((digest) => buildReferrer({ ...amd.descriptor, digest }));
    for (const signature of signatures) source.put(staging, signature);
    expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ present: true, referrers: signatures.length });
    for (const { digest } of signatures) expect(target.manifest({ ...production, digest })).toBeDefined();
    for (const asked of attestations) expect(source.calls.filter(({ method, digest }) => method === 'listReferrers' && digest === asked)).toHaveLength(1);
    expect(source.calls.filter(({ method, digest }) => method === 'readManifest' && attestations.some((attestation) => attestation === digest))).toEqual([]);
  });

  it('reads nothing below it where signatures stay', async () => {
    const { source, options } = sides(buildIndex([amd, arm]));
    expect((await copyImage({ ...options, referrers: false }, call))._unsafeUnwrap().present).toBe(true);
    expect(source.calls).toEqual([]);
  });

  it('is refused where indexes stand in one another without end', async () => {
    let image: BuiltImage = amd;
    for (let depth = 0; depth < 6; depth += 1) image = buildIndex([image]);
    expect((await copyImage(sides(image).options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'document_invalid' });
  });
});
