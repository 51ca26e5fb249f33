/**
 * A cancel by another process, after every record and in the middle of every call (R14): before production is touched the
 * tags are put back and nothing stays, after that it is a rollback; and what was cancelled in time is never completed.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { replayAll } from '../../src/journal/replay.js';
import type { PromotionState } from '../../src/machine/index.js';
import { untilStopped } from './interruption.js';
import { approvalWait, goodPath, twoBatches, type Scenario } from './scenarios.js';
import { begin, ending, idOf, live, recordsOf, undisturbed, type Story } from './story.js';
import { TestProcess, type Moment } from './test-process.js';

async function cancelledAt(scenario: Scenario, { number, signal: calls, call }: Moment) {
  const story = await begin(scenario);
  const canceller = new TestProcess(story.world);
  let answer = 'not begun';
  const driver = new TestProcess(story.world, async ({ number: now, signal }, when) => {
    if (now !== number || when !== (calls === undefined ? 'after' : 'before')) return undefined;
    const id = await idOf(story);
    if (id === undefined) return undefined;
    const asked = await canceller.promoter.cancel(id, { actor: 'eve', knownBy: 'test' });
    answer = asked.isOk() ? 'recorded' : asked.error.code;
    // Notifiers are not part of any step: they may end what they are at.
    return answer === 'recorded' && signal !== undefined && call !== 'notifier.notify' ? untilStopped(signal) : undefined;
  });
  void (await live(story, driver));
  (await live(story, canceller))._unsafeUnwrap();
  return { answer, end: await ending(story), records: await recordsOf(story), at: await cancelledIn(story) };
}

/** Where the promotion stood when the cancel was recorded. */
async function cancelledIn(story: Story): Promise<PromotionState | undefined> {
  const records = await recordsOf(story);
  const at = records.findIndex(({ type }) => type === 'cancel.requested');
  return at < 0 ? undefined : replayAll(records.slice(0, at))._unsafeUnwrap().state;
}

/** Hosts are only changed after the deployment was triggered. */
const producing = ({ step }: PromotionState): boolean => step?.startsWith('deployment.') === true && step !== 'deployment.trigger';

describe('a cancel at any moment', () => {
  for (const scenario of [goodPath, twoBatches]) {
    it(`ends as the place asks for where it comes: ${scenario.name}`, { timeout: 300_000 }, async () => {
      const { moments, end } = await undisturbed(scenario);
      const { world } = await begin(scenario);
      const ends = { cancelled: 0, rolled_back: 0, late: 0, interrupted: 0 };
      for (const moment of moments.filter(({ call, signal }) => signal !== undefined || call === 'store.append')) {
        const { answer, end: got, records, at } = await cancelledAt(scenario, moment);
        const name = `cancelled at ${moment.call}, call ${String(moment.number)}, in ${at?.step ?? answer}`;
        expect(got.holder, name).toBeNull();
        if (at === undefined) {
          // Not begun yet, or the outcome was set, or it was rolling back: as if it had not been asked.
          expect(got, name).toEqual(end);
          ends.late += 1;
          continue;
        }
        const outcome = producing(at) ? 'rolled_back' : 'cancelled';
        expect(got, name).toMatchObject({ outcome, compensationFailed: null, outside: { channel: 'v1' } });
        expect(got.running, name).toEqual(end.running.map(() => ['web', { image: world.imageOf(world.v1), state: 'running' }]));
        if (outcome === 'cancelled') expect(got.hostEffects, name).toEqual([]);
        ends[outcome] += 1;
        // The call that was under way was told to stop, and that is recorded.
        if (records.some(({ type, data }) => type === 'step.interrupted' && data['reason'] === 'cancel')) ends.interrupted += 1;
      }
      expect(ends.cancelled).toBeGreaterThan(50);
      expect(ends.rolled_back).toBeGreaterThan(20);
      expect(ends.late).toBeGreaterThan(10);
      expect(ends.interrupted).toBeGreaterThan(40);
    });
  }

  it('is acted on by whoever resumes, where nobody drives (R12)', async () => {
    const story = await begin(approvalWait);
    const process = new TestProcess(story.world);
    const waiting = (await (await approvalWait.begin(process.promoter, {}))._unsafeUnwrap().outcome())._unsafeUnwrap();
    expect(waiting.waitingFor?.for).toBe('approval');
    (await process.promoter.cancel(waiting.id, { actor: 'eve' }))._unsafeUnwrap();
    expect((await process.promoter.approve(waiting.id, { actor: 'bob' }))._unsafeUnwrapErr().code).toBe('promotion_over');
    (await live(story, process))._unsafeUnwrap();
    expect(await ending(story)).toMatchObject({ outcome: 'cancelled', effects: {}, holder: null });
  });
});
