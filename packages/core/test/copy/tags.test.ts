import { describe, expect, it } from 'vitest';
import { applyImmutableTag, awaitTag, digestOf, failure, moveChannelTag, readTag, restoreChannelTag, type Call, type RegistryError, type Repository } from '@davit/core';
import { buildImage, manualClock, memoryRegistry, type MemoryRegistry } from '@davit/core/testing';

const to: Repository = { registry: 'production.example.com', repository: 'prod/app' };
const call: Call = { signal: new AbortController().signal };
const busy: RegistryError = failure('registry_unavailable', 'busy', { retryable: true });
const denied: RegistryError = failure('registry_denied', 'no');

const v1 = buildImage({ layers: ['v1'] });
const v2 = buildImage({ layers: ['v2'] });
const v3 = buildImage({ layers: ['v3'] });

function registryWith(tag?: typeof v1): MemoryRegistry {
  const target = memoryRegistry();
  for (const image of [v1, v2, v3]) target.put(to, image);
  if (tag !== undefined) target.putTag(to, 'production', tag.digest);
  return target;
}
const place = (target: MemoryRegistry) => ({ name: 'app', target, to, tag: 'production' });
const puts = (target: MemoryRegistry): number => target.effects.filter(({ method }) => method === 'tag').length;

describe('applyImmutableTag', () => {
  it('puts a tag that is new, and nothing the second time (R21)', async () => {
    const target = registryWith();
    const request = { ...place(target), digest: v2.digest };
    expect((await applyImmutableTag(request, call))._unsafeUnwrap()).toEqual({ tag: 'production', previous: null, changed: true });
    expect((await applyImmutableTag(request, call))._unsafeUnwrap()).toEqual({ tag: 'production', previous: v2.digest, changed: false });
    expect(target.tagged(to, 'production')).toBe(v2.digest);
    expect(puts(target)).toBe(1);
  });

  it('refuses a tag that names another digest, and leaves it', async () => {
    const target = registryWith(v1);
    expect((await applyImmutableTag({ ...place(target), digest: v2.digest }, call))._unsafeUnwrapErr()).toMatchObject({ code: 'tag_conflict', tag: 'production', expected: v2.digest, actual: v1.digest, retryable: false });
    expect(puts(target)).toBe(0);
  });

  it('moves it where that is allowed', async () => {
    const target = registryWith(v1);
    expect((await applyImmutableTag({ ...place(target), digest: v2.digest, allowRetag: true }, call))._unsafeUnwrap()).toMatchObject({ previous: v1.digest, changed: true });
  });

  it('does not take an error for a missing tag', async () => {
    const target = registryWith(v1);
    target.fail('resolve', { error: denied });
    expect((await applyImmutableTag({ ...place(target), digest: v2.digest }, call))._unsafeUnwrapErr()).toMatchObject({ code: 'registry_denied', message: 'app: tag production: no' });
    expect(puts(target)).toBe(0);
  });

  it('does not tag what is not stored', async () => {
    const target = registryWith();
    expect((await applyImmutableTag({ ...place(target), digest: digestOf('nothing') }, call))._unsafeUnwrapErr().code).toBe('manifest_not_found');
  });
});

describe('moveChannelTag', () => {
  it('moves the tag and says what it named before (R22)', async () => {
    const target = registryWith(v1);
    expect((await moveChannelTag({ ...place(target), digest: v2.digest }, call))._unsafeUnwrap()).toEqual({ tag: 'production', previous: v1.digest, changed: true });
    expect(target.tagged(to, 'production')).toBe(v2.digest);
  });

  it('says null where there was none, and writes nothing the second time', async () => {
    const target = registryWith();
    expect((await moveChannelTag({ ...place(target), digest: v2.digest }, call))._unsafeUnwrap().previous).toBeNull();
    expect((await moveChannelTag({ ...place(target), digest: v2.digest }, call))._unsafeUnwrap()).toEqual({ tag: 'production', previous: v2.digest, changed: false });
    expect(puts(target)).toBe(1);
  });

  it('finds its work done after an answer was lost', async () => {
    const target = registryWith(v1);
    target.fail('tag', { error: busy, applied: true });
    expect((await moveChannelTag({ ...place(target), digest: v2.digest }, call)).isErr()).toBe(true);
    expect((await moveChannelTag({ ...place(target), digest: v2.digest }, call))._unsafeUnwrap().changed).toBe(false);
    expect(puts(target)).toBe(1);
  });
});

describe('restoreChannelTag', () => {
  const restoring = (target: MemoryRegistry, previous = v1.digest as typeof v1.digest | null) => ({ ...place(target), ours: v2.digest, previous, clock: manualClock({ auto: true }) });

  it('puts the tag back where it still names ours, and reads it back (R24, G7)', async () => {
    const target = registryWith(v2);
    expect((await restoreChannelTag(restoring(target), call))._unsafeUnwrap()).toEqual({ tag: 'production', result: 'restored', found: v2.digest });
    expect(target.tagged(to, 'production')).toBe(v1.digest);
    expect(target.calls.at(-1)).toMatchObject({ method: 'resolve', tag: 'production' });
  });

  it('does nothing the second time', async () => {
    const target = registryWith(v2);
    void (await restoreChannelTag(restoring(target), call));
    expect((await restoreChannelTag(restoring(target), call))._unsafeUnwrap()).toEqual({ tag: 'production', result: 'already', found: v1.digest });
    expect(puts(target)).toBe(1);
  });

  it.each([
    ['moved', v3],
    ['removed', undefined],
  ])('leaves a tag that another writer %s', async (_how, tag) => {
    const target = registryWith(tag);
    expect((await restoreChannelTag(restoring(target), call))._unsafeUnwrap()).toEqual({ tag: 'production', result: 'not_ours', found: tag?.digest ?? null });
    expect(puts(target)).toBe(0);
  });

  it('leaves a tag that another writer moves while its old manifest is read', async () => {
    const target = registryWith(v2);
    target.before('readManifest', () => { target.putTag(to, 'production', v3.digest); });
    expect((await restoreChannelTag(restoring(target), call))._unsafeUnwrap()).toEqual({ tag: 'production', result: 'not_ours', found: v3.digest });
    expect(target.tagged(to, 'production')).toBe(v3.digest);
    expect(puts(target)).toBe(0);
  });

  it('looks at the tag right before it puts it', async () => {
    const target = registryWith(v2);
    void (await restoreChannelTag(restoring(target), call));
    const methods = target.calls.map(({ method }) => method);
    expect(methods[methods.indexOf('tag') - 1]).toBe('resolve');
    const lost = registryWith(v2);
    lost.fail('resolve', { error: denied, nth: 2 });
    expect((await restoreChannelTag(restoring(lost), call))._unsafeUnwrapErr()).toMatchObject({ code: 'registry_denied', message: 'app: tag production: no' });
    expect(puts(lost)).toBe(0);
  });

  it('leaves a tag that did not exist before, and says so', async () => {
    const target = registryWith(v2);
    expect((await restoreChannelTag(restoring(target, null), call))._unsafeUnwrap().result).toBe('no_previous');
    expect(target.tagged(to, 'production')).toBe(v2.digest);
    expect((await restoreChannelTag(restoring(registryWith(), null), call))._unsafeUnwrap()).toEqual({ tag: 'production', result: 'already', found: null });
  });

  it('fails where the previous manifest is gone, and where the registry goes on naming ours', async () => {
    const gone = registryWith(v2);
    gone.removeManifest({ ...to, digest: v1.digest });
    expect((await restoreChannelTag(restoring(gone), call))._unsafeUnwrapErr().code).toBe('manifest_not_found');
    const stubborn = registryWith(v2);
    const deaf = { ...stubborn, tag: (...given: Parameters<typeof stubborn.tag>) => stubborn.tag(...given).map(() => { stubborn.putTag(to, 'production', v2.digest); }) };
    expect((await restoreChannelTag({ ...restoring(stubborn), target: deaf }, call))._unsafeUnwrapErr().code).toBe('tag_mismatch');
  });
});

describe('awaitTag', () => {
  const waiting = (target: MemoryRegistry, clock = manualClock({ start: 0, auto: true })) => ({ ...place(target), digest: v2.digest, clock });

  it('accepts the right digest at once', async () => {
    const clock = manualClock({ start: 0, auto: true });
    expect((await awaitTag(waiting(registryWith(v2), clock), call)).isOk()).toBe(true);
    expect(clock.slept).toEqual([]);
  });

  it('puts up with an old answer for a while (R23)', async () => {
    const target = registryWith(v1);
    const clock = manualClock({ start: 0, auto: true });
    target.before('resolve', () => {
      if (clock.now() >= 5000) target.putTag(to, 'production', v2.digest);
    });
    expect((await awaitTag(waiting(target, clock), call)).isOk()).toBe(true);
    expect(clock.now()).toBe(5000);
  });

  it.each([
    ['another digest', v1, v1.digest],
    ['nothing', undefined, null],
  ])('gives up after 30 s while the tag names %s', async (_what, tag, actual) => {
    const clock = manualClock({ start: 0, auto: true });
    expect((await awaitTag(waiting(registryWith(tag), clock), call))._unsafeUnwrapErr()).toMatchObject({ code: 'tag_mismatch', expected: v2.digest, actual });
    expect(clock.now()).toBe(30_000);
  });

  it('waits passing faults out, as long as the registry asks for, and returns lasting ones at once', async () => {
    const target = registryWith(v2);
    const clock = manualClock({ start: 0, auto: true });
    target.fail('resolve', { error: { ...busy, retryAfterMs: 7000 } });
    expect((await awaitTag(waiting(target, clock), call)).isOk()).toBe(true);
    expect(clock.now()).toBe(7000);
    target.fail('resolve', { error: busy, times: 100 });
    expect((await awaitTag(waiting(target, clock), call))._unsafeUnwrapErr().code).toBe('registry_unavailable');
    const refused = registryWith(v2);
    refused.fail('resolve', { error: denied });
    const still = manualClock(0);
    expect((await awaitTag(waiting(refused, still), call))._unsafeUnwrapErr().code).toBe('registry_denied');
    expect(still.slept).toEqual([]);
  });

  it('stops when the signal fires in the wait', async () => {
    const controller = new AbortController();
    const clock = manualClock(0);
    const asked = awaitTag(waiting(registryWith(v1), clock), { signal: controller.signal });
    while (clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect((await asked)._unsafeUnwrapErr().code).toBe('interrupted');
  });
});

describe('readTag', () => {
  it('says what a tag names, null where it does not exist, and errors as they are', async () => {
    const target = registryWith(v1);
    expect((await readTag(place(target), call))._unsafeUnwrap()).toBe(v1.digest);
    expect((await readTag({ ...place(target), tag: 'none' }, call))._unsafeUnwrap()).toBeNull();
    target.fail('resolve', { error: busy });
    expect((await readTag(place(target), call))._unsafeUnwrapErr().code).toBe('registry_unavailable');
  });
});
