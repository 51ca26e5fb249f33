/**
 * Cases of a registry: stopping in the middle.
 * @module
 */
import assert from 'node:assert/strict';
import { okAsync, streamFault, type BlobContent } from '@davit/core';
import { at, call, contentOf, errorOf, freshBlob, valueOf, write } from './content.js';
import type { RegistryCase } from './subject.js';

export const stopCases: readonly RegistryCase[] = [
  {
    id: 'registry.stop.1',
    title: 'a signal that has fired stops every operation before it begins',
    spec: 'R14, R16',
    run: async ({ target, repository, otherRepository }) => {
      const blob = freshBlob();
      const where = at(repository, blob.descriptor.digest);
      const stopped = call(AbortSignal.abort());
      await errorOf(target.resolve({ ...repository, tag: 'latest' }, stopped), 'interrupted');
      await errorOf(target.readManifest(where, stopped), 'interrupted');
      await errorOf(target.readBlob(where, 0, stopped), 'interrupted');
      await errorOf(target.statBlob(where, stopped), 'interrupted');
      await errorOf(target.listReferrers(where, stopped), 'interrupted');
      await errorOf(target.mountBlob(where, otherRepository, stopped), 'interrupted');
      await errorOf(target.writeBlob(where, contentOf(blob), stopped), 'interrupted');
      assert.equal(await valueOf(target.statBlob(where, call())), null);
    },
  },
  {
    id: 'registry.stop.2',
    title: 'a write that is stopped in the middle is interrupted, and leaves nothing that looks whole',
    spec: 'R14, R16',
    run: async ({ target, repository }) => {
      const blob = freshBlob(500_000);
      const where = at(repository, blob.descriptor.digest);
      const stop = new AbortController();
      const content: BlobContent = {
        descriptor: blob.descriptor,
        open: (offset) => okAsync({ offset, body: halfway(blob.bytes, () => stop.abort()) }),
      };
      await errorOf(target.writeBlob(where, content, call(stop.signal)), 'interrupted');
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
      const thrown = await (async () => {
        try {
          for await (const piece of body) if (piece.length > 0) stop.abort();
        } catch (fault) {
          return fault;
        }
        return assert.fail('the stream went on to its end');
      })();
      assert.equal(streamFault(thrown)?.code, 'interrupted');
    },
  },
];

/** The first half, then `stop`, then silence until the reader is gone. */
async function* halfway(bytes: Uint8Array, stop: () => void): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, bytes.length / 2);
  setTimeout(stop, 10);
  // Long enough for the signal to win, and short enough not to keep a process that has ended.
  await new Promise((resolve) => setTimeout(resolve, 5000).unref());
  yield bytes.subarray(bytes.length / 2);
}
