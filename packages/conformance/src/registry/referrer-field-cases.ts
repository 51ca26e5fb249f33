/**
 * Cases of a registry: what is said of each that refers to a manifest, as the specification derives it from the referrer.
 * @module
 */
import assert from 'node:assert/strict';
import { mediaTypes, type Descriptor, type RawManifest } from '@davit/core';
import { at, call, descriptorOf, imageIn, indexOf, manifestOf, storedImage, valueOf } from './content.js';
import { section, type RegistryCase, type RegistrySubject } from './subject.js';

const artifactType = 'application/vnd.davit.conformance.note';
const annotations = { 'org.opencontainers.image.created': '2026-01-01T00:00:00Z', 'com.example.note': 'ä "quoted"' };

export const referrerFieldCases: readonly RegistryCase[] = [
  {
    id: 'registry.referrers.6',
    title: 'a referrer is listed with its media type, its artifact type and its annotations',
    spec: section('listing-referrers'),
    run: async (subject) => {
      const { manifest } = await storedImage(subject, subject.repository);
      const referrer = await imageOf(subject, { artifactType, annotations, subject: descriptorOf(manifest) });
      assert.deepEqual(await listed(subject, manifest, referrer), { ...descriptorOf(referrer), artifactType, annotations });
    },
  },
  {
    id: 'registry.referrers.7',
    title: 'a referrer that names no artifact type is listed with the media type of its configuration in that place',
    spec: section('listing-referrers'),
    run: async (subject) => {
      const { manifest } = await storedImage(subject, subject.repository);
      const referrer = await imageOf(subject, { subject: descriptorOf(manifest) });
      assert.deepEqual(await listed(subject, manifest, referrer), { ...descriptorOf(referrer), artifactType: mediaTypes.ociConfig });
    },
  },
  {
    id: 'registry.referrers.8',
    title: 'an index that refers to a manifest is listed as an image is, with the artifact type that it names, or with none',
    spec: section('listing-referrers'),
    run: async (subject) => {
      const { target, repository } = subject;
      for (const more of [{ artifactType, annotations }, {}]) {
        const { manifest } = await storedImage(subject, repository);
        const index = indexOf([(await storedImage(subject, repository)).manifest], { ...more, subject: descriptorOf(manifest) });
        await valueOf(target.writeManifest(repository, index, call()));
        assert.deepEqual(await listed(subject, manifest, index), { ...descriptorOf(index), ...more });
      }
    },
  },
];

/** Writes an image manifest with these fields. */
async function imageOf(subject: RegistrySubject, more: Readonly<Record<string, unknown>>): Promise<RawManifest> {
  const { config, layer } = await imageIn(subject, subject.repository);
  const manifest = manifestOf({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: config.descriptor, layers: [layer.descriptor], ...more });
  await valueOf(subject.target.writeManifest(subject.repository, manifest, call()));
  return manifest;
}

/** What the list for `of` says of its only entry, in the fields that the specification derives; those left out are left out. */
async function listed({ target, repository }: RegistrySubject, of: RawManifest, referrer: RawManifest): Promise<Partial<Descriptor>> {
  const found = await valueOf(target.listReferrers(at(repository, of.digest), call()));
  assert.deepEqual(found.map(({ digest }) => digest), [referrer.digest]);
  const fields = ['mediaType', 'digest', 'size', 'artifactType', 'annotations'] as const;
  return Object.fromEntries(fields.flatMap((field) => (found[0]?.[field] === undefined ? [] : [[field, found[0][field]]])));
}
