/**
 * Death of the process at every call that changes something (G21, R95): another process resumes, and nobody can tell the
 * difference. What is done outside is done once, however often it had to be begun.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { goodPath, scenarios, unhealthy, type Scenario } from './scenarios.js';
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
      expect(end).toMatchObject({ outcome: scenario.outcome, holder: null, outside: { channel: scenario.channel } });
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

describe('a process that dies at the same step again and again', () => {
  /** The first three processes die at this call, each time that they come to it. */
  async function dyingThrice(scenario: Scenario, isFatal: (call: string, parameters: readonly string[]) => boolean) {
    const story = await begin(scenario);
    for (let deaths = 0; deaths < 3; deaths += 1) {
      const process = new TestProcess(story.world, ({ call, parameters }, when) => {
        if (when === 'before' && isFatal(call, parameters.map((parameter) => JSON.stringify(parameter)))) process.die();
      });
      expect(await Promise.race([live(story, process), process.death])).toBe('dead');
      outlive(story);
    }
    (await live(story, new TestProcess(story.world)))._unsafeUnwrap();
    return ending(story);
  }

  it('is not begun a fourth time: the step has failed, and the release is rolled back', async () => {
    expect(await dyingThrice(goodPath, (call) => call === 'deployer.restart')).toMatchObject({ outcome: 'rolled_back', detail: 'crashed_repeatedly', outside: { channel: 'v1' }, holder: null });
  });

  it('is not begun a fourth time in a rollback either, and a person is called', async () => {
    const { v1 } = await unhealthy.world();
    const isRollback = (call: string, parameters: readonly string[]): boolean => call === 'deployer.restart' && parameters.join(' ').includes(v1.digest);
    const end = await dyingThrice(unhealthy, isRollback);
    expect(end).toMatchObject({ outcome: 'rollback_failed', exitCode: 5, holder: null });
    expect(end.notices.at(-1)).toContain('critical');
  });
});
