/**
 * Cases of a registry whose storage is damaged. Only for subjects whose manifests can be.
 * @module
 */
import assert from 'node:assert/strict';
import { maxManifestBytes } from '@davit/core';
import { at, call, errorOf, sameBytes, storedImage, valueOf, type WrittenImage } from './content.js';
import { section, type RegistryCase, type RegistrySubject } from './subject.js';

export const damageCases: readonly RegistryCase[] = [
  {
    id: 'registry.damage.1',
    title: 'a manifest whose bytes are no longer those of its digest is digest_mismatch, never a manifest',
    spec: section('pulling-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const other = await storedImage(subject, repository);
      for (const wrong of [(bytes: Uint8Array) => flipped(bytes), () => other.manifest.bytes]) {
        const { manifest } = await damaged(subject, wrong);
        const error = await errorOf(target.readManifest(at(repository, manifest.digest), call()), 'digest_mismatch');
        assert.equal(error.expected, manifest.digest);
      }
      sameBytes((await valueOf(target.readManifest(at(repository, other.manifest.digest), call()))).bytes, other.manifest.bytes);
    },
  },
  {
    id: 'registry.damage.2',
    title: 'a manifest that has grown beyond 4 MiB is manifest_too_large or digest_mismatch, never a manifest',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { manifest } = await damaged(subject, (bytes) => Buffer.concat([bytes, Buffer.alloc(maxManifestBytes, ' ')]));
      await errorOf(subject.target.readManifest(at(subject.repository, manifest.digest), call()), 'manifest_too_large', 'digest_mismatch');
    },
  },
];

async function damaged(subject: RegistrySubject, wrong: (bytes: Uint8Array) => Uint8Array): Promise<WrittenImage> {
  if (subject.damage === undefined) assert.fail('the options say `damages: true`, and the subject has no `damage`');
  const image = await storedImage(subject, subject.repository);
  await subject.damage(at(subject.repository, image.manifest.digest), wrong(image.manifest.bytes));
  return image;
}

/** One letter of it is another one, and all else is the same. */
function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
}
