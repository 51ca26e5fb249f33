import { describe, expect, it } from 'vitest';
import { errAsync, failure, okAsync, type Call, type RegistryError } from '@davit/core';
import { inParallel } from '../../src/policy/parallel.js';

const call: Call = { signal: new AbortController().signal };
const broken: RegistryError = failure('registry_denied', 'no');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('inParallel', () => {
  it('keeps to its limit and answers in the order of the items', async () => {
    let running = 0;
    let most = 0;
    const result = await inParallel([5, 1, 4, 2, 3], 2, call, async (item) => {
      running += 1;
      most = Math.max(most, running);
      for (let wait = 0; wait < item; wait += 1) await turn();
      running -= 1;
      return okAsync<number, RegistryError>(item * 10);
    });
    expect(result._unsafeUnwrap()).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  it('stops the others at the first error, waits for them, and returns that error', async () => {
    const ended: number[] = [];
    const started: number[] = [];
    const result = await inParallel([0, 1, 2, 3, 4], 3, call, async (item, { signal }) => {
      started.push(item);
      if (item === 1) return errAsync<number, RegistryError>(broken);
      while (!signal.aborted) await turn();
      await turn();
      ended.push(item);
      return errAsync<number, RegistryError>(failure('interrupted', 'stopped'));
    });
    expect(result._unsafeUnwrapErr()).toBe(broken);
    expect(started).toEqual([0, 1, 2]);
    expect(ended).toEqual([0, 2]);
  });

  it('does not begin once the signal has fired, and stops what has begun', async () => {
    const controller = new AbortController();
    const started: number[] = [];
    const running = inParallel([0, 1, 2], 1, { signal: controller.signal }, async (item, { signal }) => {
      started.push(item);
      controller.abort();
      await turn();
      expect(signal.aborted).toBe(true);
      return okAsync<number, RegistryError>(item);
    });
    expect((await running)._unsafeUnwrapErr().code).toBe('interrupted');
    expect(started).toEqual([0]);
    expect((await inParallel([1], 1, { signal: controller.signal }, () => okAsync(1)))._unsafeUnwrapErr().code).toBe('interrupted');
  });

  it('answers an empty list at once', async () => {
    expect((await inParallel([], 4, call, () => okAsync(1)))._unsafeUnwrap()).toEqual([]);
  });

  it('lets an exception through after the others have ended', async () => {
    let ended = false;
    await expect(
      inParallel([0, 1], 2, call, async (item, { signal }) => {
        if (item === 0) throw new Error('bug');
        while (!signal.aborted) await turn();
        ended = true;
        return okAsync<number, RegistryError>(item);
      }),
    ).rejects.toThrow('bug');
    expect(ended).toBe(true);
  });

  it('lets many listen to its signal without a warning of a leak', async () => {
    const warned: string[] = [];
    const listen = (warning: Error): void => void warned.push(warning.message);
    process.on('warning', listen);
    void (await inParallel(Array.from({ length: 30 }, (_, at) => at), 30, call, async (item, { signal }) => {
      signal.addEventListener('abort', () => undefined);
      await turn();
      return okAsync<number, RegistryError>(item);
    }));
    await turn();
    process.off('warning', listen);
    expect(warned).toEqual([]);
  });
});
