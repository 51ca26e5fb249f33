import { describe, expect, it } from 'vitest';
import { newWorld } from '../runner/world.js';

describe('an image that proved unhealthy (R15, R31)', () => {
  it('is refused until somebody allows it, and like any other again once it was verified', async () => {
    const world = newWorld();
    const promote = async (request: object = {}): Promise<unknown> => {
      world.clock.jump(1000);
      const promotion = (await world.promoter.promote({ environment: 'production', actor: 'ann', knownBy: 'test', ...request }))._unsafeUnwrap();
      return (await promotion.outcome())._unsafeUnwrap();
    };
    // The database was down, say: the image was not the cause.
    let isDown = true;
    world.probe.answers = ({ digests }) => !isDown || digests['web'] !== world.v2.digest;
    expect(await promote()).toMatchObject({ outcome: 'rolled_back', detail: 'endpoint_failed' });
    isDown = false;
    expect(await promote()).toMatchObject({ outcome: 'refused', detail: 'image_quarantined' });
    expect(await promote({ allowQuarantined: true })).toMatchObject({ outcome: 'completed' });
    expect(await promote({ images: 'staging.example/shop/web:v1' })).toMatchObject({ outcome: 'completed' });
    expect(await promote()).toMatchObject({ outcome: 'completed' });
  });
});
