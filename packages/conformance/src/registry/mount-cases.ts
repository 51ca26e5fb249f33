/**
 * Cases of a registry: blobs taken over from another repository.
 * @module
 */
import assert from 'node:assert/strict';
import { at, call, freshBlob, read, sameBytes, valueOf, write } from './content.js';
import { section, type RegistryCase } from './subject.js';

export const mountCases: readonly RegistryCase[] = [
  {
    id: 'registry.mount.1',
    title: 'a blob that was mounted is there; one that was not mounted is not, and can be written',
    spec: section('mounting-a-blob-from-another-repository'),
    run: async (subject) => {
      const { target, repository, otherRepository } = subject;
      const blob = freshBlob();
      const where = at(otherRepository, blob.descriptor.digest);
      await write(subject, repository, blob);
      if (!(await valueOf(target.mountBlob(where, repository, call())))) {
        assert.equal(await valueOf(target.statBlob(where, call())), null);
        await write(subject, otherRepository, blob);
      }
      sameBytes((await read(subject, where)).bytes, blob.bytes);
    },
  },
  {
    id: 'registry.mount.2',
    title: 'a blob that the other repository lacks cannot be mounted, which is no error',
    spec: section('mounting-a-blob-from-another-repository'),
    run: async ({ target, repository, otherRepository }) => {
      const where = at(otherRepository, freshBlob().descriptor.digest);
      assert.equal(await valueOf(target.mountBlob(where, repository, call())), false);
      assert.equal(await valueOf(target.statBlob(where, call())), null);
    },
  },
  {
    id: 'registry.mount.3',
    title: 'between two registries nothing can be mounted, which is no error',
    spec: section('mounting-a-blob-from-another-repository'),
    run: async ({ target, repository }) => {
      assert.equal(await valueOf(target.mountBlob(at(repository, freshBlob().descriptor.digest), { ...repository, registry: 'elsewhere.invalid' }, call())), false);
    },
  },
];
