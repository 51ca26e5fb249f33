/**
 * Cases of a registry: what refers to a manifest.
 * @module
 */
import assert from 'node:assert/strict';
import { digestAlgorithm, digestHex } from '@davit/core';
import { at, call, freshBlob, imageIn, storedImage, valueOf } from './content.js';
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
    title: 'what refers to a manifest is listed with its type, whether the registry keeps the list or the adapter does',
    spec: section('referrers-tag-schema'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const { manifest: referrer } = await imageIn(subject, repository, { subject: manifest });
      await valueOf(target.writeManifest(repository, referrer, call()));
      const [found, ...more] = await valueOf(target.listReferrers(at(repository, manifest.digest), call()));
      assert.deepEqual(more, []);
      assert.equal(found?.digest, referrer.digest);
      assert.equal(found.size, referrer.bytes.length);
      assert.equal(found.artifactType, 'application/vnd.davit.conformance');
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
    title: 'several that refer to one manifest are all listed, also where they are written at the same time and listed page by page',
    spec: section('listing-referrers'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const referrers = await Promise.all(Array.from({ length: 5 }, () => imageIn(subject, repository, { subject: manifest })));
      await Promise.all(referrers.map((referrer) => valueOf(target.writeManifest(repository, referrer.manifest, call()))));
      const listed = await valueOf(target.listReferrers(at(repository, manifest.digest), call()));
      assert.deepEqual(new Set(listed.map(({ digest }) => digest)), new Set(referrers.map((referrer) => referrer.manifest.digest)));
      assert.equal(listed.length, referrers.length);
    },
  },
  {
    id: 'registry.referrers.5',
    title: 'one that is written again is listed once, and others that were listed stay',
    spec: section('pushing-manifests-with-subject'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const [one, other] = [await imageIn(subject, repository, { subject: manifest }), await imageIn(subject, repository, { subject: manifest })];
      for (const referrer of [one, other, one]) await valueOf(target.writeManifest(repository, referrer.manifest, call()));
      const listed = await valueOf(target.listReferrers(at(repository, manifest.digest), call()));
      assert.deepEqual(listed.map(({ digest }) => digest).sort(), [one.manifest.digest, other.manifest.digest].sort());
    },
  },
];
