import { describe, expect, it } from 'vitest';
import type { ChecksOptions, ValidationLevel } from '../../src/validation/index.js';
import { newWorld } from '../runner/world.js';

/** The layers of that world are texts, no archives: only who reads them finds that out. */
async function promoteAt(level?: ValidationLevel) {
  const checks: ChecksOptions = { signature: { off: 'a test' }, ...(level === undefined ? {} : { level }) };
  const world = newWorld({ environment: { checks } });
  const begun = await world.promoter.promote({ environment: 'production', images: 'staging.example/shop/web:v2' });
  const report = (await begun._unsafeUnwrap().outcome())._unsafeUnwrap();
  return { report, reads: world.staging.count('statBlob'), written: world.production.effects.length };
}

describe('the level of the checks in a promotion', () => {
  it('is head, unless the environment says another (R40)', async () => {
    expect(await promoteAt()).toMatchObject({ report: { outcome: 'completed' } });
    const shallow = await promoteAt('manifest');
    const usual = await promoteAt('head');
    expect([shallow.report.outcome, usual.report.outcome]).toEqual(['completed', 'completed']);
    expect(shallow.reads).toBeLessThan(usual.reads);
  });

  it('content reads every layer before anything is written (R41)', async () => {
    expect(await promoteAt('content')).toMatchObject({ report: { outcome: 'validation_failed', detail: 'image_corrupted', error: { message: expect.stringContaining('no readable archive') as string } }, written: 0 });
  });
});
