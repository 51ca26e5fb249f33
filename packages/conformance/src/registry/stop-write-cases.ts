/**
 * Cases of a registry: what a signal that has fired leaves as it was.
 * @module
 */
import assert from 'node:assert/strict';
import { at, call, errorOf, freshBlob, freshTag, imageIn, storedImage, valueOf, within, write } from './content.js';
import { stopped, stuck } from './stopping.js';
import type { RegistryCase } from './subject.js';

export const stopWriteCases: readonly RegistryCase[] = [
  {
    id: 'registry.stop.4',
    title: 'after its signal has fired no manifest is written, no tag put and no blob mounted: each is interrupted',
    spec: 'R14, R16',
    run: async (subject) => {
      const { target, repository, otherRepository } = subject;
      const over = call(AbortSignal.abort());
      const { manifest } = await imageIn(subject, repository);
      await errorOf(target.writeManifest(repository, manifest, over), 'interrupted');
      await errorOf(target.resolve(at(repository, manifest.digest), call()), 'manifest_not_found');

      const [before, after] = [await storedImage(subject, repository), await storedImage(subject, repository)];
      const [fresh, standing] = [freshTag(), freshTag()];
      await valueOf(target.tag(repository, standing, before.manifest, call()));
      for (const tag of [fresh, standing]) await errorOf(target.tag(repository, tag, after.manifest, over), 'interrupted');
      await errorOf(target.resolve({ ...repository, tag: fresh }, call()), 'manifest_not_found');
      assert.equal((await valueOf(target.resolve({ ...repository, tag: standing }, call()))).digest, before.manifest.digest);

      const blob = freshBlob();
      await write(subject, repository, blob);
      await write(subject, otherRepository, freshBlob());
      await errorOf(target.mountBlob(at(otherRepository, blob.descriptor.digest), repository, over), 'interrupted');
      assert.equal(await valueOf(target.statBlob(at(otherRepository, blob.descriptor.digest), call())), null);
    },
  },
  {
    id: 'registry.stop.5',
    title: 'the operations that an adapter may have or not, listTags, readBlobRange and pullCredentials, are stopped as the others are',
    spec: 'R14, R16',
    run: async (subject) => {
      const { target, repository } = subject;
      const over = call(AbortSignal.abort());
      const blob = freshBlob();
      await write(subject, repository, blob);
      const [tags, part, login] = [target.listTags?.(repository, over), target.readBlobRange?.(at(repository, blob.descriptor.digest), 0, 10, over), target.pullCredentials?.(repository, over)];
      if (tags !== undefined) await errorOf(tags, 'interrupted');
      if (part !== undefined) await errorOf(part, 'interrupted');
      if (login !== undefined) await errorOf(login, 'interrupted');
    },
  },
  {
    id: 'registry.stop.6',
    title: 'a write that is stopped lets go of its source, which may hold a connection',
    spec: 'R14, R16',
    run: async ({ target, repository }) => {
      const blob = freshBlob(500_000);
      const stop = new AbortController();
      const { content, left } = stuck(blob, () => stop.abort());
      await errorOf(stopped(stop.signal, target.writeBlob(at(repository, blob.descriptor.digest), content, call(stop.signal)), 'stopping an upload'), 'interrupted');
      await within(left(), 'letting go of the source of a stopped upload');
    },
  },
];
