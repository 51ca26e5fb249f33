/**
 * Cases of a registry that lies, or says nothing: what it says is believed only where the bytes agree. Only for subjects that
 * can be made to fail.
 * @module
 */
import assert from 'node:assert/strict';
import { at, call, descriptorOf, errorOf, freshBlob, freshTag, imageIn, storedImage, valueOf, write } from './content.js';
import { section, type RegistryCase, type RegistryFault, type RegistrySubject } from './subject.js';

/** More often than any adapter asks again. */
const always = 20;

function lies({ inject }: RegistrySubject, fault: RegistryFault): void {
  inject?.({ ...fault, times: always });
}

const manifests = /\/manifests\//;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

export const lieCases: readonly RegistryCase[] = [
  {
    id: 'registry.fault.12',
    title: 'a request that is never answered ends when its signal fires',
    spec: 'R14, R16',
    run: async (subject) => {
      const blob = freshBlob();
      await write(subject, subject.repository, blob);
      const stop = new AbortController();
      subject.inject?.({ method: 'GET', path: /\/blobs\//, then: { stall: true } });
      setTimeout(() => stop.abort(), 50);
      await errorOf(subject.target.readBlob(at(subject.repository, blob.descriptor.digest), 0, call(stop.signal)), 'interrupted');
      assert.equal(await valueOf(subject.target.statBlob(at(subject.repository, blob.descriptor.digest), call())), blob.bytes.length);
    },
  },
  {
    id: 'registry.fault.13',
    title: 'other bytes than those of the digest are digest_mismatch, never a manifest',
    spec: section('pulling-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const [wanted, other] = [await storedImage(subject, repository), await storedImage(subject, repository)];
      lies(subject, { method: 'GET', path: manifests, then: { status: 200, headers: { 'content-type': other.manifest.mediaType, 'docker-content-digest': wanted.manifest.digest }, body: text(other.manifest.bytes) } });
      const error = await errorOf(target.readManifest(at(repository, wanted.manifest.digest), call()), 'digest_mismatch');
      assert.equal(error.expected, wanted.manifest.digest);
      assert.equal(error.actual, other.manifest.digest);
    },
  },
  {
    id: 'registry.fault.14',
    title: 'a Docker-Content-Digest that is not the digest of the bytes is digest_mismatch',
    spec: section('pulling-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const tag = freshTag();
      await valueOf(target.tag(repository, tag, manifest, call()));
      lies(subject, { method: 'HEAD', path: manifests, then: { status: 405 } });
      lies(subject, { method: 'GET', path: manifests, then: { status: 200, headers: { 'content-type': manifest.mediaType, 'docker-content-digest': freshBlob().descriptor.digest }, body: text(manifest.bytes) } });
      await errorOf(target.resolve({ ...repository, tag }, call()), 'digest_mismatch');
    },
  },
  {
    id: 'registry.fault.15',
    title: 'a manifest larger than 4 MiB is manifest_too_large, and is not read to its end',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      lies(subject, { method: 'GET', path: manifests, then: { status: 200, headers: { 'content-type': manifest.mediaType }, body: ' '.repeat(4 * 1024 * 1024 + 1) } });
      await errorOf(target.readManifest(at(repository, manifest.digest), call()), 'manifest_too_large');
    },
  },
  {
    id: 'registry.fault.16',
    title: 'a registry that says it stored something else under the digest is digest_mismatch',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await imageIn(subject, repository);
      lies(subject, { method: 'PUT', path: manifests, then: { status: 201, headers: { 'docker-content-digest': freshBlob().descriptor.digest } } });
      await errorOf(target.writeManifest(repository, manifest, call()), 'digest_mismatch');
    },
  },
  {
    id: 'registry.fault.17',
    title: 'a web page in place of an answer is an error, of a manifest and of an existence',
    spec: section('pulling-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Log in</title>' };
      lies(subject, { method: 'GET', path: manifests, then: page });
      lies(subject, { method: 'HEAD', path: manifests, then: page });
      await errorOf(target.readManifest(at(repository, manifest.digest), call()), 'digest_mismatch', 'registry_protocol', 'manifest_unsupported', 'document_invalid');
      await errorOf(target.resolve(at(repository, manifest.digest), call()), 'digest_mismatch', 'registry_protocol', 'manifest_unsupported', 'document_invalid');
    },
  },
  {
    id: 'registry.fault.18',
    title: 'a HEAD by digest that names another digest is digest_mismatch',
    spec: section('checking-if-content-exists-in-the-registry'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const { size } = descriptorOf(manifest);
      lies(subject, { method: 'HEAD', path: manifests, then: { status: 200, headers: { 'content-type': manifest.mediaType, 'docker-content-digest': freshBlob().descriptor.digest, 'content-length': String(size) } } });
      await errorOf(target.resolve(at(repository, manifest.digest), call()), 'digest_mismatch');
    },
  },
  {
    id: 'registry.fault.19',
    title: 'a tag that the registry says it put on something else is digest_mismatch',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      lies(subject, { method: 'PUT', path: manifests, then: { status: 201, headers: { 'docker-content-digest': freshBlob().descriptor.digest } } });
      await errorOf(target.tag(repository, freshTag(), manifest, call()), 'digest_mismatch', 'tag_mismatch');
    },
  },
];
