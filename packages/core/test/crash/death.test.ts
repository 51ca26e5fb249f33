/**
 * Death of the process at every call that changes something (G21, R95): another process resumes, and nobody can tell the
 * difference. What is done outside is done once, however often it had to be begun.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { goodPath, scenarios, type Scenario } from './scenarios.js';
import { begin, ending, live, outlive, undisturbed, type Ending } from './story.js';
import { TestProcess } from './test-process.js';

/** One process dies at this call, the next one goes on. */
async function dyingAt(scenario: Scenario, number: number, at: 'before' | 'after'): Promise<Ending> {
  const story = await begin(scenario);
  const process = new TestProcess(story.world, (moment, when) => {
    if (moment.number === number && when === at) process.die();
  });
  const ended = await Promise.race([live(story, process), process.death]);
  if (ended !== 'dead') throw new Error(`it did not die at call ${String(number)}`);
  outlive(story);
  (await live(story, new TestProcess(story.world)))._unsafeUnwrap();
  return ending(story);
}

/** What must be the same, whoever died: effects without how often they were had, which is compared by itself. */
const comparable = ({ effects, hostEffects, hostsChanged, ...end }: Ending, { leavesHosts }: Scenario): object => ({
  ...end,
  effects: Object.keys(effects),
  hostEffects: [...new Set(hostEffects)],
  hostsChanged: leavesHosts === true ? 'may be counted' : hostsChanged,
});

/** The effects that were had more often than needed, besides those that a lost answer excuses. */
function surplus(end: Ending, { effects }: Ending, { again }: Scenario): readonly string[] {
  return Object.entries(end.effects).flatMap(([key, count]) => (count > (effects[key] ?? 0) + (again !== undefined && key.startsWith(again) ? 1 : 0) ? [key] : []));
}

describe('a process that dies at any call that changes something', () => {
  for (const scenario of scenarios) {
    it(`leaves a promotion that ends as if it had not: ${scenario.name}`, { timeout: 300_000 }, async () => {
      const { moments, end } = await undisturbed(scenario);
      expect(end).toMatchObject({ outcome: scenario.outcome, holder: null });
      // As far as anybody else can tell, to die before a call is to die after the one before it: on one of the ways both are tried.
      const times = scenario === goodPath ? (['before', 'after'] as const) : (['after'] as const);
      for (const { number, call } of moments.filter(({ changes }) => changes)) {
        for (const time of times) {
          const got = await dyingAt(scenario, number, time);
          const name = `died ${time} ${call}, call ${String(number)}`;
          expect(comparable(got, scenario), name).toEqual(comparable(end, scenario));
          expect(surplus(got, end, scenario), name).toEqual([]);
        }
      }
    });
  }
});
