/**
 * Cases of a registry: a blob whose source fails while it is written.
 * @module
 */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { errAsync, failure, okAsync, StreamFault, type BlobContent, type RegistryError } from '@davit/core';
import { at, bytesOf, call, errorOf, freshBlob, pieces, read, sameBytes, valueOf, within, write } from './content.js';
import { section, type RegistryCase } from './subject.js';

const denied = failure('registry_denied', 'the source of this blob lets nobody read it');
const damaged = failure('digest_mismatch', 'the source of this blob sent other bytes than those of its digest');
const cut = failure('registry_unreachable', 'the source of this blob broke off', { retryable: true });

export const sourceCases: readonly RegistryCase[] = [
  {
    id: 'registry.blob.15',
    title: 'content that cannot be opened: the error of its source comes out, and nothing is kept',
    spec: 'R16, G16',
    run: async ({ target, repository }) => {
      const { descriptor } = freshBlob();
      const where = at(repository, descriptor.digest);
      isOf(denied, await errorOf(target.writeBlob(where, { descriptor, open: () => errAsync(denied) }, call()), denied.code));
      assert.equal(await valueOf(target.statBlob(where, call())), null);
    },
  },
  {
    id: 'registry.blob.16',
    title: 'content that fails midway: the error of its source comes out, and nothing is kept',
    spec: 'R16, G16',
    run: async ({ target, repository }) => {
      for (const fault of [denied, damaged]) {
        const { bytes, descriptor } = freshBlob(300_000);
        const where = at(repository, descriptor.digest);
        const content: BlobContent = { descriptor, open: (offset) => okAsync({ offset, body: failing(bytes.subarray(offset, 200_000), fault) }) };
        isOf(fault, await errorOf(target.writeBlob(where, content, call()), fault.code));
        assert.equal(await valueOf(target.statBlob(where, call())), null);
      }
    },
  },
  {
    id: 'registry.blob.17',
    title: 'content that fails midway, and not when it is read again: it is whole afterwards, or the error of its source comes out and nothing is kept',
    spec: 'R16, R92',
    run: async ({ target, repository }) => {
      const { bytes, descriptor } = freshBlob(300_000);
      const where = at(repository, descriptor.digest);
      let opened = 0;
      const content: BlobContent = {
        descriptor,
        open: (offset) => {
          opened += 1;
          return okAsync({ offset, body: opened === 1 ? failing(bytes.subarray(offset, 200_000), cut) : pieces(bytes.subarray(offset)) });
        },
      };
      const written = await target.writeBlob(where, content, call());
      if (written.isErr()) {
        isOf(cut, await errorOf(Promise.resolve(written), cut.code));
        assert.equal(await valueOf(target.statBlob(where, call())), null);
        return;
      }
      sameBytes(await bytesOf((await valueOf(target.readBlob(where, 0, call()))).body), bytes);
    },
  },
  {
    id: 'registry.blob.18',
    title: 'content that begins later than it was asked to is refused and not kept',
    spec: 'R16',
    run: async ({ target, repository }) => {
      const { bytes, descriptor } = freshBlob(10_000);
      const where = at(repository, descriptor.digest);
      const content: BlobContent = { descriptor, open: () => okAsync({ offset: 4000, body: pieces(bytes.subarray(4000)) }) };
      await errorOf(within(target.writeBlob(where, content, call()), 'refusing content that lacks its beginning', 20_000), 'size_mismatch', 'digest_mismatch', 'registry_protocol', 'registry_refused', 'registry_timeout', 'registry_unreachable');
      assert.equal(await valueOf(target.statBlob(where, call())), null);
    },
  },
  {
    id: 'registry.blob.19',
    title: 'a blob that is on its way is not there yet',
    spec: section('pushing-blobs'),
    run: async ({ target, repository }) => {
      const { bytes, descriptor } = freshBlob(300_000);
      const where = at(repository, descriptor.digest);
      let seen: number | null = null;
      const look = async (): Promise<void> => {
        const answer = Promise.resolve(target.statBlob(where, call()));
        // An adapter with one connection has to send this blob first; then there is nothing to see.
        const found = await Promise.race([answer, setTimeout(2000, undefined, { ref: false })]);
        seen = found?.isOk() === true ? found.value : null;
      };
      await valueOf(target.writeBlob(where, { descriptor, open: (offset) => okAsync({ offset, body: pausing(bytes.subarray(offset), look) }) }, call()));
      assert.equal(seen, null, 'a blob was found of which half had come');
      assert.equal(await valueOf(target.statBlob(where, call())), bytes.length);
    },
  },
  {
    id: 'registry.blob.20',
    title: 'a blob that is there stays as it is when writing it again fails',
    spec: 'R16, R21',
    run: async (subject) => {
      const { target, repository } = subject;
      const blob = freshBlob(300_000);
      const where = at(repository, blob.descriptor.digest);
      await write(subject, repository, blob);
      const content: BlobContent = { descriptor: blob.descriptor, open: (offset) => okAsync({ offset, body: failing(blob.bytes.subarray(offset, 200_000), denied) }) };
      // An adapter that sees that it is there already need not read it.
      const again = await target.writeBlob(where, content, call());
      if (again.isErr()) await errorOf(Promise.resolve(again), denied.code);
      sameBytes((await read(subject, where)).bytes, blob.bytes);
    },
  },
];

/** An adapter may say where it happened; what happened stays. */
function isOf(source: RegistryError, error: RegistryError): void {
  assert.ok(error.message.includes(source.message), `the error of the source is lost: ${error.message}`);
}

async function* failing(bytes: Uint8Array, fault: RegistryError): AsyncGenerator<Uint8Array> {
  yield* pieces(bytes);
  throw new StreamFault(fault);
}

/** Stops in the middle for `work`. */
async function* pausing(bytes: Uint8Array, work: () => Promise<void>): AsyncGenerator<Uint8Array> {
  const half = bytes.length >> 1;
  yield* pieces(bytes.subarray(0, half));
  await work();
  yield* pieces(bytes.subarray(half));
}
