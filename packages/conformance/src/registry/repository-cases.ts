/**
 * Cases of a registry: what is in one repository is in that one only, whatever storage lies below.
 * @module
 */
import assert from 'node:assert/strict';
import { at, bytesOf, call, errorOf, freshBlob, freshTag, imageIn, storedImage, valueOf, within, write } from './content.js';
import { section, type RegistryCase } from './subject.js';

export const repositoryCases: readonly RegistryCase[] = [
  {
    id: 'registry.repository.1',
    title: 'a blob of one repository is not found in another, which may share its storage but not its content',
    spec: section('checking-if-content-exists-in-the-registry'),
    run: async (subject) => {
      const { target, repository, otherRepository } = subject;
      const blob = freshBlob();
      await write(subject, repository, blob);
      // Now the other repository is there too.
      await write(subject, otherRepository, freshBlob());
      const elsewhere = at(otherRepository, blob.descriptor.digest);
      assert.equal(await valueOf(target.statBlob(elsewhere, call())), null);
      await errorOf(target.readBlob(elsewhere, 0, call()), 'blob_not_found');
      const part = await target.readBlobRange?.(elsewhere, 0, 10, call());
      // A part may also be opened without a look, and then fail when it is read.
      if (part?.isOk() === true) await assert.rejects(bytesOf(part.value.body), 'a part of a blob of another repository was read');
    },
  },
  {
    id: 'registry.repository.2',
    title: 'a manifest of one repository is not found in another, not even by its digest',
    spec: section('pulling-manifests'),
    run: async (subject) => {
      const { target, repository, otherRepository } = subject;
      const { manifest } = await storedImage(subject, repository);
      await storedImage(subject, otherRepository);
      const elsewhere = at(otherRepository, manifest.digest);
      await errorOf(target.resolve(elsewhere, call()), 'manifest_not_found');
      await errorOf(target.readManifest(elsewhere, call()), 'manifest_not_found');
    },
  },
  {
    id: 'registry.repository.3',
    title: 'a tag belongs to its repository: in another it is not there, or names what that one says',
    spec: section('pulling-manifests'),
    run: async (subject) => {
      const { target, repository, otherRepository } = subject;
      const [one, other] = [await storedImage(subject, repository), await storedImage(subject, otherRepository)];
      const [alone, both] = [freshTag(), freshTag()];
      await valueOf(target.tag(repository, alone, one.manifest, call()));
      await errorOf(target.resolve({ ...otherRepository, tag: alone }, call()), 'manifest_not_found');
      await valueOf(target.tag(repository, both, one.manifest, call()));
      await valueOf(target.tag(otherRepository, both, other.manifest, call()));
      assert.equal((await valueOf(target.resolve({ ...repository, tag: both }, call()))).digest, one.manifest.digest);
      assert.equal((await valueOf(target.resolve({ ...otherRepository, tag: both }, call()))).digest, other.manifest.digest);
      const listed = await target.listTags?.(otherRepository, call());
      if (listed !== undefined) assert.ok(!(await valueOf(Promise.resolve(listed))).tags.includes(alone), 'a tag is listed in a repository that has it not');
    },
  },
  {
    id: 'registry.repository.4',
    title: 'a manifest whose blobs only another repository has is refused, for nobody could pull it',
    spec: section('pushing-manifests'),
    run: async (subject) => {
      const { target, repository, otherRepository } = subject;
      const { manifest } = await imageIn(subject, repository);
      await write(subject, otherRepository, freshBlob());
      await errorOf(target.writeManifest(otherRepository, manifest, call()), 'blob_not_found', 'registry_refused');
      await errorOf(target.resolve(at(otherRepository, manifest.digest), call()), 'manifest_not_found');
    },
  },
  {
    id: 'registry.repository.5',
    title: 'what refers to a manifest is listed in its own repository only',
    spec: section('listing-referrers'),
    run: async (subject) => {
      const { target, repository, otherRepository } = subject;
      const { manifest } = await storedImage(subject, repository);
      const { manifest: referrer } = await imageIn(subject, repository, { subject: manifest });
      await valueOf(target.writeManifest(repository, referrer, call()));
      await write(subject, otherRepository, freshBlob());
      assert.deepEqual(await valueOf(target.listReferrers(at(otherRepository, manifest.digest), call())), []);
    },
  },
  {
    id: 'registry.repository.6',
    title: 'another registry, which is not there, has nothing of this one',
    spec: section('pulling-manifests'),
    run: async (subject) => {
      const { target, repository } = subject;
      const { manifest, layer } = await storedImage(subject, repository);
      const tag = freshTag();
      await valueOf(target.tag(repository, tag, manifest, call()));
      const elsewhere = { ...repository, registry: 'elsewhere.invalid' };
      const asking = 'asking a registry that is not there';
      // An adapter may ask again for a while for a host that does not answer: that is cut short, as every error will do.
      const hurry = (): ReturnType<typeof call> => call(AbortSignal.timeout(300));
      const answers = [
        await within(target.resolve({ ...elsewhere, tag }, hurry()), asking),
        await within(target.resolve(at(elsewhere, manifest.digest), hurry()), asking),
        await within(target.readManifest(at(elsewhere, manifest.digest), hurry()), asking),
        await within(target.readBlob(at(elsewhere, layer.descriptor.digest), 0, hurry()), asking),
      ];
      for (const answer of answers) assert.ok(answer.isErr(), 'another registry answered with what this one has');
      const size = await within(target.statBlob(at(elsewhere, layer.descriptor.digest), hurry()), asking);
      assert.ok(size.isErr() || size.value === null, 'another registry found a blob of this one');
    },
  },
];
