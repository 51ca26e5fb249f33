/**
 * The driver's lease, on a clock that is turned by hand: it is renewed while the process lives, a lost one stops the step
 * that runs, and a store that is away for a moment stops nothing.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { failure } from '../../src/errors/index.js';
import { memoryStore } from '../../src/journal/memory-store.js';
import { createPromoter } from '../../src/promoter/index.js';
import type { PromotionStore } from '../../src/ports/index.js';
import { errAsync } from '../../src/result.js';
import { manualClock } from '../../src/testing/index.js';
import { newWorld, outsideOf } from '../runner/world.js';

const ask = { environment: 'production', actor: 'ann', knownBy: 'test' } as const;
const leaseMs = 60_000;

/** A promotion whose restart hangs until it is told to stop, on a manual clock. */
async function hanging(change: (store: PromotionStore) => PromotionStore = (store) => store) {
  const world = newWorld();
  const clock = manualClock(world.clock.now());
  const signals: AbortSignal[] = [];
  world.deployer.fail('restart', {});
  const promoterOn = (store: PromotionStore) => createPromoter({ store, environments: { production: { ...world.environment, deployer: { ...world.deployer, restart: (host, release, call) => { signals.push(call.signal); return world.deployer.restart(host, release, call); } } } }, clock, leaseMs });
  const promotion = (await promoterOn(change(memoryStore(world.state))).promote(ask))._unsafeUnwrap();
  while (signals.length === 0) await new Promise((resolve) => { setImmediate(resolve); });
  return { world, clock, promotion, signals, other: promoterOn(memoryStore(world.state)) };
}

describe('the driver\'s lease', () => {
  it('is renewed in the middle of a step that takes long, so that nobody else can take over', async () => {
    const { clock, promotion, other, signals, world } = await hanging();
    for (let at = 0; at < 10; at += 1) {
      await clock.advance(leaseMs / 2);
      expect((await (await other.resume(promotion.id))._unsafeUnwrap().outcome())._unsafeUnwrapErr().code).toBe('lease_held');
    }
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    (await other.cancel(promotion.id, { actor: 'eve' }))._unsafeUnwrap();
    expect((await promotion.outcome())._unsafeUnwrap().outcome).toBe('rolled_back');
    expect(outsideOf(world)).toMatchObject({ channel: 'v1', hosts: ['host-1: v1 running, pinned v1'] });
  });

  it('that is lost stops the step that runs at the next heartbeat, also where the journal cannot be followed', async () => {
    const blind = (store: PromotionStore): PromotionStore => ({ ...store, async *follow() { yield await errAsync(failure('store_unreadable', 'no')); } });
    const { clock, promotion, other, signals } = await hanging(blind);
    // The whole process stood still, and its timers with it.
    clock.set(clock.now() + leaseMs + 1);
    const taken = (await other.resume(promotion.id))._unsafeUnwrap();
    while (signals.length < 2) await new Promise((resolve) => { setImmediate(resolve); });
    expect(signals[0]?.aborted).toBe(false);
    await clock.advance(leaseMs / 3);
    expect(signals[0]?.reason).toBe('lease_lost');
    expect((await taken.outcome())._unsafeUnwrap().outcome).toBe('completed');
    await clock.advance(leaseMs);
    expect((await promotion.outcome())._unsafeUnwrap()).toMatchObject({ id: promotion.id });
  });

  it('survives a store that cannot be written for a moment', async () => {
    let isAway = false;
    const { clock, promotion, other, world } = await hanging((store) => ({ ...store, renewLease: (...parameters) => (isAway ? errAsync(failure('store_unwritable', 'away', { retryable: true })) : store.renewLease(...parameters)) }));
    isAway = true;
    await clock.advance(leaseMs / 2);
    isAway = false;
    await clock.advance(leaseMs / 2);
    (await other.cancel(promotion.id, { actor: 'eve' }))._unsafeUnwrap();
    expect((await promotion.outcome())._unsafeUnwrap().outcome).toBe('rolled_back');
    expect(outsideOf(world)).toMatchObject({ channel: 'v1' });
  });
});

describe('following the journal', () => {
  it('goes on after the store could not be read for a moment: a cancel still reaches the step (R14)', async () => {
    let looks = 0;
    const { clock, promotion, other } = await hanging((store) => ({
      ...store,
      async *follow(...parameters) {
        looks += 1;
        if (looks === 1) yield await errAsync(failure('store_unreadable', 'too many open files', { retryable: true }));
        else yield* store.follow(...parameters);
      },
    }));
    await clock.advance(5_000);
    (await other.cancel(promotion.id, { actor: 'eve' }))._unsafeUnwrap();
    expect((await promotion.outcome())._unsafeUnwrap().outcome).toBe('rolled_back');
    expect(looks).toBe(2);
  });

  it('throws what a faulty store throws to whoever asks for the outcome, and never into the process', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const world = newWorld();
    const store = memoryStore(world.state);
    const faulty: PromotionStore = { ...store, async *follow() { throw new Error('a fault of the store'); } };
    const promotion = (await createPromoter({ store: faulty, environments: { production: world.environment }, clock: world.clock, leaseMs: 10 ** 12 }).promote(ask))._unsafeUnwrap();
    await expect(promotion.outcome()).rejects.toThrow('a fault of the store');
    await new Promise((resolve) => { setImmediate(resolve); });
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    // The promotion itself is at its end, and nothing of it is held.
    expect((await world.promoterOn(store).status(promotion.id))._unsafeUnwrap().outcome).toBe('completed');
    expect((await world.promoterOn(store).environment('production'))._unsafeUnwrap().holder).toBeNull();
  });
});
