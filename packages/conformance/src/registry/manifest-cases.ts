/**
 * Cases of a registry: manifests, byte for byte.
 * @module
 */
import assert from 'node:assert/strict';
import { mediaTypes } from '@davit/core';
import { at, call, descriptorOf, errorOf, freshBlob, imageIn, manifestOf, storedImage, valueOf } from './content.js';
import { section, type RegistryCase } from './subject.js';

export const manifestCases: readonly RegistryCase[] = [
  {
    id: 'registry.manifest.1',
    title: 'a manifest comes back with the very bytes it was written with',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const found = await valueOf(target.readManifest(at(repository, manifest.digest), call()));
      assert.equal(found.digest, manifest.digest);
      assert.equal(found.mediaType, manifest.mediaType);
      assert.deepEqual(Buffer.from(found.bytes), Buffer.from(manifest.bytes));
    },
  },
  {
    id: 'registry.manifest.2',
    title: 'an index of several platforms comes back as it is, and so do the images in it',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const [one, other] = [await storedImage(subject, repository), await storedImage(subject, repository)];
      const index = manifestOf(
        {
          schemaVersion: 2,
          mediaType: mediaTypes.ociIndex,
          manifests: [
            { ...descriptorOf(one.manifest), platform: { os: 'linux', architecture: 'amd64' } },
            { ...descriptorOf(other.manifest), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
          ],
        } as { readonly mediaType: string },
        1,
      );
      await valueOf(target.writeManifest(repository, index, call()));
      for (const wanted of [index, one.manifest, other.manifest]) {
        const found = await valueOf(target.readManifest(at(repository, wanted.digest), call()));
        assert.deepEqual(Buffer.from(found.bytes), Buffer.from(wanted.bytes));
        assert.equal(found.mediaType, wanted.mediaType);
      }
    },
  },
  {
    id: 'registry.manifest.3',
    title: 'a manifest of Docker\'s type keeps its type',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await imageIn(subject, repository, { docker: true });
      await valueOf(target.writeManifest(repository, manifest, call()));
      assert.equal((await valueOf(target.readManifest(at(repository, manifest.digest), call()))).mediaType, mediaTypes.dockerManifest);
    },
  },
  {
    id: 'registry.manifest.4',
    title: 'a digest that is not there is manifest_not_found',
    spec: section('pulling-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      await storedImage(subject, repository);
      const error = await errorOf(target.readManifest(at(repository, freshBlob().descriptor.digest), call()), 'manifest_not_found');
      assert.equal(error.retryable, false);
    },
  },
  {
    id: 'registry.manifest.5',
    title: 'writing a manifest again changes nothing and is no error',
    spec: 'R16',
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      await valueOf(target.writeManifest(repository, manifest, call()));
      assert.deepEqual(await valueOf(target.resolve(at(repository, manifest.digest), call())), descriptorOf(manifest));
    },
  },
  {
    id: 'registry.manifest.6',
    title: 'a manifest that names a blob which the repository lacks is refused',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { config } = await imageIn(subject, repository);
      const manifest = manifestOf({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: config.descriptor, layers: [freshBlob().descriptor] } as { readonly mediaType: string });
      await errorOf(target.writeManifest(repository, manifest, call()), 'blob_not_found', 'registry_refused');
      await errorOf(target.resolve(at(repository, manifest.digest), call()), 'manifest_not_found');
    },
  },
];
