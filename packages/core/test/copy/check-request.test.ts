import { ConfigurationError, copyImage, planCopy, type CopyRequest } from '@davit/core';
import { buildImage, memoryRegistry } from '@davit/core/testing';
import { describe, expect, it } from 'vitest';

const call = { signal: new AbortController().signal };

describe('a copy that cannot be meant', () => {
  it.each([
    ['parallel', { parallel: Number(process.env['DAVIT_NOT_SET']) }, 'parallel is NaN; it must be a whole number of at least 1'],
    ['parallel', { parallel: 0.5 }, 'parallel is 0.5'],
    ['platforms', { platforms: [] }, 'platforms is empty; it must be a list of platforms; without it the whole index is copied'],
    ['platforms', { platforms: 'linux/amd64' }, 'platforms is a string; it must be a list'],
    ['tags[0].policy', { tags: [{ tag: '1', policy: 'imutable' }] }, 'tags[0].policy is "imutable"; it must be one of immutable, allow-if-equal, allow-move'],
    ['referers', { referers: false }, 'there is no option "referers"'],
    ['target', { target: {} }, 'target'],
  ])('is refused by name: %s', (field, wrong, message) => {
    const registry = memoryRegistry();
    const from = registry.put({ registry: 'staging.example.com', repository: 'app' }, buildImage());
    const request = { name: 'app', source: registry, from, target: registry, to: { registry: 'production.example.com', repository: 'app' }, ...wrong } as CopyRequest;
    for (const ask of [copyImage, planCopy]) {
      const thrown = (() => {
        try {
          void ask(request, call);
          return undefined;
        } catch (error) {
          return error;
        }
      })();
      expect(thrown).toBeInstanceOf(ConfigurationError);
      expect(thrown).toMatchObject({ field, message: expect.stringContaining(message) as string });
    }
    expect(registry.effects).toEqual([]);
  });

  it('is not a copy whose watcher throws', async () => {
    const registry = memoryRegistry();
    const from = registry.put({ registry: 'staging.example.com', repository: 'app' }, buildImage());
    let told = 0;
    const copied = await copyImage({ name: 'app', source: registry, from, target: registry, to: { registry: 'production.example.com', repository: 'app' }, tags: [{ tag: '1' }] }, {
      ...call,
      progress: () => {
        told += 1;
        throw new Error('of the watcher');
      },
    });
    expect([copied.isOk(), told > 2]).toEqual([true, true]);
  });
});
