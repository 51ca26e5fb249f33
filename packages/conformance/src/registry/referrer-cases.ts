/**
 * Cases of a registry: what refers to a manifest.
 * @module
 */
import assert from 'node:assert/strict';
import { digestAlgorithm, digestHex, mediaTypes } from '@davit/core';
import { at, call, descriptorOf, freshBlob, imageIn, manifestOf, storedImage, valueOf } from './content.js';
import { section, type RegistryCase } from './subject.js';

export const referrerCases: readonly RegistryCase[] = [
  {
    id: 'registry.referrers.1',
    title: 'a manifest that nothing refers to has an empty list, and so has one that is not there',
    spec: section('listing-referrers'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      assert.deepEqual(await valueOf(target.listReferrers(at(repository, manifest.digest), call())), []);
      assert.deepEqual(await valueOf(target.listReferrers(at(repository, freshBlob().descriptor.digest), call())), []);
    },
  },
  {
    id: 'registry.referrers.2',
    title: 'what refers to a manifest is listed, by the registry or by the tag that clients keep where it has no list',
    spec: section('referrers-tag-schema'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const { manifest: referrer } = await imageIn(subject, repository, { subject: manifest });
      await valueOf(target.writeManifest(repository, referrer, call()));
      const where = at(repository, manifest.digest);
      if ((await valueOf(target.listReferrers(where, call()))).length === 0) {
        const list = manifestOf({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [{ ...descriptorOf(referrer), artifactType: 'application/vnd.davit.conformance' }] } as { readonly mediaType: string });
        await valueOf(target.tag(repository, `${digestAlgorithm(manifest.digest)}-${digestHex(manifest.digest)}`, list, call()));
      }
      const [found, ...more] = await valueOf(target.listReferrers(where, call()));
      assert.deepEqual(more, []);
      assert.equal(found?.digest, referrer.digest);
      assert.equal(found.size, referrer.bytes.length);
    },
  },
  {
    id: 'registry.referrers.3',
    title: 'an image under the tag where clients keep the list is not taken for a list',
    spec: section('referrers-tag-schema'),
    run: async (subject) => {
      const { target, repository } = subject;
      const [image, other] = [await storedImage(subject, repository), await storedImage(subject, repository)];
      await valueOf(target.tag(repository, `${digestAlgorithm(image.manifest.digest)}-${digestHex(image.manifest.digest)}`, other.manifest, call()));
      assert.deepEqual(await valueOf(target.listReferrers(at(repository, image.manifest.digest), call())), []);
    },
  },
  {
    id: 'registry.referrers.4',
    title: 'a list of several pages is read to its end',
    spec: section('listing-referrers'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const wanted = new Set<string>();
      const kept: unknown[] = [];
      for (let n = 0; n < 5; n += 1) {
        const { manifest: referrer } = await imageIn(subject, repository, { subject: manifest });
        await valueOf(target.writeManifest(repository, referrer, call()));
        wanted.add(referrer.digest);
        kept.push({ ...descriptorOf(referrer), artifactType: 'application/vnd.davit.conformance' });
      }
      const where = at(repository, manifest.digest);
      if ((await valueOf(target.listReferrers(where, call()))).length === 0) {
        const list = manifestOf({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: kept } as { readonly mediaType: string });
        await valueOf(target.tag(repository, `${digestAlgorithm(manifest.digest)}-${digestHex(manifest.digest)}`, list, call()));
      }
      assert.deepEqual(new Set((await valueOf(target.listReferrers(where, call()))).map(({ digest }) => digest)), wanted);
    },
  },
];
