/**
 * An interrupt (Ctrl-C, a machine that shuts down) after every record and in the middle of every call: the promotion can
 * be resumed and ends as if nothing had been. An interrupt is not a cancel, and not a crash.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { failure } from '../../src/errors/index.js';
import type { Notice } from '../../src/ports/index.js';
import { err } from '../../src/result.js';
import { approvalWait, goodPath, twoBatches, unhealthy, type Scenario } from './scenarios.js';
import { untilStopped } from './interruption.js';
import { begin, ending, live, recordsOf, undisturbed } from './story.js';
import { TestProcess, type Moment } from './test-process.js';

async function interruptedAt(scenario: Scenario, { number, signal: calls }: Moment) {
  const story = await begin(scenario);
  const interrupt = new AbortController();
  const first = new TestProcess(story.world, ({ number: now, signal }, when) => {
    if (now !== number || when !== (calls === undefined ? 'after' : 'before')) return undefined;
    interrupt.abort();
    return signal === undefined ? undefined : untilStopped(signal);
  });
  void (await live(story, first, interrupt.signal));
  (await live(story, new TestProcess(story.world)))._unsafeUnwrap();
  return { end: await ending(story), records: await recordsOf(story) };
}

/** Records, and calls that take long: reading a journal or a clock does not. */
const places = (moments: readonly Moment[]): readonly Moment[] => moments.filter(({ call, signal }) => signal !== undefined || call === 'store.append');

describe('an interrupt', () => {
  for (const scenario of [goodPath, twoBatches]) {
    it(`at any moment leaves a promotion that ends as if it had not been: ${scenario.name}`, { timeout: 300_000 }, async () => {
      const { moments, end } = await undisturbed(scenario);
      const reasons = new Set<unknown>();
      for (const moment of places(moments)) {
        const got = await interruptedAt(scenario, moment);
        const name = `interrupted at ${moment.call}, call ${String(moment.number)}`;
        expect(got.end, name).toEqual(end);
        for (const { type, data } of got.records) if (type === 'step.interrupted') reasons.add(data['reason']);
      }
      expect([...reasons]).toEqual(['shutdown']);
    });
  }

  for (const [scenario, type, step] of [[goodPath, 'promotion.completed', 'promotion.close'], [unhealthy, 'promotion.rollback_ended', 'rollback.notify']] as const) {
    it(`while ${step} tells again what could not be told leaves it to be begun again, so that nothing is lost (R94)`, { timeout: 60_000 }, async () => {
      const { end } = await undisturbed(scenario);
      const story = await begin(scenario);
      const interrupt = new AbortController();
      let tries = 0;
      const first = new TestProcess(story.world, ({ call, parameters, signal }, when) => {
        if (call !== 'notifier.notify' || when !== 'before' || (parameters[0] as Notice).type !== type || signal === undefined) return undefined;
        tries += 1;
        if (tries === 1) return err(failure('notification_failed', 'the receiver is down'));
        interrupt.abort();
        return untilStopped(signal);
      });
      const said = (await live(story, first, interrupt.signal))._unsafeUnwrap();
      expect([said.outcome, said.undelivered.length]).toEqual([scenario.outcome, 1]);
      expect((await recordsOf(story)).at(-1)).toMatchObject({ type: 'step.interrupted', data: { step, reason: 'shutdown' } });
      (await live(story, new TestProcess(story.world)))._unsafeUnwrap();
      expect(await ending(story)).toEqual(end);
    });
  }

  it('is heeded while a process that only waits still tells others of it', { timeout: 60_000 }, async () => {
    const { moments, end } = await undisturbed(approvalWait);
    const asked = moments.filter(({ call }) => call === 'notifier.notify');
    expect(asked).toHaveLength(4);
    for (const moment of asked) expect((await interruptedAt(approvalWait, moment)).end).toEqual(end);
  });
});
