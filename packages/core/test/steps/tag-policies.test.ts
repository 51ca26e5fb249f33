import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/errors/index.js';
import { createPromoter, type PromotionReport, type ReleaseImageOptions } from '../../src/promoter/index.js';
import { memoryStore } from '../../src/journal/memory-store.js';
import { failure } from '../../src/errors/index.js';
import { newWorld, productionRepository, type World } from '../runner/world.js';

type Tags = NonNullable<ReleaseImageOptions['tags']>;

const worldWith = (tags: Tags): World => newWorld({ environment: { release: { web: { from: 'staging.example/shop/web:v2', to: 'production.example/shop/web', services: ['web'], tags } } } });

async function promote(world: World): Promise<PromotionReport> {
  const promotion = (await world.promoter.promote({ environment: 'production', actor: 'ann', knownBy: 'test', version: '2.0', revision: 'b6573d0d5a1c' }))._unsafeUnwrap();
  return (await promotion.outcome())._unsafeUnwrap();
}

describe('the tags of a promotion', () => {
  it('are made of version, revision and date, in UTC (R21)', async () => {
    const world = worldWith({ immutable: ['{version}', '{version}-{revision:7}', 'promoted-{date}'] });
    expect((await promote(world)).outcome).toBe('completed');
    for (const tag of ['2.0', '2.0-b6573d0', 'promoted-20260101']) expect(world.production.tagged(productionRepository, tag)).toBe(world.v2.digest);
  });

  it.each([
    [{ immutable: ['{branch}'] }, 'environments.production.release.web.tags.immutable', '{branch} is not known'],
    [{ channel: ['{Version}'] }, 'environments.production.release.web.tags.channel', '{Version} is not known'],
    [{ rules: { 'v 1': 'immutable' } }, 'environments.production.release.web.tags.rules', 'neither a tag nor a pattern'],
    [{ rules: { v1: 'frozen' } }, 'environments.production.release.web.tags.rules', 'is no policy'],
  ])('%j throws a ConfigurationError at creation', (tags, field, message) => {
    const thrown = ((): unknown => {
      try {
        return worldWith(tags as Tags);
      } catch (caught) {
        return caught;
      }
    })();
    expect(thrown).toBeInstanceOf(ConfigurationError);
    expect(thrown).toMatchObject({ field, message: expect.stringContaining(message) as string });
  });

  it('that are left if equal (the default) may be there already, and are refused where they name another image', async () => {
    const world = worldWith({ immutable: ['{version}'] });
    world.production.put(productionRepository, world.v2, '2.0');
    expect((await promote(world)).outcome).toBe('completed');
    const taken = worldWith({ immutable: ['{version}'] });
    taken.production.put(productionRepository, taken.v1, '2.0');
    expect(await promote(taken)).toMatchObject({ outcome: 'registry_error', error: { code: 'tag_conflict' } });
    expect(taken.production.tagged(productionRepository, 'production')).toBe(taken.v1.digest);
  });

  it('that are immutable must be new, even where they name the same image', async () => {
    const world = worldWith({ immutable: ['{version}'], rules: { '2.*': 'immutable' } });
    world.production.put(productionRepository, world.v2, '2.0');
    expect(await promote(world)).toMatchObject({ outcome: 'registry_error', error: { code: 'tag_conflict' } });
    const fresh = worldWith({ immutable: ['{version}'], rules: { '2.*': 'immutable' } });
    expect((await promote(fresh)).outcome).toBe('completed');
  });

  it('that are immutable and were put before the process died are its own when it is resumed', async () => {
    const world = worldWith({ immutable: ['{version}', 'second'], rules: { '*': 'immutable', production: 'allow-move' } });
    // The first tag is put; at the second the process is told to stop.
    const stop = new AbortController();
    world.production.before('tag', () => {
      if (world.production.tagged(productionRepository, '2.0') !== undefined) stop.abort();
    });
    const promotion = (await world.promoter.promote({ environment: 'production', actor: 'ann', knownBy: 'test', version: '2.0' }, { signal: stop.signal }))._unsafeUnwrap();
    expect((await promotion.outcome())._unsafeUnwrap()).toMatchObject({ outcome: null });
    expect(world.production.tagged(productionRepository, '2.0')).toBe(world.v2.digest);
    const other = createPromoter({ store: memoryStore(world.state), environments: { production: world.environment }, clock: world.clock, leaseMs: 10 ** 12 });
    const resumed = (await other.resume(promotion.id))._unsafeUnwrap();
    expect((await resumed.outcome())._unsafeUnwrap()).toMatchObject({ outcome: 'completed' });
  });

  it('that are allowed to move do so, also among the immutable ones', async () => {
    const world = worldWith({ immutable: ['nightly'], rules: { nightly: 'allow-move' } });
    world.production.put(productionRepository, world.v1, 'nightly');
    expect((await promote(world)).outcome).toBe('completed');
    expect(world.production.tagged(productionRepository, 'nightly')).toBe(world.v2.digest);
  });

  it('are part of the plan that is approved, where they are not as usual', async () => {
    const plan = async (tags: Tags) => (await worldWith(tags).promoter.plan({ environment: 'production', version: '2.0' }))._unsafeUnwrap();
    const usual = await plan({ immutable: ['{version}'] });
    expect(usual.plan.images[0]).not.toHaveProperty('tagPolicies');
    const strict = await plan({ immutable: ['{version}'], rules: { '2.*': 'immutable', production: 'allow-move' } });
    expect(strict.plan.images[0]?.tagPolicies).toEqual({ '2.0': 'immutable' });
    expect(strict.hash).not.toBe(usual.hash);
  });

  it('go back to what they named, where they still name ours, when the registry cannot be updated (R24, G7)', async () => {
    const world = worldWith({ immutable: [], channel: ['production', 'stable'] });
    world.production.put(productionRepository, world.v1, 'stable');
    world.production.fail('tag', { error: failure('registry_denied', 'not this one'), when: ({ tag }) => tag === 'stable' });
    expect((await promote(world)).outcome).toBe('registry_error');
    for (const tag of ['production', 'stable']) expect(world.production.tagged(productionRepository, tag)).toBe(world.v1.digest);
  });
});
