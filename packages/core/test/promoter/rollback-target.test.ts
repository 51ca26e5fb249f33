import { describe, expect, it } from 'vitest';
import type { Digest } from '../../src/image/index.js';
import { returnTarget } from '../../src/promoter/rollback-target.js';
import type { PastPromotion } from '../../src/steps/index.js';
import { newWorld, outsideOf } from '../runner/world.js';

const digestOf = (version: string): Digest => `sha256:${version}` as Digest;

/** `PROMOTION VERSION OUTCOME`, oldest first, as people tell a story: `p1 v1 completed`, `r1 v1 rolled_back`. */
function pastOf(...story: readonly string[]): readonly PastPromotion[] {
  return story
    .map((line, at): PastPromotion => {
      const [id = '', version = '', outcome = '', ...more] = line.split(' ');
      const image = { name: 'web', source: 's', requested: version, digest: digestOf(version), target: 't', tags: { immutable: [], channel: [] }, services: ['web'] };
      return { id, kind: id.startsWith('r') ? 'rollback' : 'promotion', outcome, endedAt: at, release: [image], hostsChanged: !more.includes('untouched'), quarantined: more.includes('unhealthy') };
    })
    .reverse();
}

const target = (past: readonly PastPromotion[], to?: string): string =>
  returnTarget('production', past, to).match(({ target: { id, release }, taken }) => `${taken.id} -> ${release[0]?.requested ?? ''} (${id})`, ({ code }) => code);

describe('the release that a rollback returns to (R68, G19)', () => {
  it('is the verified one below the present', () => {
    expect(target(pastOf('p1 v1 completed', 'p2 v2 completed', 'p3 v3 completed'))).toBe('p3 -> v2 (p2)');
    expect(target(pastOf('p1 v1 completed', 'p2 v2 completed', 'p3 v2 unchanged'))).toBe('p3 -> v1 (p1)');
  });

  it('goes further back the second time, and never to what was taken back', () => {
    const twice = ['p1 v1 completed', 'p2 v2 completed', 'p3 v3 completed', 'r1 v2 rolled_back'];
    expect(target(pastOf(...twice))).toBe('r1 -> v1 (p1)');
    expect(target(pastOf(...twice, 'r2 v1 rolled_back'))).toBe('previous_missing');
    expect(target(pastOf('p1 v1 completed', 'p2 v2 completed', 'r1 v1 rolled_back'))).toBe('previous_missing');
  });

  it('may be what was taken back once it was promoted again', () => {
    expect(target(pastOf('p1 v1 completed', 'p2 v2 completed', 'r1 v1 rolled_back', 'p3 v2 completed', 'p4 v3 completed'))).toBe('p4 -> v2 (p3)');
    expect(target(pastOf('p1 v1 completed', 'p2 v2 completed', 'p3 v1 completed'))).toBe('p3 -> v2 (p2)');
  });

  it('is the last verified one where a deployment left its image behind (R77, R80, G5)', () => {
    for (const outcome of ['rollback_failed', 'rollback_incomplete', 'deployment_failed']) expect(target(pastOf('p1 v1 completed', 'p2 v2 completed', `p3 v3 ${outcome}`))).toBe('p3 -> v2 (p2)');
    expect(target(pastOf('p1 v1 no_rollback_target'))).toBe('previous_missing');
    expect(target(pastOf('p1 v1 completed', 'p2 v2 rollback_failed', 'p3 v3 completed'))).toBe('p3 -> v1 (p1)');
  });

  it('is not what runs already because a deployment failed that changed nothing (G3, R28)', () => {
    expect(target(pastOf('p1 v1 completed', 'p2 v2 completed', 'p3 v3 deployment_failed untouched'))).toBe('p2 -> v1 (p1)');
    expect(target(pastOf('p1 v1 completed', 'p2 v2 completed', 'p3 v3 rolled_back'))).toBe('p2 -> v1 (p1)');
  });

  it('is never an image that proved unhealthy when it was tried last (R31)', () => {
    expect(target(pastOf('p1 v1 completed', 'p2 v2 completed', 'p3 v3 completed', 'p4 v2 rolled_back unhealthy'))).toBe('p3 -> v1 (p1)');
    expect(target(pastOf('p1 v2 rolled_back unhealthy', 'p2 v2 completed', 'p3 v3 completed'))).toBe('p3 -> v2 (p2)');
  });

  it('is the named one where one is named, if it was verified', () => {
    const past = pastOf('p1 v1 completed', 'p2 v2 completed', 'r1 v1 rolled_back', 'p3 v3 refused');
    expect(target(past, 'p2')).toBe('r1 -> v2 (p2)');
    expect(target(past, 'p3')).toBe('promotion_unknown');
    expect(target([])).toBe('previous_missing');
  });

  it('holds for real promotions too: a second rollback does not bring back what the first one took away', async () => {
    const world = newWorld();
    const request = { environment: 'production', actor: 'ann', knownBy: 'test' } as const;
    for (const tag of ['v1', 'v2']) {
      world.clock.jump(1000);
      const promotion = (await world.promoter.promote({ ...request, images: `staging.example/shop/web:${tag}` }))._unsafeUnwrap();
      expect((await promotion.outcome())._unsafeUnwrap()).toMatchObject({ exitCode: 0 });
    }
    world.clock.jump(1000);
    const back = (await world.promoter.rollback(request))._unsafeUnwrap();
    expect((await back.outcome())._unsafeUnwrap()).toMatchObject({ outcome: 'rolled_back', exitCode: 0 });
    world.clock.jump(1000);
    expect((await world.promoter.rollback(request))._unsafeUnwrapErr()).toMatchObject({ code: 'previous_missing' });
    expect(outsideOf(world)).toMatchObject({ channel: 'v1', hosts: ['host-1: v1 running, pinned v1'] });
  });
});
