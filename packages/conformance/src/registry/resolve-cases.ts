/**
 * Cases of a registry: what a name means.
 * @module
 */
import assert from 'node:assert/strict';
import { at, call, descriptorOf, errorOf, freshBlob, freshTag, indexOf, storedImage, valueOf } from './content.js';
import { section, type RegistryCase } from './subject.js';

export const resolveCases: readonly RegistryCase[] = [
  {
    id: 'registry.resolve.1',
    title: 'a tag resolves to the type, digest and size of the manifest that it names',
    spec: section('checking-if-content-exists-in-the-registry'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const tag = freshTag();
      await valueOf(target.tag(repository, tag, manifest, call()));
      assert.deepEqual(await valueOf(target.resolve({ ...repository, tag }, call())), descriptorOf(manifest));
    },
  },
  {
    id: 'registry.resolve.2',
    title: 'a digest resolves to itself, whatever tag stands beside it',
    spec: section('checking-if-content-exists-in-the-registry'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const other = await storedImage(subject, repository);
      const tag = freshTag();
      await valueOf(target.tag(repository, tag, other.manifest, call()));
      assert.deepEqual(await valueOf(target.resolve({ ...repository, tag, digest: manifest.digest }, call())), descriptorOf(manifest));
    },
  },
  {
    id: 'registry.resolve.3',
    title: 'a tag that is not there is manifest_not_found, names registry, repository and tag, and is not worth another try',
    spec: section('pulling-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      await storedImage(subject, repository);
      const error = await errorOf(target.resolve({ ...repository, tag: 'no-such-tag' }, call()), 'manifest_not_found');
      assert.equal(error.retryable, false);
      for (const part of [repository.registry, repository.repository, 'no-such-tag']) assert.ok(error.message.includes(part), error.message);
    },
  },
  {
    id: 'registry.resolve.4',
    title: 'a repository that is not there is manifest_not_found',
    spec: section('pulling-manifests'),
    run: async ({ target, repository }) => {
      await errorOf(target.resolve({ ...repository, repository: `${repository.repository}/no-such-repository`, tag: 'latest' }, call()), 'manifest_not_found', 'registry_denied', 'registry_unauthorized');
    },
  },
  {
    id: 'registry.resolve.5',
    title: 'a digest that is not there is manifest_not_found',
    spec: section('pulling-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      await storedImage(subject, repository);
      await errorOf(target.resolve(at(repository, freshBlob().descriptor.digest), call()), 'manifest_not_found');
    },
  },
  {
    id: 'registry.resolve.6',
    title: 'a tag on an index resolves to the index, by its tag and by its digest, and not to an image in it',
    spec: section('checking-if-content-exists-in-the-registry'),
    run: async (subject) => {
      const { target, repository } = subject;
      const index = indexOf([(await storedImage(subject, repository)).manifest]);
      await valueOf(target.writeManifest(repository, index, call()));
      const tag = freshTag();
      await valueOf(target.tag(repository, tag, index, call()));
      for (const reference of [{ ...repository, tag }, at(repository, index.digest)]) assert.deepEqual(await valueOf(target.resolve(reference, call())), descriptorOf(index));
    },
  },
];
