/**
 * Two processes drive one promotion: the first is stopped for longer than its lease (a suspended machine, a debugger, a
 * stalled disk), the second takes over and brings it to its end, and then the first goes on (G21). There is one outcome,
 * nothing is done twice, and the first one says the same as the second.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { World } from '../runner/world.js';
import { goodPath, twoBatches, type Scenario } from './scenarios.js';
import { begin, ending, live, recordsOf, undisturbed } from './story.js';
import { leaseMs, TestProcess, type Moment } from './test-process.js';

async function frozenAt(scenario: Scenario, { number }: Moment, at: 'before' | 'after') {
  const story = await begin(scenario);
  let isFrozen = (): void => undefined;
  const frozen = new Promise<void>((resolve) => (isFrozen = resolve));
  const first = new TestProcess(story.world, (moment, when) => {
    if (moment.number !== number || when !== at) return;
    first.freeze();
    isFrozen();
  });
  const outcome = live(story, first);
  await frozen;
  story.world.clock.jump(leaseMs + 1);
  const second = (await live(story, new TestProcess(story.world)))._unsafeUnwrap();
  const effects = story.world.production.effects.length + story.world.deployer.effects.length;
  first.thaw();
  const said = (await outcome)._unsafeUnwrap();
  const late = story.world.production.effects.length + story.world.deployer.effects.length - effects;
  return { second, first: said, late, end: await ending(story) };
}

/**
 * Where the first process is stopped: before or after every call that matters. A request to a registry that has left the
 * process cannot be called back, and no registry knows fences: such a call is stopped after it only.
 */
function* places(moments: readonly Moment[]): Generator<readonly [Moment, 'before' | 'after']> {
  for (const moment of moments) {
    const { call, changes } = moment;
    if (!changes && /^(store|source)\./.test(call)) continue;
    yield [moment, 'after'];
    if (changes && !call.startsWith('target.') && !call.startsWith('notifier.')) yield [moment, 'before'];
  }
}

describe('a process that is stopped for longer than its lease', () => {
  for (const scenario of [goodPath, twoBatches]) {
    it(`finds the promotion at its end, does nothing more, and says the same: ${scenario.name}`, { timeout: 300_000 }, async () => {
      const { moments, end } = await undisturbed(scenario);
      for (const [moment, at] of places(moments)) {
        const name = `stopped ${at} ${moment.call}, call ${String(moment.number)}`;
        const got = await frozenAt(scenario, moment, at);
        expect(got.end, name).toEqual(end);
        expect(got.late, name).toBe(0);
        expect({ ...got.first, undelivered: [] }, name).toMatchObject({ id: got.second.id, outcome: got.second.outcome, status: got.second.status, exitCode: got.second.exitCode });
      }
    });
  }
});

/** A process that freezes at the record whose line holds this text, once. */
function freezingAt(world: World, at: 'before' | 'after', text: string) {
  let isReached = (): void => undefined;
  const reached = new Promise<void>((resolve) => (isReached = resolve));
  let isLeft = true;
  const process = new TestProcess(world, ({ call, parameters }, when) => {
    if (!isLeft || call !== 'store.append' || when !== at || !String(parameters[2]).includes(text)) return;
    isLeft = false;
    process.freeze();
    isReached();
  });
  return { process, reached };
}

describe('a process that is just being replaced', () => {
  it('cannot put its result in between, although its clock says that the lease is good', async () => {
    const { end } = await undisturbed(goodPath);
    const story = await begin(goodPath);
    const first = freezingAt(story.world, 'before', '"type":"step.passed","boxes":["deployment.I"');
    const saidByFirst = live(story, first.process);
    await first.reached;
    const { clock } = story.world;
    const second = freezingAt({ ...story.world, clock: { ...clock, now: () => clock.now() + leaseMs + 1 } }, 'after', '"type":"note.driver"');
    const saidBySecond = live(story, second.process);
    await second.reached;
    first.process.thaw();
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => { setImmediate(resolve); });
    expect((await recordsOf(story)).at(-1)?.type).toBe('note.driver');
    second.process.thaw();
    expect((await saidBySecond)._unsafeUnwrap().outcome).toBe('completed');
    expect((await saidByFirst)._unsafeUnwrap().outcome).toBe('completed');
    expect(await ending(story)).toEqual(end);
    expect((await recordsOf(story)).filter(({ type, data }) => type === 'step.interrupted' && data['step'] === 'deployment.restart')).toHaveLength(1);
  });
});
