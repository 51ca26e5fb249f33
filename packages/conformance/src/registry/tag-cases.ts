/**
 * Cases of a registry: tags.
 * @module
 */
import assert from 'node:assert/strict';
import { mediaTypes } from '@davit/core';
import { call, descriptorOf, errorOf, freshBlob, freshTag, imageIn, indexOf, manifestOf, storedImage, valueOf } from './content.js';
import { section, type RegistryCase, type RegistrySubject } from './subject.js';

export const tagCases: readonly RegistryCase[] = [
  {
    id: 'registry.tag.1',
    title: 'nothing but tag() makes a tag: blobs and manifests are written without one',
    spec: 'G6',
    run: async (subject) => {
      const { target, repository } = subject;
      const tag = freshTag();
      const { manifest } = await storedImage(subject, repository);
      await errorOf(target.resolve({ ...repository, tag }, call()), 'manifest_not_found');
      await valueOf(target.tag(repository, tag, manifest, call()));
      assert.deepEqual(await valueOf(target.resolve({ ...repository, tag }, call())), descriptorOf(manifest));
    },
  },
  {
    id: 'registry.tag.2',
    title: 'a tag can be moved, and back again, and reads as what was put last',
    spec: 'R22, R24, G7',
    run: async (subject) => {
      const { target, repository } = subject;
      const [one, other] = [await storedImage(subject, repository), await storedImage(subject, repository)];
      const tag = freshTag();
      for (const { manifest } of [one, other, one]) {
        await valueOf(target.tag(repository, tag, manifest, call()));
        assert.equal((await valueOf(target.resolve({ ...repository, tag }, call()))).digest, manifest.digest);
      }
    },
  },
  {
    id: 'registry.tag.3',
    title: 'moving a tag leaves other tags and the manifest it named alone',
    spec: 'R21, R22',
    run: async (subject) => {
      const { target, repository } = subject;
      const [one, other] = [await storedImage(subject, repository), await storedImage(subject, repository)];
      const [moved, kept] = [freshTag(), freshTag()];
      await valueOf(target.tag(repository, moved, one.manifest, call()));
      await valueOf(target.tag(repository, kept, one.manifest, call()));
      await valueOf(target.tag(repository, moved, other.manifest, call()));
      assert.equal((await valueOf(target.resolve({ ...repository, tag: kept }, call()))).digest, one.manifest.digest);
      assert.equal((await valueOf(target.resolve({ ...repository, digest: one.manifest.digest }, call()))).digest, one.manifest.digest);
    },
  },
  {
    id: 'registry.tag.4',
    title: 'a text that is no tag is reference_invalid, and nothing is asked of the registry',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { manifest } = await imageIn(subject, subject.repository);
      for (const tag of ['', '../x', 'a b', '-a', 'x'.repeat(129)]) await errorOf(subject.target.tag(subject.repository, tag, manifest, call()), 'reference_invalid');
    },
  },
  {
    id: 'registry.tag.5',
    title: 'a tag may have 128 characters, of every kind that is allowed',
    spec: section('pulling-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const tag = `_A.z-9${freshTag()}`.padEnd(128, 'x');
      await valueOf(target.tag(repository, tag, manifest, call()));
      assert.equal((await valueOf(target.resolve({ ...repository, tag }, call()))).digest, manifest.digest);
    },
  },
  {
    id: 'registry.tag.6',
    title: 'the tags of a repository are listed, all of them where the list says that it is complete, if the adapter lists them',
    spec: section('listing-tags'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const tags = [freshTag(), freshTag(), freshTag()];
      for (const tag of tags) await valueOf(target.tag(repository, tag, manifest, call()));
      const listed = await target.listTags?.(repository, call());
      if (listed === undefined) return;
      const { tags: found, complete } = await valueOf(Promise.resolve(listed));
      assert.equal(new Set(found).size, found.length);
      if (complete) for (const tag of tags) assert.ok(found.includes(tag), `${tag} is not in the list`);
      else assert.ok(found.length > 0);
    },
  },
  {
    id: 'registry.tag.7',
    title: 'writing blobs, images and indexes leaves every tag as it was, `latest` too, and tag() makes the one that it is asked for',
    spec: 'G6',
    run: async (subject) => {
      const { target, repository } = subject;
      const before = await tagsOf(subject);
      const { manifest } = await storedImage(subject, repository);
      await valueOf(target.writeManifest(repository, indexOf([manifest]), call()));
      const written = await tagsOf(subject);
      assert.equal(written.latest, before.latest, 'a manifest was given the tag `latest`');
      if (before.listed !== null && written.listed !== null) assert.deepEqual(written.listed, before.listed);
      const tag = freshTag();
      await valueOf(target.tag(repository, tag, manifest, call()));
      const after = await tagsOf(subject);
      if (target.listTags !== undefined) await valueOf(target.listTags(repository, call()));
      assert.equal(after.latest, before.latest, 'tag() moved `latest`');
      if (before.listed !== null && after.listed !== null) assert.deepEqual(after.listed, [...before.listed, tag].sort());
    },
  },
  {
    id: 'registry.tag.8',
    title: 'a manifest that is not stored, and whose blobs the repository lacks, gets no tag',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      await storedImage(subject, repository);
      const manifest = manifestOf({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: { ...freshBlob().descriptor, mediaType: mediaTypes.ociConfig }, layers: [freshBlob().descriptor] });
      const tag = freshTag();
      await errorOf(target.tag(repository, tag, manifest, call()), 'manifest_not_found', 'blob_not_found', 'registry_refused');
      await errorOf(target.resolve({ ...repository, tag }, call()), 'manifest_not_found');
    },
  },
];

/** What `latest` names, and all tags where the adapter can list them all; null where that is not known. */
async function tagsOf({ target, repository }: RegistrySubject): Promise<{ readonly latest: string | null; readonly listed: readonly string[] | null }> {
  const latest = await target.resolve({ ...repository, tag: 'latest' }, call());
  const listed = await target.listTags?.(repository, call());
  return {
    // A repository that nothing was written to yet may be one that is not there, of which a registry may say what it likes.
    latest: latest.isOk() ? latest.value.digest : null,
    listed: listed?.isOk() === true && listed.value.complete ? [...listed.value.tags].sort() : null,
  };
}
