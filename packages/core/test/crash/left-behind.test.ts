/**
 * Adapters that do not keep their promise: one that does not stop when it is told to, notifiers that never answer, a
 * listener that throws. None of them decides what becomes of a promotion.
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failure } from '../../src/errors/index.js';
import { memoryStore } from '../../src/journal/memory-store.js';
import { createPromoter, type EnvironmentOptions } from '../../src/promoter/index.js';
import type { Deployer, HostChange, HostFailure, Notifier } from '../../src/ports/index.js';
import { err, ok, ResultAsync, type Result } from '../../src/result.js';
import { newWorld, outsideOf } from '../runner/world.js';
import { leaseMs } from './test-process.js';

const ask = { environment: 'production', actor: 'ann', knownBy: 'test' } as const;

beforeEach(() => {
  // The grace that a step or a notifier is given goes by the machine's own clock.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

function promoterFor(world: ReturnType<typeof newWorld>, changes: Partial<EnvironmentOptions>) {
  return createPromoter({ store: memoryStore(world.state), environments: { production: { ...world.environment, ...changes } }, clock: world.clock, leaseMs });
}

describe('a step that does not stop when it is told to', () => {
  it('is left behind, and is refused whatever it still wants to change (R14)', async () => {
    const world = newWorld({ hosts: ['host-1', 'host-2'], environment: { batches: [['host-1', 'host-2']] } });
    let answer = (): void => undefined;
    const answered = new Promise<Result<HostChange, HostFailure>>((resolve) => (answer = () => { resolve(ok({ changed: false })); }));
    const restarted: string[] = [];
    const deployer: Deployer = {
      ...world.deployer,
      restart: (host, release, call) => {
        restarted.push(`${host} ${release.services[0]?.image.includes(world.v2.digest) === true ? 'v2' : 'v1'}`);
        // Deaf: it says that all is well, long after it was told to stop.
        return restarted.length === 1 ? new ResultAsync(answered) : world.deployer.restart(host, release, call);
      },
    };
    const promoter = promoterFor(world, { deployer });
    const promotion = (await promoter.promote(ask))._unsafeUnwrap();
    while (restarted.length === 0) await turn();
    (await promoter.cancel(promotion.id, { actor: 'eve' }))._unsafeUnwrap();
    await turn();
    await vi.advanceTimersByTimeAsync(10_000);
    const report = (await promotion.outcome())._unsafeUnwrap();
    expect(report).toMatchObject({ outcome: 'rolled_back', exitCode: 3 });
    answer();
    for (let at = 0; at < 5; at += 1) await turn();
    expect(restarted).toEqual(['host-1 v2', 'host-1 v1', 'host-2 v1']);
    expect(outsideOf(world)).toMatchObject({ channel: 'v1', hosts: ['host-1: v1 running, pinned v1', 'host-2: v1 running, pinned v1'] });
  });
});

describe('a notifier that never answers', () => {
  const deaf: Notifier = { name: 'deaf', notify: () => new ResultAsync(new Promise(() => undefined)) };

  it('holds a promotion up for a minute at its end, and nobody else: the environment is free, and the others are told (R94)', async () => {
    const world = newWorld();
    const promoter = promoterFor(world, { notifiers: [deaf, world.notifier] });
    const promotion = (await promoter.promote(ask))._unsafeUnwrap();
    const isFree = async (): Promise<boolean> => (await promoter.status(promotion.id))._unsafeUnwrap().outcome !== null && (await promoter.environment('production'))._unsafeUnwrap().holder === null;
    while (!(await isFree())) await turn();
    for (let at = 0; at < 5; at += 1) await turn();
    expect(world.notifier.delivered.map(({ type }) => type)).toEqual(['promotion.started', 'promotion.completed']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await promotion.outcome())._unsafeUnwrap()).toMatchObject({ outcome: 'completed', exitCode: 0 });
  });

  it('does not keep a process from heeding an interrupt', async () => {
    const world = newWorld({ approval: true });
    const interrupt = new AbortController();
    const heard: AbortSignal[] = [];
    const slow: Notifier = {
      name: 'slow',
      notify: (_notice, { signal }) => {
        heard.push(signal);
        return new ResultAsync(new Promise((resolve) => { signal.addEventListener('abort', () => { resolve(err(failure('interrupted', 'told to stop'))); }); }));
      },
    };
    const promoter = promoterFor(world, { notifiers: [slow, deaf] });
    const promotion = (await promoter.promote(ask, { signal: interrupt.signal }))._unsafeUnwrap();
    while (heard.length === 0) await turn();
    interrupt.abort();
    for (let at = 0; at < 20; at += 1) await turn();
    // Only the deaf one has to be given up.
    await vi.advanceTimersByTimeAsync(2_000);
    expect((await promotion.outcome())._unsafeUnwrap().outcome).toBeNull();
    expect(heard[0]?.aborted).toBe(true);
  });
});

describe('a listener for progress that throws', () => {
  it('does not make the adapter fail that told of it', async () => {
    const world = newWorld();
    const promotion = (await world.promoter.promote(ask))._unsafeUnwrap();
    let told = 0;
    promotion.onProgress(() => {
      told += 1;
      throw new Error('the display is broken');
    });
    expect((await promotion.outcome())._unsafeUnwrap()).toMatchObject({ outcome: 'completed' });
    expect(told).toBeGreaterThan(0);
  });
});
