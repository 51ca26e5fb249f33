import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { backoffMs, errAsync, failure, okAsync, retrying, type Clock, type RegistryError, type ResultAsync } from '@davit/core';

const busy = (facts: { retryAfterMs?: number } = {}): RegistryError => failure('registry_unavailable', 'busy', { retryable: true, ...facts });

/** A clock that does not wait and remembers what it was asked for. */
function instantClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  return { waits, now: () => 0, sleep: (ms) => (waits.push(ms), Promise.resolve()) };
}

/** Fails as told, then succeeds; remembers its attempts. */
function operation(errors: readonly RegistryError[]): { (attempt: number): ResultAsync<string, RegistryError>; readonly attempts: number[] } {
  const attempts: number[] = [];
  const call = (attempt: number): ResultAsync<string, RegistryError> => {
    attempts.push(attempt);
    const error = errors[attempts.length - 1];
    return error === undefined ? okAsync('done') : errAsync(error);
  };
  return Object.assign(call, { attempts });
}

const signal = new AbortController().signal;

describe('retrying', () => {
  it('returns the first success and waits for nothing', async () => {
    const clock = instantClock();
    const call = operation([]);
    expect((await retrying(call, { signal, clock }))._unsafeUnwrap()).toBe('done');
    expect(call.attempts).toEqual([1]);
    expect(clock.waits).toEqual([]);
  });

  it.each([
    { failures: 1, calls: 2, succeeds: true },
    { failures: 2, calls: 3, succeeds: true },
    { failures: 3, calls: 3, succeeds: false },
  ])('calls three times in all by default: $failures failures make $calls calls (G1)', async ({ failures, calls, succeeds }) => {
    const clock = instantClock();
    const call = operation(Array.from({ length: failures }, () => busy()));
    const result = await retrying(call, { signal, clock });
    expect(result.isOk()).toBe(succeeds);
    expect(call.attempts).toHaveLength(calls);
    expect(clock.waits).toHaveLength(calls - 1);
  });

  it('tries once where one attempt is allowed', async () => {
    const call = operation([busy()]);
    expect((await retrying(call, { signal, clock: instantClock(), attempts: 1 })).isErr()).toBe(true);
    expect(call.attempts).toEqual([1]);
  });

  it('does not repeat what cannot succeed later, and returns the error as it is (G16)', async () => {
    const denied: RegistryError = failure('registry_denied', 'no');
    const call = operation([denied]);
    expect((await retrying(call, { signal, clock: instantClock() }))._unsafeUnwrapErr()).toBe(denied);
    expect(call.attempts).toEqual([1]);
  });

  it('doubles its waits and tells of each before it waits', async () => {
    const clock = instantClock();
    const told: unknown[] = [];
    void (await retrying(operation([busy(), busy(), busy()]), { signal, clock, attempts: 4, minDelayMs: 100, random: () => 0.5, onRetry: ({ attempt, of, waitMs }) => told.push([attempt, of, waitMs, clock.waits.length]) }));
    expect(clock.waits).toEqual([100, 200, 400]);
    expect(told).toEqual([[1, 4, 100, 0], [2, 4, 200, 1], [3, 4, 400, 2]]);
  });

  it('waits as long as the other side asks, at most the cap (R18)', async () => {
    const clock = instantClock();
    void (await retrying(operation([busy({ retryAfterMs: 8000 }), busy({ retryAfterMs: 3_600_000 })]), { signal, clock }));
    expect(clock.waits).toEqual([8000, 60_000]);
  });

  it('ends the wait at once when the signal fires, and returns the last error', async () => {
    const controller = new AbortController();
    const call = operation([busy(), busy()]);
    let firedBy: AbortSignal | undefined;
    const clock: Clock = {
      now: () => 0,
      sleep: (_ms, given) =>
        new Promise((resolve) => {
          firedBy = given;
          given?.addEventListener('abort', () => { resolve(); });
          controller.abort();
        }),
    };
    expect((await retrying(call, { signal: controller.signal, clock }))._unsafeUnwrapErr().code).toBe('registry_unavailable');
    expect(firedBy).toBe(controller.signal);
    expect(call.attempts).toEqual([1]);
  });

  it('keeps a success that arrives after the signal fired', async () => {
    const controller = new AbortController();
    const result = await retrying(() => (controller.abort(), okAsync<string, RegistryError>('done')), { signal: controller.signal });
    expect(result._unsafeUnwrap()).toBe('done');
  });

  it('lets an exception through at once: it is a bug', async () => {
    let calls = 0;
    const broken = (): ResultAsync<string, RegistryError> => {
      calls += 1;
      throw new Error('bug');
    };
    await expect(retrying(broken, { signal, clock: instantClock() })).rejects.toThrow('bug');
    expect(calls).toBe(1);
  });
});

describe('backoffMs', () => {
  it('is 1 s, 2 s, 4 s, and so on, without chance (R18)', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8].map((n) => backoffMs(n, { random: () => 0.5 }))).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('prefers what the other side asked for', () => {
    expect(backoffMs(5, { retryAfterMs: 1500 })).toBe(1500);
    expect(backoffMs(5, { retryAfterMs: 8000, maxDelayMs: 3000 })).toBe(8000);
  });

  it('does not use up every attempt where hardly any wait is asked for, as ghcr.io does', () => {
    const waits = (retryAfterMs: number): readonly number[] => [1, 2, 3, 4].map((n) => backoffMs(n, { retryAfterMs, random: () => 0.5 }));
    expect(waits(10.3)).toEqual([1000, 2000, 4000, 8000]);
    expect(waits(0)).toEqual([1000, 2000, 4000, 8000]);
    expect(waits(-5)).toEqual([1000, 2000, 4000, 8000]);
  });

  it('stays within a quarter of its middle and below the cap, for any failure and chance', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (n, chance) => {
        const middle = Math.min(1000 * 2 ** Math.min(n - 1, 30), 1e9);
        const wait = backoffMs(n, { random: () => chance });
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeLessThanOrEqual(60_000);
        expect(wait).toBeGreaterThanOrEqual(Math.min(60_000, Math.floor(middle * 0.75)));
        expect(wait).toBeLessThanOrEqual(Math.max(Math.ceil(middle * 1.25), 0));
      }),
    );
  });
});
