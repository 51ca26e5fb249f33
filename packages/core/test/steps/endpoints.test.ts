import { describe, expect, it } from 'vitest';
import { newWorld } from '../runner/world.js';

describe('an endpoint that says which image answers (R63, R78)', () => {
  it('is asked for the promoted digest, and after a rollback for the previous one', async () => {
    const world = newWorld();
    const asked: (string | undefined)[] = [];
    world.probe.answers = ({ digests }) => {
      asked.push(digests['web']);
      return digests['web'] === world.v1.digest;
    };
    const promotion = (await world.promoter.promote({ environment: 'production', actor: 'ann' }))._unsafeUnwrap();
    expect((await promotion.outcome())._unsafeUnwrap()).toMatchObject({ outcome: 'rolled_back', exitCode: 3, detail: 'endpoint_failed' });
    expect(asked).toEqual([world.v2.digest, world.v1.digest]);
  });

  it('is asked for the digest of the release that a rollback by hand returns to', async () => {
    const world = newWorld();
    for (const tag of ['v1', 'v2']) {
      world.clock.jump(1000);
      const promotion = (await world.promoter.promote({ environment: 'production', actor: 'ann', images: `staging.example/shop/web:${tag}` }))._unsafeUnwrap();
      expect((await promotion.outcome())._unsafeUnwrap()).toMatchObject({ exitCode: 0 });
    }
    world.clock.jump(1000);
    const asked: (string | undefined)[] = [];
    world.probe.answers = ({ digests }) => asked.push(digests['web']) > 0;
    const rollback = (await world.promoter.rollback({ environment: 'production', actor: 'ann' }))._unsafeUnwrap();
    expect((await rollback.outcome())._unsafeUnwrap()).toMatchObject({ outcome: 'rolled_back' });
    expect(asked).toEqual([world.v1.digest]);
  });
});
