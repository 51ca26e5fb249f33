/**
 * What a promotion has taken it keeps until it needs it no more: the environment's hold, and the way back.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../src/journal/environment-journal.js';
import { memoryStore } from '../../src/journal/memory-store.js';
import { failure } from '../../src/errors/index.js';
import { errAsync, okAsync } from '../../src/result.js';
import { newWorld, type World } from '../runner/world.js';

async function promote(world: World) {
  const promotion = (await world.promoter.promote({ environment: 'production', actor: 'ann', knownBy: 'test' }))._unsafeUnwrap();
  return (await promotion.outcome())._unsafeUnwrap();
}

describe('the hold of an environment', () => {
  it('is not let go where production changed meanwhile and nobody has to approve that anew (G15)', async () => {
    const world = newWorld();
    world.deployer.before('current', () => {
      if (world.deployer.count('current') === 2) world.deployer.host('host-1').running.set('web', { image: 'production.example/shop/web@sha256:hotfix', state: 'running' });
    });
    expect(await promote(world)).toMatchObject({ outcome: 'completed' });
    const { records, holder } = (await readEnvironment(memoryStore(world.state), 'production'))._unsafeUnwrap();
    expect([records.map(({ type }) => type), holder]).toEqual([['hold.taken', 'hold.freed'], null]);
  });
});

describe('an image to return to that is no longer on the host (R69)', () => {
  const withLogin = (login: World['production']['pullCredentials']): World => {
    const world = newWorld();
    const made = newWorld({ environment: { target: { ...world.production, pullCredentials: login }, source: world.staging } });
    made.deployer.breakImage(made.v2.digest, 'health');
    made.deployer.host('host-1').images.clear();
    return made;
  };
  const pulls = (world: World): readonly unknown[] => world.deployer.calls.filter(({ method }) => method === 'pull').map(({ services, credentials }) => [services[0]?.includes(world.v1.digest) === true ? 'v1' : 'v2', credentials]);

  it('is pulled with the registry\'s login', async () => {
    const world = withLogin(() => okAsync({ registry: 'production.example', username: 'davit', password: 'for a minute' }));
    expect(await promote(world)).toMatchObject({ outcome: 'rolled_back' });
    expect(pulls(world)).toEqual([['v2', ['production.example']], ['v1', ['production.example']]]);
  });

  it('is tried without one where the registry gives none any more', async () => {
    let given = 0;
    const world = withLogin(() => {
      given += 1;
      return given === 1 ? okAsync({ registry: 'production.example', username: 'davit', password: 'for a minute' }) : errAsync(failure('registry_unavailable', 'away', { retryable: true }));
    });
    expect(await promote(world)).toMatchObject({ outcome: 'rolled_back' });
    expect(pulls(world)).toEqual([['v2', ['production.example']], ['v1', []]]);
  });
});
