import { describe, expect, it } from 'vitest';
import { copyImage, digestOf, planCopy, type Call, type CopyOptions, type Repository } from '@davit/core';
import { buildImage, memoryRegistry, type MemoryRegistry } from '@davit/core/testing';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const production: Repository = { registry: 'production.example.com', repository: 'prod/app' };
const call: Call = { signal: new AbortController().signal };
const many = Array.from({ length: 100 }, (_, at) => `layer number ${String(at)} of many, each longer than the one before it${'.'.repeat(at)}`);
const image = buildImage({ layers: many });

function sides(): { readonly source: MemoryRegistry; readonly target: MemoryRegistry; readonly options: CopyOptions } {
  const source = memoryRegistry();
  const target = memoryRegistry();
  return { source, target, options: { name: 'app', source, from: source.put(staging, image), target, to: production, referrers: false } };
}

describe('which blobs are asked for', () => {
  it('of many small ones the first eight, when the target has none of these: sending them costs no more than asking', async () => {
    const { target, options } = sides();
    expect((await copyImage(options, call))._unsafeUnwrap().blobs).toMatchObject({ copied: 101, present: 0 });
    expect(target.count('statBlob')).toBe(8);
  });

  it('all, when one of the eight is there: a copy that was interrupted sends nothing twice', async () => {
    const { target, options } = sides();
    const stop = new AbortController();
    target.before('writeBlob', () => {
      if (target.effects.length >= 40) stop.abort();
    });
    expect((await copyImage(options, { signal: stop.signal })).isErr()).toBe(true);
    expect((await copyImage(options, call)).isOk()).toBe(true);
    const written = target.effects.filter(({ method }) => method === 'writeBlob').map(({ digest }) => digest);
    expect(new Set(written).size).toBe(written.length);
  });

  it('small ones also beside many large ones: of an interrupted copy they may be there where no large one is', async () => {
    const large = Array.from({ length: 9 }, (_, at) => Buffer.alloc(3 * 1024 * 1024 + at, at));
    const source = memoryRegistry();
    const target = memoryRegistry();
    for (const small of many.slice(0, 60)) target.putBlob(production, Buffer.from(small));
    const heavy = buildImage({ layers: [...large, ...many.slice(0, 60)] });
    const report = (await copyImage({ name: 'app', source, from: source.put(staging, heavy), target, to: production, referrers: false }, call))._unsafeUnwrap();
    expect(report.blobs).toMatchObject({ copied: 10, present: 60 });
  });

  it('all large ones in any case', async () => {
    const large = Array.from({ length: 12 }, (_, at) => Buffer.alloc(2 * 1024 * 1024 + 1 + at, at));
    const source = memoryRegistry();
    const target = memoryRegistry();
    const small = large.at(0)!;
    target.putBlob(production, small);
    const heavy = buildImage({ layers: [...large, 'small'] });
    expect((await copyImage({ name: 'app', source, from: source.put(staging, heavy), target, to: production, referrers: false }, call))._unsafeUnwrap().blobs).toMatchObject({ copied: 13, present: 1 });
    expect(target.effects.some(({ digest }) => digest === digestOf(small))).toBe(false);
  });

  it('all of them for a plan, whose numbers are true', async () => {
    const { target, options } = sides();
    target.putBlob(production, Buffer.from(many[3]!));
    const plan = (await planCopy(options, call))._unsafeUnwrap();
    expect(target.count('statBlob')).toBe(101);
    expect(plan.bytes.present).toBe(many[3]!.length);
  });

  it('none where they can be mounted: a mount finds what is there, too', async () => {
    const registry = memoryRegistry();
    const to: Repository = { ...staging, repository: 'prod/app' };
    const options: CopyOptions = { name: 'app', source: registry, from: registry.put(staging, image), target: registry, to, referrers: false };
    expect((await copyImage(options, call))._unsafeUnwrap().blobs).toMatchObject({ mounted: 101 });
    expect(registry.count('statBlob')).toBe(0);
  });

  it('each that a registry would not mount, of which it is asked four times', async () => {
    const registry = memoryRegistry({ mounts: false });
    const to: Repository = { ...staging, repository: 'prod/app' };
    for (const layer of many.slice(0, 50)) registry.putBlob(to, Buffer.from(layer));
    const options: CopyOptions = { name: 'app', source: registry, from: registry.put(staging, image), target: registry, to, referrers: false, parallel: 1 };
    expect((await copyImage(options, call))._unsafeUnwrap().blobs).toMatchObject({ mounted: 0, present: 50, copied: 51 });
    expect(registry.count('mountBlob')).toBe(4);
    expect(registry.count('statBlob')).toBe(101);
  });
});
