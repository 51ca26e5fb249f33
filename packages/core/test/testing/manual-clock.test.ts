import { describe, expect, it } from 'vitest';
import { manualClock } from '@davit/core/testing';

describe('manualClock', () => {
  it('wakes sleepers in the order in which they are due', async () => {
    const clock = manualClock(0);
    const woken: [string, number][] = [];
    for (const [name, ms] of [['c', 30], ['a', 10], ['b', 20], ['a2', 10]] as const) void clock.sleep(ms).then(() => woken.push([name, clock.now()]));
    await clock.advance(25);
    expect(woken).toEqual([['a', 10], ['a2', 10], ['b', 20]]);
    expect(clock.now()).toBe(25);
    expect(clock.sleeping).toBe(1);
  });

  it('carries a chain of sleeps within one advance', async () => {
    const clock = manualClock(0);
    const at: number[] = [];
    void (async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await clock.sleep(100);
        at.push(clock.now());
      }
    })();
    await clock.advance(250);
    expect(at).toEqual([100, 200]);
    await clock.runAll();
    expect(at).toEqual([100, 200, 300]);
    expect(clock.slept).toEqual([100, 100, 100]);
  });

  it('wakes at once when the signal fires, and time stands', async () => {
    const clock = manualClock(5);
    const controller = new AbortController();
    const sleep = clock.sleep(1000, controller.signal);
    controller.abort();
    await sleep;
    expect(clock.now()).toBe(5);
    expect(clock.sleeping).toBe(0);
    await clock.sleep(1000, controller.signal);
  });

  it('turns itself where that is asked for', async () => {
    const clock = manualClock({ start: 0, auto: true });
    await clock.sleep(60_000);
    await clock.sleep(60_000);
    expect(clock.now()).toBe(120_000);
  });

  it('says so when something sleeps in a loop', async () => {
    const clock = manualClock();
    let stop = false;
    void (async () => {
      while (!stop) await clock.sleep(1);
    })();
    await expect(clock.runAll(50)).rejects.toThrow('50 times');
    stop = true;
    await clock.runAll();
  });

  it('can be set to a later day without waking anybody', async () => {
    const clock = manualClock(0);
    void clock.sleep(10);
    clock.set(86_400_000);
    expect(clock.now()).toBe(86_400_000);
    expect(clock.sleeping).toBe(1);
    await clock.runAll();
    expect(clock.now()).toBe(86_400_000);
  });
});
