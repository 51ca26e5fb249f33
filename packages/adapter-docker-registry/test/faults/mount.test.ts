/** Faults while blobs are mounted within one registry: what passes is waited out, and what lasts becomes an upload (issue 3). */
import { digestOf } from '@davit/core';
import type { FaultEffect } from '@davit/registry-server';
import { afterEach, describe, expect, it } from 'vitest';
import { bench, layers, type Bench } from './bench.js';

let run: Bench;
afterEach(() => run.close());

const mounts = { method: 'POST', path: /mount=/ };

async function copyWithin(): Promise<{ readonly mounted: number; readonly copied: number }> {
  const report = (await run.copy({ to: { registry: run.source.host, repository: 'prod/app' } }))._unsafeUnwrap();
  for (const layer of layers) expect((await run.source.store.blob('prod/app', digestOf(layer)))?.equals(layer)).toBe(true);
  expect(run.source.store.digestOf('prod/app', '1.0')).toBe(run.image.digest);
  return report.blobs;
}

describe('a mount', () => {
  it.each<[string, FaultEffect]>([
    ...[408, 425, 429, 500, 502, 503, 504].map((status): [string, FaultEffect] => [String(status), { status }]),
    ['a reset', { reset: true }],
    ['a lost answer', { loseAnswer: true }],
  ])('comes through %s, once and thrice, and nothing is uploaded', async (_, then) => {
    for (const times of [1, 3]) {
      run = await bench();
      const fault = run.source.faults.add({ when: { ...mounts, times }, then });
      expect(await copyWithin()).toMatchObject({ copied: 0 });
      expect(fault.hits).toBe(times);
      expect(run.source.openUploads).toBe(0);
      if (times === 1) await run.close();
    }
  });

  it.each([400, 401, 403, 404, 405])('that is refused with %i becomes an upload', async (status) => {
    run = await bench();
    run.source.faults.add({ when: { ...mounts, times: 99 }, then: { status } });
    expect(await copyWithin()).toMatchObject({ mounted: 0 });
    expect(run.source.openUploads).toBe(0);
  });

  it('that is refused with 202 becomes an upload, and what it opened is cancelled', async () => {
    run = await bench({ server: { mount: false } });
    expect(await copyWithin()).toMatchObject({ mounted: 0 });
    expect(run.source.openUploads).toBe(0);
    expect(run.source.requests.count({ method: 'DELETE', path: /uploads/ })).toBe(run.source.requests.count(mounts));
  });
});
