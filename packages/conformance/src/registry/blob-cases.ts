/**
 * Cases of a registry: blobs, their sizes and their bytes.
 * @module
 */
import assert from 'node:assert/strict';
import { digestOf } from '@davit/core';
import { at, blobOf, bytesOf, call, contentOf, errorOf, freshBlob, read, sameBytes, valueOf, write } from './content.js';
import { section, type RegistryCase } from './subject.js';

export const blobCases: readonly RegistryCase[] = [
  {
    id: 'registry.blob.1',
    title: 'a blob comes back with the bytes it was written with',
    spec: section('pushing-blobs'),
    run: async (subject) => {
      const blob = freshBlob();
      await write(subject, subject.repository, blob);
      const found = await read(subject, at(subject.repository, blob.descriptor.digest));
      assert.equal(found.offset, 0);
      sameBytes(found.bytes, blob.bytes);
    },
  },
  {
    id: 'registry.blob.2',
    title: 'a blob that is there is found with its size',
    spec: section('checking-if-content-exists-in-the-registry'),
    run: async (subject) => {
      const blob = freshBlob(12_345);
      await write(subject, subject.repository, blob);
      assert.equal(await valueOf(subject.target.statBlob(at(subject.repository, blob.descriptor.digest), call())), 12_345);
    },
  },
  {
    id: 'registry.blob.3',
    title: 'a blob that is not there is null, which is no error',
    spec: section('checking-if-content-exists-in-the-registry'),
    run: async (subject) => {
      await write(subject, subject.repository, freshBlob());
      assert.equal(await valueOf(subject.target.statBlob(at(subject.repository, freshBlob().descriptor.digest), call())), null);
    },
  },
  {
    id: 'registry.blob.4',
    title: 'reading from the middle gives the rest, or says that it begins at the start',
    spec: section('pulling-blobs'),
    run: async (subject) => {
      const blob = freshBlob(10_000);
      await write(subject, subject.repository, blob);
      const found = await read(subject, at(subject.repository, blob.descriptor.digest), 9000);
      assert.ok(found.offset === 9000 || found.offset === 0, `it begins at ${String(found.offset)}`);
      sameBytes(found.bytes, blob.bytes.subarray(found.offset));
    },
  },
  {
    id: 'registry.blob.5',
    title: 'a blob without bytes is a blob',
    spec: section('pushing-blobs'),
    run: async (subject) => {
      const blob = blobOf(Buffer.alloc(0));
      await write(subject, subject.repository, blob);
      assert.equal(await valueOf(subject.target.statBlob(at(subject.repository, blob.descriptor.digest), call())), 0);
      assert.equal((await read(subject, at(subject.repository, blob.descriptor.digest))).bytes.length, 0);
    },
  },
  {
    id: 'registry.blob.6',
    title: 'reading a blob that is not there is blob_not_found',
    spec: section('pulling-blobs'),
    run: async (subject) => {
      await write(subject, subject.repository, freshBlob());
      const error = await errorOf(subject.target.readBlob(at(subject.repository, freshBlob().descriptor.digest), 0, call()), 'blob_not_found');
      assert.equal(error.retryable, false);
    },
  },
  {
    id: 'registry.blob.7',
    title: 'bytes with another digest than the one they are written under are refused and not kept',
    spec: section('pushing-blobs'),
    run: async ({ target, repository }) => {
      const blob = freshBlob();
      const { digest } = freshBlob().descriptor;
      const content = contentOf({ bytes: blob.bytes, descriptor: { ...blob.descriptor, digest } });
      await errorOf(target.writeBlob(at(repository, digest), content, call()), 'digest_mismatch', 'registry_refused');
      assert.equal(await valueOf(target.statBlob(at(repository, digest), call())), null);
    },
  },
  {
    id: 'registry.blob.8',
    title: 'content that is shorter or longer than its descriptor says is refused and not kept',
    spec: section('pushing-blobs'),
    run: async ({ target, repository }) => {
      for (const more of [-1, 1]) {
        const blob = freshBlob();
        const content = contentOf({ bytes: blob.bytes, descriptor: { ...blob.descriptor, size: blob.bytes.length + more } });
        await errorOf(target.writeBlob(at(repository, blob.descriptor.digest), content, call()), 'size_mismatch', 'digest_mismatch', 'registry_refused', 'registry_timeout', 'registry_unreachable');
        assert.equal(await valueOf(target.statBlob(at(repository, blob.descriptor.digest), call())), null);
      }
    },
  },
  {
    id: 'registry.blob.9',
    title: 'writing a blob that is there already is no error',
    spec: 'R16',
    run: async (subject) => {
      const blob = freshBlob();
      await write(subject, subject.repository, blob);
      await write(subject, subject.repository, blob);
      assert.equal(await valueOf(subject.target.statBlob(at(subject.repository, blob.descriptor.digest), call())), blob.bytes.length);
    },
  },
  {
    id: 'registry.blob.10',
    title: 'many blobs may be written and read at the same time',
    spec: 'R16',
    run: async (subject) => {
      const blobs = Array.from({ length: 16 }, () => freshBlob(50_000));
      await Promise.all(blobs.map((blob) => write(subject, subject.repository, blob)));
      await Promise.all(blobs.map(async (blob) => sameBytes((await read(subject, at(subject.repository, blob.descriptor.digest))).bytes, blob.bytes)));
    },
  },
  {
    id: 'registry.blob.11',
    title: 'a reader may leave early, as often as it likes, and the adapter goes on',
    spec: 'R16',
    run: async (subject) => {
      const blob = freshBlob(2_000_000);
      const where = at(subject.repository, blob.descriptor.digest);
      await write(subject, subject.repository, blob);
      for (let round = 0; round < 30; round += 1) {
        for await (const piece of (await valueOf(subject.target.readBlob(where, 0, call()))).body) {
          assert.ok(piece.length > 0);
          break;
        }
      }
      assert.equal(await valueOf(subject.target.statBlob(where, call())), blob.bytes.length);
    },
  },
  {
    id: 'registry.blob.12',
    title: 'a blob of many megabytes, more than registries take in one chunk, comes back whole',
    spec: section('pushing-blobs'),
    run: async (subject) => {
      const blob = freshBlob(9_000_000);
      await write(subject, subject.repository, blob);
      sameBytes((await read(subject, at(subject.repository, blob.descriptor.digest))).bytes, blob.bytes);
    },
  },
  {
    id: 'registry.blob.13',
    title: 'a blob under a sha512 digest is stored and read under it',
    spec: section('pushing-blobs'),
    run: async (subject) => {
      const { bytes, descriptor } = freshBlob();
      const blob = { bytes, descriptor: { ...descriptor, digest: digestOf(bytes, 'sha512') } };
      await write(subject, subject.repository, blob);
      assert.equal(await valueOf(subject.target.statBlob(at(subject.repository, blob.descriptor.digest), call())), bytes.length);
      sameBytes((await read(subject, at(subject.repository, blob.descriptor.digest))).bytes, bytes);
    },
  },
  {
    id: 'registry.blob.14',
    title: 'a part of a blob is that part and nothing else, where the adapter reads parts and the registry sends them',
    spec: section('pulling-blobs'),
    run: async (subject) => {
      const { target, repository } = subject;
      const blob = freshBlob(10_000);
      await write(subject, repository, blob);
      const where = at(repository, blob.descriptor.digest);
      for (const [offset, length] of [[0, 1], [4000, 3000], [9999, 1]] as const) {
        const part = await target.readBlobRange?.(where, offset, length, call());
        if (part === undefined) return;
        if (part.isErr()) {
          // A registry that knows no parts sends the whole, which is not what was asked for.
          await errorOf(Promise.resolve(part), 'registry_protocol');
          continue;
        }
        assert.equal(part.value.offset, offset);
        sameBytes(await bytesOf(part.value.body), blob.bytes.subarray(offset, offset + length));
      }
    },
  },
];
