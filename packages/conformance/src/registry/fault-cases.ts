/**
 * Cases of a registry that fails: one fault at a time, on each kind of request. Only for subjects that can be made to fail.
 * @module
 */
import assert from 'node:assert/strict';
import { okAsync, streamFault, type BlobContent } from '@davit/core';
import { at, call, errorOf, freshBlob, freshTag, imageIn, pieces, read, sameBytes, storedImage, valueOf, write } from './content.js';
import { plant } from './fault.js';
import { section, type RegistryCase, type RegistryFault, type RegistrySubject } from './subject.js';

const passing: readonly RegistryFault['then'][] = [{ status: 408 }, { status: 425 }, { status: 429 }, { status: 429, headers: { 'retry-after': '0' } }, { status: 500 }, { status: 502 }, { status: 503 }, { status: 504 }, { reset: true }];

const manifests = /\/manifests\//;
const blobs = /\/blobs\/sha/;
const uploads = /\/blobs\/uploads\//;

/** `work` succeeds although its first request of that kind fails, whichever passing fault it is. */
async function survives(subject: RegistrySubject, request: Pick<RegistryFault, 'method' | 'path'>, faults: readonly RegistryFault['then'][], work: () => Promise<void>): Promise<void> {
  for (const then of faults) {
    const fault = plant(subject, { ...request, then });
    try {
      await work();
      fault.happened();
    } catch (thrown) {
      throw new Error(`with ${JSON.stringify(then)} on ${request.method}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
    }
  }
}

export const faultCases: readonly RegistryCase[] = [
  {
    id: 'registry.fault.1',
    title: 'resolving a tag comes through a fault that passes',
    spec: 'R92, G16',
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const tag = freshTag();
      await valueOf(target.tag(repository, tag, manifest, call()));
      await survives(subject, { method: 'HEAD', path: manifests }, passing, async () => assert.equal((await valueOf(target.resolve({ ...repository, tag }, call()))).digest, manifest.digest));
    },
  },
  {
    id: 'registry.fault.2',
    title: 'reading a manifest comes through a fault that passes, a cut and a flipped byte among them',
    spec: 'R92, G16',
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      await survives(subject, { method: 'GET', path: manifests }, [...passing, { cutAfterBytes: 10 }, { flipByteAt: 10 }], async () => {
        sameBytes((await valueOf(target.readManifest(at(repository, manifest.digest), call()))).bytes, manifest.bytes);
      });
    },
  },
  {
    id: 'registry.fault.3',
    title: 'finding a blob comes through a fault that passes',
    spec: 'R92, G16',
    run: async (subject) => {
      const blob = freshBlob();
      await write(subject, subject.repository, blob);
      await survives(subject, { method: 'HEAD', path: blobs }, passing, async () => assert.equal(await valueOf(subject.target.statBlob(at(subject.repository, blob.descriptor.digest), call())), blob.bytes.length));
    },
  },
  {
    id: 'registry.fault.4',
    title: 'opening a blob comes through a fault that passes',
    spec: 'R92, G16',
    run: async (subject) => {
      const blob = freshBlob();
      await write(subject, subject.repository, blob);
      await survives(subject, { method: 'GET', path: blobs }, passing, async () => sameBytes((await read(subject, at(subject.repository, blob.descriptor.digest))).bytes, blob.bytes));
    },
  },
  {
    id: 'registry.fault.5',
    title: 'a blob whose connection is cut throws a retryable fault, never a short end',
    spec: section('pulling-blobs'),
    run: async (subject) => {
      const blob = freshBlob(100_000);
      await write(subject, subject.repository, blob);
      const fault = plant(subject, { method: 'GET', path: blobs, then: { cutAfterBytes: 50_000 } });
      const thrown: unknown = await read(subject, at(subject.repository, blob.descriptor.digest)).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      fault.happened();
      assert.equal(streamFault(thrown)?.retryable, true);
    },
  },
  {
    id: 'registry.fault.6',
    title: 'writing a blob comes through a fault that passes when the upload is opened, and a lost answer',
    spec: 'R92, G16',
    run: async (subject) => {
      await survives(subject, { method: 'POST', path: uploads }, [...passing, { loseAnswer: true }], async () => {
        const blob = freshBlob();
        await write(subject, subject.repository, blob);
        sameBytes((await read(subject, at(subject.repository, blob.descriptor.digest))).bytes, blob.bytes);
      });
    },
  },
  {
    id: 'registry.fault.7',
    title: 'writing a blob comes through a fault that passes while its bytes are sent: a cut, a flipped byte and a lost answer among them',
    spec: 'R92, G16',
    run: async (subject) => {
      await survives(subject, { method: 'PUT', path: uploads }, [...passing, { cutAfterBytes: 50_000 }, { flipByteAt: 10 }, { loseAnswer: true }], async () => {
        const blob = freshBlob(100_000);
        await write(subject, subject.repository, blob);
        sameBytes((await read(subject, at(subject.repository, blob.descriptor.digest))).bytes, blob.bytes);
      });
    },
  },
  {
    id: 'registry.fault.8',
    title: 'writing a manifest and a tag comes through a fault that passes, and a lost answer',
    spec: 'R92, G16',
    run: async (subject) => {
      const { target, repository } = subject;
      await survives(subject, { method: 'PUT', path: manifests }, [...passing, { loseAnswer: true }], async () => {
        const { manifest } = await imageIn(subject, repository);
        await valueOf(target.writeManifest(repository, manifest, call()));
        assert.equal((await valueOf(target.resolve(at(repository, manifest.digest), call()))).digest, manifest.digest);
      });
    },
  },
  {
    id: 'registry.fault.9',
    title: 'a refusal that will not pass is not tried again',
    spec: 'G16',
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest } = await storedImage(subject, repository);
      for (const [status, ...codes] of [[400, 'registry_refused'], [403, 'registry_denied'], [404, 'manifest_not_found'], [405, 'registry_refused']] as const) {
        const fault = plant(subject, { method: 'GET', path: manifests, then: { status } });
        const answer = await target.readManifest(at(repository, manifest.digest), call());
        fault.happened();
        const error = await errorOf(Promise.resolve(answer), ...codes);
        assert.equal(error.retryable, false);
        assert.equal(error.status, status);
      }
    },
  },
  {
    id: 'registry.fault.10',
    title: 'a failure is never an answer: what is not known is not absent',
    spec: 'R40, R48',
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest, layer } = await storedImage(subject, repository);
      const found = plant(subject, { method: 'HEAD', path: blobs, then: { status: 403 } });
      const size = await target.statBlob(at(repository, layer.descriptor.digest), call());
      found.happened();
      await errorOf(Promise.resolve(size), 'registry_denied');
      const listed = plant(subject, { method: 'GET', path: /\/referrers\/|\/manifests\/sha256-/, then: { status: 403 } });
      const referrers = await target.listReferrers(at(repository, manifest.digest), call());
      listed.happened();
      await errorOf(Promise.resolve(referrers), 'registry_denied');
    },
  },
  {
    id: 'registry.fault.11',
    title: 'a retry is told of before the wait',
    spec: 'R92',
    run: async (subject) => {
      const blob = freshBlob();
      await write(subject, subject.repository, blob);
      const told: string[] = [];
      const fault = plant(subject, { method: 'HEAD', path: blobs, then: { status: 503 } });
      await valueOf(subject.target.statBlob(at(subject.repository, blob.descriptor.digest), { ...call(), progress: (progress) => void told.push(progress.type) }));
      fault.happened();
      assert.deepEqual(told, ['request.retry']);
    },
  },
  {
    id: 'registry.fault.20',
    title: 'an upload that breaks off comes through although its source can only be read from its start',
    spec: 'R16, R92, G16',
    run: async (subject) => {
      const blob = freshBlob(300_000);
      const where = at(subject.repository, blob.descriptor.digest);
      const content: BlobContent = { descriptor: blob.descriptor, open: () => okAsync({ offset: 0, body: pieces(blob.bytes) }) };
      const fault = plant(subject, { method: 'PUT', path: uploads, then: { cutAfterBytes: 150_000 } });
      await valueOf(subject.target.writeBlob(where, content, call()));
      fault.happened();
      sameBytes((await read(subject, where)).bytes, blob.bytes);
    },
  },
];
