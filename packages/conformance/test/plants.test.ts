/**
 * Mistakes that authors of adapters make, each planted in something that makes none, and the case that finds it: the kit's
 * own test. What passes here unseen would pass in their adapters.
 */
import { registryCases, storeCases, type RegistrySubject, type StoreSubject } from '@davit/conformance';
import { err, failure, memoryStore, memoryStoreState, ok, okAsync, parseManifest, ResultAsync, type BlobContent, type Call, type ImageTarget, type PromotionStore, type Repository } from '@davit/core';
import { memoryRegistry } from '@davit/core/testing';
import { describe, expect, it } from 'vitest';

const repository: Repository = { registry: 'registry.example.com', repository: 'staging/app' };
const otherRepository: Repository = { registry: 'registry.example.com', repository: 'prod/app' };
const deaf = <C extends Call>(call: C): C => ({ ...call, signal: new AbortController().signal });
const everywhere = <T extends Repository>(place: T): T => ({ ...place, ...repository });
const later = <T>(result: ResultAsync<T, never>, work: Promise<unknown>): ResultAsync<T, never> => new ResultAsync(work.then(() => result));

type Mistake = (target: ImageTarget) => Partial<ImageTarget>;

const mistakes: readonly (readonly [mistake: string, caseId: string, Mistake])[] = [
  ['one repository for all blobs', 'registry.repository.1', (target) => ({ statBlob: (blob, call) => target.statBlob(everywhere(blob), call) })],
  ['one repository for all manifests', 'registry.repository.2', (target) => ({ readManifest: (manifest, call) => target.readManifest(everywhere(manifest), call) })],
  ['one repository for all tags', 'registry.repository.3', (target) => ({ resolve: (reference, call) => target.resolve(everywhere(reference), call), tag: (to, tag, manifest, call) => target.tag(everywhere(to), tag, manifest, call) })],
  ['one repository for all referrers', 'registry.repository.5', (target) => ({ listReferrers: (subject, call) => target.listReferrers(everywhere(subject), call) })],
  ['one registry for all', 'registry.repository.6', (target) => ({ resolve: (reference, call) => target.resolve({ ...reference, registry: repository.registry }, call) })],
  ['`latest` for every manifest that is written', 'registry.tag.7', (target) => ({ writeManifest: (to, manifest, call) => target.writeManifest(to, manifest, call).andThen(() => target.tag(to, 'latest', manifest, call)) })],
  ['an index taken for an image', 'registry.resolve.6', (target) => ({ resolve: (reference, call) => target.resolve(reference, call).map((found) => ({ ...found, mediaType: 'application/vnd.oci.image.manifest.v1+json' })) })],
  ['a referrer without its annotations', 'registry.referrers.6', (target) => ({ listReferrers: (subject, call) => target.listReferrers(subject, call).map((list) => list.map(({ annotations: _, ...rest }) => rest)) })],
  ['a referrer without the type of its configuration', 'registry.referrers.7', (target) => ({ listReferrers: (subject, call) => target.listReferrers(subject, call).map((list) => list.map(({ artifactType: _, ...rest }) => rest)) })],
  ['an index that refers, left out', 'registry.referrers.8', (target) => ({ listReferrers: (subject, call) => target.listReferrers(subject, call).map((list) => list.filter(({ mediaType }) => !mediaType.includes('index'))) })],
  ['a deaf writeManifest', 'registry.stop.4', (target) => ({ writeManifest: (to, manifest, call) => target.writeManifest(to, manifest, deaf(call)) })],
  ['a deaf tag', 'registry.stop.4', (target) => ({ tag: (to, tag, manifest, call) => target.tag(to, tag, manifest, deaf(call)) })],
  ['a deaf mountBlob', 'registry.stop.4', (target) => ({ mountBlob: (blob, from, call) => target.mountBlob(blob, from, deaf(call)) })],
  ['a tag that is put although it says that it was interrupted', 'registry.stop.4', (target) => ({ tag: (to, tag, manifest, call) => target.tag(to, tag, manifest, deaf(call)).andThen(() => (call.signal.aborted ? err(failure('interrupted', 'the tag was interrupted')) : ok(undefined))) })],
  ['a deaf listTags', 'registry.stop.5', (target) => ({ listTags: (of, call) => target.listTags?.(of, deaf(call)) ?? okAsync({ tags: [], complete: true }) })],
  ['a deaf pullCredentials', 'registry.stop.5', () => ({ pullCredentials: () => okAsync(null) })],
  ['an upload that stops when its source speaks again', 'registry.stop.2', (target) => ({ writeBlob: (blob, content, call) => target.writeBlob(blob, content, deaf(call)) })],
  ['a source that is never let go', 'registry.stop.6', (target) => ({ writeBlob: (blob, content, call) => target.writeBlob(blob, unending(content), call) })],
  ['a source that cannot be opened, taken for an empty one', 'registry.blob.15', (target) => ({ writeBlob: (blob, content, call) => new ResultAsync(Promise.resolve(content.open(0, call)).then((opened) => (opened.isErr() ? ok(undefined) : target.writeBlob(blob, content, call)))) })],
  ['a fault of the source under another code', 'registry.blob.16', (target) => ({ writeBlob: (blob, content, call) => target.writeBlob(blob, content, call).mapErr((error) => (error.code === 'interrupted' ? error : failure('registry_refused', 'the registry refused the blob'))) })],
  ['a blob that is found while it comes', 'registry.blob.19', (target) => foundEarly(target)],
  ['a manifest under any digest', 'registry.manifest.11', (target) => ({ writeManifest: (to, manifest, call) => (parseManifest(manifest).isOk() ? target.writeManifest(to, manifest, call).orElse((error) => (error.code === 'registry_refused' ? ok(undefined) : err(error))) : okAsync(undefined)) })],
  ['damaged manifests', 'registry.damage.1', (target) => ({ readManifest: (manifest, call) => target.readManifest(manifest, call).orElse(() => ok({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: manifest.digest, bytes: Buffer.from('{}') })) })],
];

describe('the cases of a registry', () => {
  it.each(mistakes)('find %s: %s', { timeout: 20_000 }, async (_, caseId, plant) => {
    const target = memoryRegistry();
    const subject = (used: ImageTarget): RegistrySubject => ({ target: used, repository, otherRepository, damage: async (manifest, bytes) => void target.damageManifest(manifest, bytes), dispose: () => Promise.resolve() });
    const { run } = registryCases.find(({ id }) => id === caseId) ?? expect.fail(`there is no case ${caseId}`);
    await run(subject(target));
    await expect(run(subject({ ...target, ...plant(target) }))).rejects.toThrow();
  });
});

const storeMistakes: readonly (readonly [mistake: string, caseId: string, (store: PromotionStore) => Partial<PromotionStore>])[] = [
  ['one name for all owners', 'store.lease.11', () => ({ newOwner: () => 'me' })],
  ['a lease that its owner of before gives back', 'store.lease.12', (store) => ({ releaseLease: (lease) => later(okAsync(undefined), Promise.all([1, 2, 3].map((more) => store.releaseLease({ ...lease, fence: lease.fence + more })))) })],
  ['fences that begin anew', 'store.lease.13', (store) => ({ acquireLease: (...asked) => store.acquireLease(...asked).map((lease) => ({ ...lease, fence: 1 })), releaseLease: () => okAsync(undefined) })],
];

describe('the cases of a store', () => {
  it.each(storeMistakes)('find %s: %s', async (_, caseId, plant) => {
    const subject = (mistake: (store: PromotionStore) => Partial<PromotionStore>): StoreSubject => {
      const state = memoryStoreState();
      const [store, other] = [memoryStore(state), memoryStore(state)].map((one) => ({ ...one, ...mistake(one) })) as [PromotionStore, PromotionStore];
      return { store, other, dispose: () => Promise.resolve() };
    };
    const { run } = storeCases.find(({ id }) => id === caseId) ?? expect.fail(`there is no case ${caseId}`);
    await run(subject(() => ({})));
    await expect(run(subject(plant))).rejects.toThrow();
  });
});

/** Content whose streams neither hear the signal nor can be left. */
function unending(content: BlobContent): BlobContent {
  return {
    ...content,
    open: (offset, call) =>
      content.open(offset, deaf(call)).map(({ body, ...stream }) => ({ ...stream, body: { [Symbol.asyncIterator]: () => ({ next: ((pieces) => () => pieces.next())(body[Symbol.asyncIterator]()) }) } })),
  };
}

/** Finds a blob as soon as its upload has begun. */
function foundEarly(target: ImageTarget): Partial<ImageTarget> {
  const coming = new Set<string>();
  return {
    writeBlob: (blob, content, call) => {
      coming.add(blob.digest);
      return target.writeBlob(blob, content, call);
    },
    statBlob: (blob, call) => (coming.has(blob.digest) ? okAsync(1) : target.statBlob(blob, call)),
  };
}
