/**
 * Cases of a registry that lies, or says nothing: what it says is believed only where the bytes agree. Only for subjects that
 * can be made to fail.
 * @module
 */
import assert from 'node:assert/strict';
import type { RegistryError, Result } from '@davit/core';
import { at, call, descriptorOf, errorOf, freshBlob, freshTag, imageIn, storedImage, valueOf, within, write } from './content.js';
import { plant, untilMet, type PlantedFault } from './fault.js';
import { stuck } from './stopping.js';
import { section, type RegistryCase, type RegistryFault, type RegistrySubject } from './subject.js';

/** More often than any adapter asks again. */
const always = 20;

const lies = (subject: RegistrySubject, fault: RegistryFault): PlantedFault => plant(subject, { ...fault, times: always });

/** The error of an answer that a lie must have met on its way. */
async function errorAfter<T>(lie: PlantedFault, answer: PromiseLike<Result<T, RegistryError>>, ...codes: readonly RegistryError['code'][]): Promise<RegistryError> {
  const settled = await answer;
  lie.happened();
  return errorOf(Promise.resolve(settled), ...codes);
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
      const stall = plant(subject, { method: 'GET', path: /\/blobs\//, then: { stall: true } });
      const answer = Promise.resolve(subject.target.readBlob(at(subject.repository, blob.descriptor.digest), 0, call(stop.signal)));
      await untilMet(stall);
      stop.abort();
      await errorOf(within(answer, 'stopping a request that is never answered'), 'interrupted');
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
      const lie = lies(subject, { method: 'GET', path: manifests, then: { status: 200, headers: { 'content-type': other.manifest.mediaType, 'docker-content-digest': wanted.manifest.digest }, body: text(other.manifest.bytes) } });
      const error = await errorAfter(lie, target.readManifest(at(repository, wanted.manifest.digest), call()), 'digest_mismatch');
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
      const lie = lies(subject, { method: 'GET', path: manifests, then: { status: 200, headers: { 'content-type': manifest.mediaType, 'docker-content-digest': freshBlob().descriptor.digest }, body: text(manifest.bytes) } });
      await errorAfter(lie, target.resolve({ ...repository, tag }, call()), 'digest_mismatch');
    },
  },
  {
    id: 'registry.fault.15',
    title: 'a manifest larger than 4 MiB is manifest_too_large, and is not read to its end',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const lie = lies(subject, { method: 'GET', path: manifests, then: { status: 200, headers: { 'content-type': manifest.mediaType }, body: ' '.repeat(4 * 1024 * 1024 + 1) } });
      await errorAfter(lie, target.readManifest(at(repository, manifest.digest), call()), 'manifest_too_large');
    },
  },
  {
    id: 'registry.fault.16',
    title: 'a registry that says it stored something else under the digest is digest_mismatch',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await imageIn(subject, repository);
      const lie = lies(subject, { method: 'PUT', path: manifests, then: { status: 201, headers: { 'docker-content-digest': freshBlob().descriptor.digest } } });
      await errorAfter(lie, target.writeManifest(repository, manifest, call()), 'digest_mismatch');
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
      const [lie, other] = [lies(subject, { method: 'GET', path: manifests, then: page }), lies(subject, { method: 'HEAD', path: manifests, then: page })];
      await errorAfter(lie, target.readManifest(at(repository, manifest.digest), call()), 'digest_mismatch', 'registry_protocol', 'manifest_unsupported', 'document_invalid');
      // Asked by HEAD, or by GET where that is not to be relied on.
      const before = lie.hits() + other.hits();
      const resolved = await target.resolve(at(repository, manifest.digest), call());
      assert.ok(lie.hits() + other.hits() > before, 'the web page met no request of resolve()');
      await errorOf(Promise.resolve(resolved), 'digest_mismatch', 'registry_protocol', 'manifest_unsupported', 'document_invalid');
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
      const lie = lies(subject, { method: 'HEAD', path: manifests, then: { status: 200, headers: { 'content-type': manifest.mediaType, 'docker-content-digest': freshBlob().descriptor.digest, 'content-length': String(size) } } });
      await errorAfter(lie, target.resolve(at(repository, manifest.digest), call()), 'digest_mismatch');
    },
  },
  {
    id: 'registry.fault.19',
    title: 'a tag that the registry says it put on something else is digest_mismatch',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const lie = lies(subject, { method: 'PUT', path: manifests, then: { status: 201, headers: { 'docker-content-digest': freshBlob().descriptor.digest } } });
      await errorAfter(lie, target.tag(repository, freshTag(), manifest, call()), 'digest_mismatch', 'tag_mismatch');
    },
  },
  {
    id: 'registry.fault.21',
    title: 'an upload that is refused while its source hangs is refused at once, and lets go of the source, which may hold a connection',
    spec: 'R16',
    run: async (subject) => {
      const blob = freshBlob(500_000);
      const { content, left } = stuck(blob);
      const lie = lies(subject, { method: 'PUT', path: /\/blobs\/uploads\//, then: { status: 403 } });
      await errorAfter(lie, within(subject.target.writeBlob(at(subject.repository, blob.descriptor.digest), content, call()), 'being refused', 10_000), 'registry_denied');
      await within(left(), 'letting go of the source of a refused upload');
    },
  },
];
