/**
 * A disk that is full in the middle of a promotion, or of a rollback: the process ends and says so, nothing is
 * half-written, and once there is space again the promotion goes on from there.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { failure } from '../../src/errors/index.js';
import { err } from '../../src/result.js';
import { goodPath, twoBatches, type Scenario } from './scenarios.js';
import { begin, ending, live, undisturbed, type Ending } from './story.js';
import { TestProcess } from './test-process.js';

const noSpace = failure('store_full', 'the store has no space left (ENOSPC); the record was not written', {});
const writes = ['store.create', 'store.append', 'store.renewLease'];

/** From this call on nothing can be written to the store, `times` times. */
async function fullAt(scenario: Scenario, number: number, times: number): Promise<{ readonly said: string; readonly end: Ending }> {
  const story = await begin(scenario);
  let left = times;
  const process = new TestProcess(story.world, (moment, when) => {
    if (when !== 'before' || moment.number < number || left === 0 || !writes.includes(moment.call)) return undefined;
    left -= 1;
    return err(noSpace);
  });
  const said = await live(story, process);
  (await live(story, new TestProcess(story.world)))._unsafeUnwrap();
  return { said: said.isOk() ? String(said.value.outcome) : said.error.code, end: await ending(story) };
}

describe('a store that is full', () => {
  it('for good ends the process with a clear error, and the promotion is resumed when there is space, also in a rollback', { timeout: 300_000 }, async () => {
    const { moments, end } = await undisturbed(twoBatches);
    let ended = 0;
    for (const { number, call } of moments.filter((moment) => writes.includes(moment.call))) {
      const got = await fullAt(twoBatches, number, Infinity);
      const name = `full at ${call}, call ${String(number)}`;
      expect(got.end, name).toEqual(end);
      // Where only the note cannot be written that the last notice was delivered, all is done all the same.
      if (got.said === twoBatches.outcome) ended += 1;
      else expect(got.said, name).toBe('store_full');
    }
    expect(ended).toBeLessThanOrEqual(1);
  });

  it('for a single write does not become a verdict on the promotion', { timeout: 300_000 }, async () => {
    const { moments, end } = await undisturbed(goodPath);
    for (const { number, call } of moments.filter((moment) => writes.includes(moment.call))) {
      const got = await fullAt(goodPath, number, 1);
      expect(got.end, `full once at ${call}, call ${String(number)}`).toEqual(end);
    }
  });
});
