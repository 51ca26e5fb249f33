/**
 * A process that joined a promotion which another one drives (R1): it waits for its end, and goes on itself where the
 * other one dies.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/journal/memory-store.js';
import { manualClock } from '../../src/testing/index.js';
import type { World } from '../runner/world.js';
import { approvalWait, goodPath, type Scenario } from './scenarios.js';
import { begin, ending, undisturbed } from './story.js';
import { leaseMs, TestProcess } from './test-process.js';

/** The story on a clock that goes on by hand only. */
async function withManualClock(scenario: Scenario) {
  const story = await begin(scenario);
  const clock = manualClock(story.world.clock.now());
  const world: World = { ...story.world, clock: { ...clock, jump: (ms) => { clock.set(clock.now() + ms); } } };
  return { story: { ...story, world }, clock };
}

describe('a process that joined', () => {
  it('says what the other one brought about, when that is at its very end', async () => {
    const { end } = await undisturbed(goodPath);
    const { story } = await withManualClock(goodPath);
    const first = new TestProcess(story.world, ({ call, parameters }, when) => {
      // The outcome is known by now, and the hold not yet free.
      if (call === 'store.append' && when === 'before' && String(parameters[2]).includes('hold.freed')) first.freeze();
    });
    const driving = (await goodPath.begin(first.promoter, {}))._unsafeUnwrap();
    const joining = (await goodPath.begin(new TestProcess(story.world).promoter, {}))._unsafeUnwrap();
    expect([joining.id, joining.joined]).toEqual([driving.id, true]);
    const settled = { joined: false };
    const said = joining.outcome().map((report) => {
      settled.joined = true;
      return report;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect((await story.world.promoterOn(memoryStore(story.world.state)).status(driving.id))._unsafeUnwrap().outcome).toBe('completed');
    expect(settled.joined).toBe(false);
    first.thaw();
    expect((await said)._unsafeUnwrap().outcome).toBe('completed');
    expect((await driving.outcome())._unsafeUnwrap().outcome).toBe('completed');
    expect(await ending(story)).toEqual(end);
  });

  it('goes on itself when the one that drives dies', async () => {
    const { end } = await undisturbed(goodPath);
    const { story, clock } = await withManualClock(goodPath);
    const first = new TestProcess(story.world, ({ call }, when) => {
      if (call === 'deployer.restart' && when === 'after') first.die();
    });
    const driving = (await goodPath.begin(first.promoter, {}))._unsafeUnwrap();
    const joining = (await goodPath.begin(new TestProcess(story.world).promoter, {}))._unsafeUnwrap();
    void driving.outcome();
    await first.death;
    story.world.deployer.processDied();
    const said = joining.outcome();
    // Once to find it quiet while its lease is still good, once more when it is not.
    await clock.advance(leaseMs);
    await clock.advance(leaseMs);
    expect((await said)._unsafeUnwrap().outcome).toBe('completed');
    expect(await ending(story)).toEqual(end);
  });

  it('rests with the promotion where that waits for another one and nobody drives it (G15)', async () => {
    const story = await begin(goodPath);
    let isPulling = (): void => undefined;
    const pulling = new Promise<void>((resolve) => (isPulling = resolve));
    const first = new TestProcess(story.world, ({ call }, when) => {
      if (call !== 'deployer.pull' || when !== 'before') return;
      first.freeze();
      isPulling();
    });
    const holding = (await goodPath.begin(first.promoter, {}))._unsafeUnwrap();
    await pulling;
    const { promoter } = new TestProcess(story.world);
    const second = (await promoter.promote({ environment: 'production', images: 'staging.example/shop/web:v1' }))._unsafeUnwrap();
    expect((await second.outcome())._unsafeUnwrap()).toMatchObject({ exitCode: 4, waitingFor: { for: 'hold' } });
    expect((await (await promoter.open(second.id))._unsafeUnwrap().outcome())._unsafeUnwrap()).toMatchObject({ exitCode: 4, waitingFor: { for: 'hold' } });
    first.thaw();
    expect((await holding.outcome())._unsafeUnwrap().outcome).toBe('completed');
  });

  it('says how the promotion stood when it was seen to rest, also when it is approved in that very moment (R14)', async () => {
    const story = await begin(approvalWait);
    const driving = (await approvalWait.begin(new TestProcess(story.world).promoter, {}))._unsafeUnwrap();
    expect((await driving.outcome())._unsafeUnwrap()).toMatchObject({ exitCode: 4 });
    const store = memoryStore(story.world.state);
    const { promoter } = new TestProcess(story.world);
    let isWatched = false;
    const watching = story.world.promoterOn({
      ...store,
      read: (stream, fromSeq) =>
        store.read(stream, fromSeq).map(async (records) => {
          if (isWatched) (await promoter.approve(driving.id, { actor: 'bob', knownBy: 'test' }))._unsafeUnwrap();
          isWatched = false;
          return records;
        }),
    });
    const followed = (await watching.open(driving.id))._unsafeUnwrap();
    isWatched = true;
    expect((await followed.outcome())._unsafeUnwrap()).toMatchObject({ exitCode: 4, waitingFor: { for: 'approval' } });
    expect((await promoter.status(driving.id))._unsafeUnwrap()).toMatchObject({ exitCode: null, waitingFor: null });
  });
});
