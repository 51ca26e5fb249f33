/**
 * Cases of a registry: manifests, byte for byte.
 * @module
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { digestOf, mediaTypes } from '@davit/core';
import { at, blobOf, call, descriptorOf, errorOf, freshBlob, imageIn, manifestOf, sameBytes, storedImage, valueOf, write } from './content.js';
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
      sameBytes(found.bytes, manifest.bytes);
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
        },
        1,
      );
      await valueOf(target.writeManifest(repository, index, call()));
      for (const wanted of [index, one.manifest, other.manifest]) {
        const found = await valueOf(target.readManifest(at(repository, wanted.digest), call()));
        sameBytes(found.bytes, wanted.bytes);
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
      const manifest = manifestOf({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: config.descriptor, layers: [freshBlob().descriptor] });
      await errorOf(target.writeManifest(repository, manifest, call()), 'blob_not_found', 'registry_refused');
      await errorOf(target.resolve(at(repository, manifest.digest), call()), 'manifest_not_found');
    },
  },
  {
    id: 'registry.manifest.7',
    title: 'an artifact without layers comes back as it is',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const empty = blobOf(Buffer.from('{}'), mediaTypes.ociEmpty);
      await write(subject, repository, empty);
      const artifact = manifestOf({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: 'application/vnd.davit.conformance', config: empty.descriptor, layers: [], annotations: { fresh: randomUUID() } });
      await valueOf(target.writeManifest(repository, artifact, call()));
      sameBytes((await valueOf(target.readManifest(at(repository, artifact.digest), call()))).bytes, artifact.bytes);
    },
  },
  {
    id: 'registry.manifest.8',
    title: 'an index in an index comes back as it is',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const inner = manifestOf({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [descriptorOf(manifest)] });
      const outer = manifestOf({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [descriptorOf(inner)] });
      for (const index of [inner, outer]) {
        await valueOf(target.writeManifest(repository, index, call()));
        sameBytes((await valueOf(target.readManifest(at(repository, index.digest), call()))).bytes, index.bytes);
      }
    },
  },
  {
    id: 'registry.manifest.9',
    title: 'a manifest of nearly 4 MiB, which is what registries must take, comes back whole',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { config, layer } = await imageIn(subject, repository);
      const manifest = manifestOf({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: config.descriptor, layers: [layer.descriptor], annotations: { padding: 'x'.repeat(4 * 1024 * 1024 - 4096) } });
      await valueOf(target.writeManifest(repository, manifest, call()));
      sameBytes((await valueOf(target.readManifest(at(repository, manifest.digest), call()))).bytes, manifest.bytes);
    },
  },
  {
    id: 'registry.manifest.10',
    title: 'a manifest under a sha512 digest is stored and read under it',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await imageIn(subject, repository);
      const long = { ...manifest, digest: digestOf(manifest.bytes, 'sha512') };
      await valueOf(target.writeManifest(repository, long, call()));
      const found = await valueOf(target.readManifest(at(repository, long.digest), call()));
      assert.equal(found.digest, long.digest);
      sameBytes(found.bytes, manifest.bytes);
    },
  },
  {
    id: 'registry.manifest.11',
    title: 'a manifest whose bytes have another digest than the one they are written under is refused and not kept',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await imageIn(subject, repository);
      const { digest } = freshBlob().descriptor;
      await errorOf(target.writeManifest(repository, { ...manifest, digest }, call()), 'digest_mismatch', 'registry_refused');
      await errorOf(target.resolve(at(repository, digest), call()), 'manifest_not_found');
    },
  },
  {
    id: 'registry.manifest.12',
    title: 'a manifest whose configuration the repository lacks is refused',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { layer } = await imageIn(subject, repository);
      const manifest = manifestOf({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: { ...freshBlob().descriptor, mediaType: mediaTypes.ociConfig }, layers: [layer.descriptor] });
      await errorOf(target.writeManifest(repository, manifest, call()), 'blob_not_found', 'registry_refused');
      await errorOf(target.resolve(at(repository, manifest.digest), call()), 'manifest_not_found');
    },
  },
];
