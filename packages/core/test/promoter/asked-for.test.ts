/**
 * What can be known to be wrong only when a promotion is asked for: refused before anything is written.
 */
import { describe, expect, it } from 'vitest';
import { parseRepository } from '../../src/image/index.js';
import { memoryStore } from '../../src/journal/memory-store.js';
import { createPromoter } from '../../src/promoter/index.js';
import { buildImage } from '../../src/testing/index.js';
import { newWorld, stagingRepository, type WorldOptions } from '../runner/world.js';

const ask = { environment: 'production', actor: 'ann' } as const;
const worker = parseRepository('staging.example/shop/worker')._unsafeUnwrap();

async function refused(options: WorldOptions) {
  const world = newWorld(options);
  world.staging.put(worker, buildImage({ layers: ['another program'] }), 'v2');
  for (const asked of [await world.promoter.plan(ask), await world.promoter.promote(ask)]) {
    expect(asked._unsafeUnwrapErr()).toMatchObject({ code: 'configuration_invalid' });
  }
  expect((await world.promoter.history())._unsafeUnwrap().promotions).toEqual([]);
  expect(world.production.effects).toEqual([]);
  return (await world.promoter.promote(ask))._unsafeUnwrapErr();
}

describe('hosts', () => {
  it.each<[string, WorldOptions, string, string]>([
    ['that the deployer does not have', { environment: { batches: [['host-1'], ['nohost']] } }, 'batches', 'names the host "nohost", which the deployer does not have; it has host-1'],
    ['that no batch names', { hosts: ['host-1', 'host-2', 'host-3'], environment: { batches: [['host-1']] } }, 'batches', 'leaves out host-2, host-3; name every host of the deployer'],
    ['of which there are none', { hosts: [] }, 'deployer', 'has no hosts'],
  ])('%s are refused by name', async (_what, options, field, words) => {
    const error = await refused(options);
    expect(error.field).toBe(`environments.production.${field}`);
    expect(error.message).toContain(words);
  });

  it('are refused for a rollback, too', async () => {
    const world = newWorld({ hosts: ['host-1', 'host-2'] });
    for (const images of ['staging.example/shop/web:v1', 'staging.example/shop/web:v2']) {
      world.clock.jump(1000);
      void (await (await world.promoter.promote({ ...ask, images }))._unsafeUnwrap().outcome());
    }
    const without = createPromoter({ store: memoryStore(world.state), environments: { production: { ...world.environment, batches: [['host-1']] } }, clock: world.clock });
    expect((await without.rollback({ environment: 'production' }))._unsafeUnwrapErr()).toMatchObject({ code: 'configuration_invalid', field: 'environments.production.batches' });
    expect((await world.promoter.rollback({ environment: 'production' })).isOk()).toBe(true);
  });

  it('may be promoted to in batches that name each of them once', async () => {
    const world = newWorld({ hosts: ['host-1', 'host-2'], environment: { batches: [['host-2'], ['host-1']] } });
    const report = await (await world.promoter.promote(ask))._unsafeUnwrap().outcome();
    expect(report._unsafeUnwrap()).toMatchObject({ outcome: 'completed', hosts: ['host-2', 'host-1'] });
  });
});

describe('a service', () => {
  const web = { from: 'staging.example/shop/web:v2', to: 'production.example/shop/web' };
  it.each([
    ['twice by one image', { web: { ...web, services: ['web', 'web'] } }, 'image web names the service web twice'],
    ['by two images', { web: { ...web, services: ['web'] }, worker: { ...web, to: 'production.example/shop/worker', services: ['web'] } }, 'service web is given to two images: web and worker'],
  ])('is refused where it is named %s', async (_how, release, message) => {
    expect((await refused({ environment: { release } })).message).toContain(message);
  });
});

describe('two images in one repository', () => {
  const release = (tags: object, otherTags: object = tags) => ({
    environment: { release: { web: { from: 'staging.example/shop/web:v2', to: 'production.example/shop', tags }, worker: { from: 'staging.example/shop/worker:v2', to: 'production.example/shop', tags: otherTags } } },
  });

  it.each<[string, WorldOptions, string]>([
    ['by default', release({}), 'v2'],
    ['as a channel', release({ immutable: [] }), 'production'],
    ['by template', release({ immutable: ['{version}-{date}'], channel: [] }), 'v2-20260101'],
    ['once as a channel and once not', release({ immutable: ['edge'], channel: [] }, { immutable: [], channel: ['edge'] }), 'edge'],
  ])('are refused where they would have one tag %s', async (_how, options, tag) => {
    expect(await refused(options)).toMatchObject({ tag, message: `the tag production.example/shop:${tag} is given to two images: web and worker; give each its own repository (to) or its own tags` });
  });

  it('may have tags of their own, and one tag where they are one image', async () => {
    const own = newWorld(release({ immutable: ['web-{version}'], channel: ['web'] }, { immutable: ['worker-{version}'], channel: ['worker'] }));
    own.staging.put(worker, buildImage({ layers: ['another program'] }), 'v2');
    expect((await own.promoter.plan(ask)).isOk()).toBe(true);
    const same = newWorld(release({}));
    same.staging.put(worker, same.v2, 'v2');
    expect(same.staging.tagged(stagingRepository, 'v2')).toBe(same.staging.tagged(worker, 'v2'));
    expect((await same.promoter.plan(ask)).isOk()).toBe(true);
  });
});
