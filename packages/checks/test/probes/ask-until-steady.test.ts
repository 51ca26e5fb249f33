/**
 * When a series of answers makes an endpoint steady, failed, or leaves it unknown (R29, R30).
 * @module
 */
import { manualClock } from '@davit/core/testing';
import { describe, expect, it } from 'vitest';
import { askUntilSteady, steadiness, type Attempt } from '../../src/probes/ask-until-steady.js';

const good: Attempt = { verdict: 'good', summary: 'fine' };
const bad: Attempt = { verdict: 'bad', summary: 'broken', facts: { status: 500 } };
const unknown: Attempt = { verdict: 'unknown', summary: 'no network' };

async function ask(attempts: readonly Attempt[]): Promise<string> {
  const clock = manualClock({ auto: true });
  let asked = 0;
  const result = await askUntilSteady('u', () => Promise.resolve(attempts[Math.min(asked++, attempts.length - 1)] ?? bad), steadiness({ clock, withinMs: 10_000 }), new AbortController().signal);
  return result.match((summary) => summary, (error) => `${error.code}: ${error.message}`);
}

describe('askUntilSteady', () => {
  it('is content with three good answers in a row, however late', async () => {
    expect(await ask([bad, unknown, good, good, bad, good])).toBe('fine, 3 times in a row');
  });

  it('is inconclusive when this machine could never ask (R30)', async () => {
    expect(await ask([unknown])).toBe('check_inconclusive: u could not be asked: no network');
  });

  it('is a failure of the endpoint as soon as it once said so itself', async () => {
    expect(await ask([bad, unknown])).toMatch(/^endpoint_failed: .*: broken$/);
    expect(await ask([good, unknown])).toMatch(/^endpoint_failed: .*: no network$/);
  });
});
