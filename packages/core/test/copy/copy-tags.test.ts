import { describe, expect, it } from 'vitest';
import { copyImage, digestOf, failure, parseReference, planCopy, type Call, type CopyOptions, type CopyTag, type Progress, type Repository, type TagPolicy } from '@davit/core';
import { buildImage, memoryRegistry, type MemoryRegistry } from '@davit/core/testing';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const production: Repository = { registry: 'production.example.com', repository: 'prod/app' };
const call: Call = { signal: new AbortController().signal };
const image = buildImage({ layers: ['new'] });
const old = buildImage({ layers: ['old'] });

function sides(tags: readonly CopyTag[], prepare: (target: MemoryRegistry) => void = () => undefined): { readonly source: MemoryRegistry; readonly target: MemoryRegistry; readonly options: CopyOptions } {
  const source = memoryRegistry();
  const target = memoryRegistry();
  prepare(target);
  return { source, target, options: { name: 'app', source, from: source.put(staging, image), target, to: production, referrers: false, tags } };
}
const requests = ({ calls }: MemoryRegistry): readonly string[] => calls.map(({ method, tag }) => (tag === undefined ? method : `${method} ${tag}`));

describe('the tags of a copy', () => {
  it('are put last and read back, and the old digest is told', async () => {
    const { target, options } = sides([{ tag: '1.4.2' }, { tag: 'stable' }], (registry) => registry.put(production, old, 'stable'));
    const told: Progress[] = [];
    const report = (await copyImage(options, { ...call, progress: (progress) => told.push(progress) }))._unsafeUnwrap();
    expect(report.tags).toEqual([
      { tag: '1.4.2', kind: 'asked', digest: image.digest, previous: null, changed: true },
      { tag: 'stable', kind: 'asked', digest: image.digest, previous: old.digest, changed: true },
    ]);
    expect(target.effects.slice(-2).map(({ method, tag }) => `${method} ${tag ?? ''}`)).toEqual(['tag 1.4.2', 'tag stable']);
    expect(requests(target).at(-1)).toBe('resolve stable');
    expect(told.filter(({ type }) => type === 'copy.tag' || type === 'copy.done')).toEqual([
      { type: 'copy.tag', image: 'app', tag: '1.4.2', digest: image.digest, state: 'put', previous: null },
      { type: 'copy.tag', image: 'app', tag: 'stable', digest: image.digest, state: 'moved', previous: old.digest },
      { type: 'copy.done', image: 'app', digest: image.digest, bytes: report.bytesCopied, copied: 2, mounted: 0, present: 0 },
    ]);
  });

  it('are put, and judged by their policy, also where the target was given as tag and digest', async () => {
    const put = (policy: TagPolicy): ReturnType<typeof sides> => {
      const prepared = sides([{ tag: '1.4.2', policy }], (registry) => {
        registry.put(production, image);
        registry.put(production, old, '1.4.2');
      });
      return { ...prepared, options: { ...prepared.options, to: parseReference(`${production.registry}/${production.repository}:1.4.2@${image.digest}`)._unsafeUnwrap() } };
    };
    const refused = put('allow-if-equal');
    expect((await copyImage(refused.options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'tag_conflict', actual: old.digest });
    expect(refused.target.tagged(production, '1.4.2')).toBe(old.digest);
    const moved = put('allow-move');
    expect((await planCopy(moved.options, call))._unsafeUnwrap().tags).toMatchObject([{ previous: old.digest, action: 'move' }]);
    expect((await copyImage(moved.options, call))._unsafeUnwrap().tags).toMatchObject([{ previous: old.digest, changed: true }]);
    expect(moved.target.tagged(production, '1.4.2')).toBe(image.digest);
  });

  it('cost two questions and no put where all is as it should be', async () => {
    const { source, target, options } = sides([{ tag: 'stable' }], (registry) => registry.put(production, image, 'stable'));
    expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ present: true, tags: [{ changed: false, previous: image.digest }] });
    expect(requests(target)).toEqual(['resolve', 'resolve stable']);
    expect(source.calls).toEqual([]);
  });

  it('cost one question and one put where the image is there and nobody wants to know the old digest', async () => {
    const { source, target, options } = sides([{ tag: 'new', remember: false }], (registry) => registry.put(production, image));
    expect((await copyImage(options, call))._unsafeUnwrap().tags).toEqual([{ tag: 'new', kind: 'asked', digest: image.digest, changed: true }]);
    expect(requests(target)).toEqual(['resolve', 'tag new']);
    expect(requests(source)).toEqual(['readManifest']);
    // A plan always asks.
    expect((await planCopy(options, call))._unsafeUnwrap().tags).toMatchObject([{ previous: image.digest, action: 'present' }]);
  });

  it('that the registry will not have put again are looked at: it may refuse what would change nothing', async () => {
    const { target, options } = sides([{ tag: 'new', remember: false }], (registry) => registry.put(production, image, 'new'));
    target.fail('tag', { error: failure('registry_refused', 'the tag is immutable'), times: 2 });
    expect((await copyImage(options, call))._unsafeUnwrap().tags).toMatchObject([{ changed: false, previous: image.digest }]);
    target.putTag(production, 'new', digestOf('other'));
    expect((await copyImage(options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'registry_refused', message: 'app: tag new: the tag is immutable' });
  });

  it.each<[TagPolicy, string, string | null]>([
    ['immutable', 'absent', null],
    ['immutable', 'equal', 'tag_conflict'],
    ['immutable', 'other', 'tag_conflict'],
    ['allow-if-equal', 'absent', null],
    ['allow-if-equal', 'equal', null],
    ['allow-if-equal', 'other', 'tag_conflict'],
    ['allow-move', 'absent', null],
    ['allow-move', 'equal', null],
    ['allow-move', 'other', null],
  ])('of the policy %s, where the tag is %s: %s', async (policy, is, code) => {
    for (const present of [true, false]) {
      const { target, options } = sides([{ tag: 't', policy, remember: false }], (registry) => {
        if (present) registry.put(production, image);
        if (is === 'other') registry.put(production, old, 't');
        if (is === 'equal') registry.put(production, image, 't');
      });
      const plan = (await planCopy(options, call))._unsafeUnwrap();
      expect(plan.tags[0]?.action).toBe(code !== null ? 'conflict' : is === 'equal' ? 'present' : is === 'other' ? 'move' : 'put');
      const copied = await copyImage(options, call);
      if (code === null) expect(target.tagged(production, 't')).toBe(image.digest);
      else expect(copied._unsafeUnwrapErr()).toMatchObject({ code, tag: 't', retryable: false });
      // What will not get its tag is not copied first.
      if (code !== null) expect(target.effects).toEqual([]);
    }
  });

  it('are judged again when the copy is through: somebody may have been there meanwhile', async () => {
    const { target, options } = sides([{ tag: 't', policy: 'allow-if-equal' }]);
    target.before('writeManifest', () => {
      target.put(production, old, 't');
    });
    expect((await copyImage(options, call))._unsafeUnwrapErr()).toMatchObject({ code: 'tag_conflict', actual: old.digest });
    expect(target.tagged(production, 't')).toBe(old.digest);
  });

  it('heal a target that lost a blob of an image which it affirms: the tag is refused, the rest is sent, and the tag put', async () => {
    const { target, options } = sides([{ tag: 't' }], (registry) => registry.put(production, image));
    target.removeBlob({ ...production, digest: digestOf('new') });
    expect((await copyImage(options, call))._unsafeUnwrap()).toMatchObject({ repaired: true, blobs: { copied: 1, present: 1 } });
    expect(target.hasBlob({ ...production, digest: digestOf('new') })).toBe(true);
    expect(target.tagged(production, 't')).toBe(image.digest);
  });

  it('heal a target also that goes on affirming the blob which it lacks', async () => {
    const { target, options } = sides([{ tag: 't' }], (registry) => registry.put(production, image));
    target.removeBlob({ ...production, digest: digestOf('new') });
    const affirming = { ...target, statBlob: (...given: Parameters<typeof target.statBlob>) => target.statBlob(...given).map(() => (given[0].digest === digestOf('new') ? 3 : image.blobs.get(given[0].digest)?.length ?? null)) };
    expect((await copyImage({ ...options, target: affirming }, call))._unsafeUnwrap()).toMatchObject({ repaired: true });
    expect(target.tagged(production, 't')).toBe(image.digest);
  });
});
