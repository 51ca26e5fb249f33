/**
 * Cases of a registry: stopping in the middle.
 * @module
 */
import assert from 'node:assert/strict';
import { streamFault } from '@davit/core';
import { at, call, contentOf, errorOf, freshBlob, valueOf, write } from './content.js';
import { stopped, stuck } from './stopping.js';
import type { RegistryCase } from './subject.js';

export const stopCases: readonly RegistryCase[] = [
  {
    id: 'registry.stop.1',
    title: 'a signal that has fired stops every operation before it begins',
    spec: 'R14, R16',
    run: async ({ target, repository, otherRepository }) => {
      const blob = freshBlob();
      const where = at(repository, blob.descriptor.digest);
      const over = call(AbortSignal.abort());
      await errorOf(target.resolve({ ...repository, tag: 'latest' }, over), 'interrupted');
      await errorOf(target.readManifest(where, over), 'interrupted');
      await errorOf(target.readBlob(where, 0, over), 'interrupted');
      await errorOf(target.statBlob(where, over), 'interrupted');
      await errorOf(target.listReferrers(where, over), 'interrupted');
      await errorOf(target.mountBlob(where, otherRepository, over), 'interrupted');
      await errorOf(target.writeBlob(where, contentOf(blob), over), 'interrupted');
      assert.equal(await valueOf(target.statBlob(where, call())), null);
    },
  },
  {
    id: 'registry.stop.2',
    title: 'a write that is stopped in the middle is interrupted, at once though its source says nothing, and leaves nothing that looks whole',
    spec: 'R14, R16',
    run: async ({ target, repository }) => {
      const blob = freshBlob(500_000);
      const where = at(repository, blob.descriptor.digest);
      const stop = new AbortController();
      const { content } = stuck(blob, () => stop.abort());
      await errorOf(stopped(stop.signal, target.writeBlob(where, content, call(stop.signal)), 'stopping an upload'), 'interrupted');
      assert.equal(await valueOf(target.statBlob(where, call())), null);
    },
  },
  {
    id: 'registry.stop.3',
    title: 'a read that is stopped in the middle throws the fault interrupted',
    spec: 'R14, R16',
    run: async (subject) => {
      const blob = freshBlob(8_000_000);
      await write(subject, subject.repository, blob);
      const stop = new AbortController();
      const { body } = await valueOf(subject.target.readBlob(at(subject.repository, blob.descriptor.digest), 0, call(stop.signal)));
      const thrown = await stopped(stop.signal, (async () => {
        try {
          for await (const piece of body) if (piece.length > 0) stop.abort();
        } catch (fault) {
          return fault;
        }
        return assert.fail('the stream went on to its end');
      })(), 'stopping a read');
      assert.equal(streamFault(thrown)?.code, 'interrupted');
    },
  },
];
