/**
 * Death before every single call to the file system, and a full disk at every one of them (G21): whatever was
 * acknowledged is there, what is there is whole, and the next process can go on.
 * @module
 */
import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStore, type PromotionStore, type StoredRecord } from '@davit/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** What happens to the file system's calls, for one run. */
const fate = vi.hoisted(() => ({ calls: 0, at: Number.POSITIVE_INFINITY, how: 'none' }));

vi.mock('node:fs/promises', async (importReal) => {
  const real = await importReal<typeof import('node:fs/promises')>();
  type Call = (...parameters: never[]) => Promise<unknown>;
  const never = new Promise<never>(() => undefined);
  const mortal =
    <F extends Call>(call: F, name: string, onDeath: () => unknown = () => undefined) =>
    async (...parameters: Parameters<F>): Promise<unknown> => {
      if (fate.how === 'none') return call(...parameters);
      fate.calls += 1;
      if (fate.how === 'death' && fate.calls > fate.at) {
        await onDeath();
        return never;
      }
      // To open for reading (a directory, to sync it) needs no space.
      const needsSpace = ['link', 'mkdir', 'writeFile', 'rename'].includes(name) || (name === 'open' && (parameters as readonly unknown[])[1] !== 'r');
      if (fate.how === 'full' && fate.calls > fate.at && needsSpace) throw Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: name });
      return call(...parameters);
    };
  const open = async (...parameters: Parameters<typeof real.open>): Promise<FileHandle> => {
    const handle = await real.open(...parameters);
    return new Proxy(handle, {
      get: (target, property) => {
        const member: unknown = Reflect.get(target, property);
        return typeof member === 'function' ? mortal((member as Call).bind(target), String(property), () => target.close().catch(() => undefined)) : member;
      },
    });
  };
  const { link, lstat, mkdir, readFile, readdir, rename, stat } = real;
  return {
    ...real,
    open: mortal(open as never, 'open'),
    // Removing is mortal too, but a full disk can still remove.
    rm: mortal(real.rm as never, 'rm'),
    ...Object.fromEntries(Object.entries({ link, lstat, mkdir, readFile, readdir, rename, stat }).map(([name, call]) => [name, mortal(call as never, name)])),
  };
});

let directory: string;
const stream = { kind: 'promotion', id: 'p1' } as const;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'davit-store-'));
});

afterEach(async () => {
  fate.how = 'none';
  await rm(directory, { recursive: true, force: true });
});

/** Lets `act` run with its fate after `at` calls; 'dead' where it never answered. */
async function run<T>(how: 'death' | 'full', at: number, act: (store: PromotionStore) => PromiseLike<T>): Promise<T | 'dead'> {
  Object.assign(fate, { calls: 0, at, how });
  const answer = act(fileStore({ directory }));
  const calls = async (): Promise<'dead'> => {
    // Dead is who has come to a call that is never answered.
    while (fate.how !== 'death' || fate.calls <= fate.at) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 2));
    return 'dead';
  };
  const ended = await Promise.race([answer, calls()]);
  fate.how = 'none';
  return ended;
}

const lines = (records: readonly StoredRecord[]): string[] => records.map(({ line }) => line);

describe('death in the middle of create', () => {
  it('leaves a key that still begins exactly one promotion (R1)', async () => {
    let deaths = 0;
    let joins = 0;
    for (let at = 0; ; at += 1) {
      await rm(directory, { recursive: true, force: true });
      const first = await run('death', at, (store) => store.create('p1', 'trigger', '"first"'));
      const next = (await fileStore({ directory }).create('p2', 'trigger', '"second"'))._unsafeUnwrap();
      const expected = next.created ? { id: 'p2', line: '"second"' } : { id: 'p1', line: '"first"' };
      if (first !== 'dead') expect(next).toEqual({ id: 'p1', created: false });
      expect(next.id).toBe(expected.id);
      const reader = fileStore({ directory });
      expect((await reader.list())._unsafeUnwrap(), `death at call ${String(at)}`).toEqual([expected.id]);
      expect(lines((await reader.read({ kind: 'promotion', id: expected.id }, 1))._unsafeUnwrap())).toEqual([expected.line]);
      expect((await reader.create('p3', 'trigger', '"third"'))._unsafeUnwrap()).toEqual({ id: expected.id, created: false });
      (await reader.append({ kind: 'promotion', id: expected.id }, 2, '"more"'))._unsafeUnwrap();
      if (first !== 'dead') break;
      deaths += 1;
      if (!next.created) joins += 1;
    }
    // Both halves were met: dead before the key was made, and after it.
    expect(deaths).toBeGreaterThan(15);
    expect(joins).toBeGreaterThan(0);
    expect(joins).toBeLessThan(deaths);
  });
});

describe('death in the middle of append', () => {
  it('leaves the record whole or not at all, and the place free or taken accordingly (R95)', async () => {
    const seen = new Set<number>();
    for (let at = 0; ; at += 1) {
      await rm(directory, { recursive: true, force: true });
      (await fileStore({ directory }).create('p1', null, '"1"'))._unsafeUnwrap();
      const appended = await run('death', at, (store) => store.append(stream, 2, '"2"'));
      const next = fileStore({ directory });
      const found = lines((await next.read(stream, 1))._unsafeUnwrap());
      expect(found).toEqual(['"1"', '"2"'].slice(0, found.length));
      seen.add(found.length);
      (await next.append(stream, found.length + 1, '"next"'))._unsafeUnwrap();
      expect(lines((await next.read(stream, 1))._unsafeUnwrap())).toEqual([...found, '"next"']);
      if (appended === 'dead') continue;
      expect(found).toHaveLength(2);
      break;
    }
    expect([...seen].sort()).toEqual([1, 2]);
  });
});

describe('death in the middle of taking or renewing a lease', () => {
  it('leaves a lease that is held or free, and a fence that still grows', async () => {
    for (const renew of [false, true]) {
      for (let at = 0; ; at += 1) {
        await rm(directory, { recursive: true, force: true });
        (await fileStore({ directory }).create('p1', null, '"1"'))._unsafeUnwrap();
        const before = (await fileStore({ directory }).acquireLease('p1', 'me', 1000, 0))._unsafeUnwrap();
        const changed = await run('death', at, (store) => (renew ? store.renewLease(before, 1000, 500) : store.acquireLease('p1', 'you', 1000, 1000)));
        const early = await fileStore({ directory }).acquireLease('p1', 'they', 1000, 1001);
        const late = (await fileStore({ directory }).acquireLease('p1', 'they', 1000, 3000))._unsafeUnwrap();
        expect(late.fence).toBeGreaterThan(before.fence);
        if (early.isOk()) expect(late.fence).toBeGreaterThan(early.value.fence);
        if (changed === 'dead') continue;
        // Acknowledged: then nobody else gets it early.
        expect(early.isErr() && early.error.code).toBe('lease_held');
        if (changed.isOk() && !renew) expect(late.fence).toBeGreaterThan(changed.value.fence);
        break;
      }
    }
  });
});

describe('a disk that fills up at any moment', () => {
  it('makes create answer store_full with nothing to be seen of it, and the same call succeed later', async () => {
    for (let at = 0; ; at += 1) {
      await rm(directory, { recursive: true, force: true });
      const first = await run('full', at, (store) => store.create('p1', 'trigger', '"first"'));
      if (first === 'dead') throw new Error('a full disk kills nobody');
      const next = fileStore({ directory });
      if (first.isErr()) {
        expect(first.error.code, first.error.message).toBe('store_full');
        expect((await next.list())._unsafeUnwrap()).toEqual([]);
      }
      const again = (await next.create('p1', 'trigger', '"first"'))._unsafeUnwrap();
      expect(again.id).toBe('p1');
      expect(lines((await next.read(stream, 1))._unsafeUnwrap())).toEqual(['"first"']);
      if (first.isOk()) break;
    }
  });

  it('makes append answer store_full, and the place stay free', async () => {
    let refusals = 0;
    for (let at = 0; ; at += 1) {
      await rm(directory, { recursive: true, force: true });
      (await fileStore({ directory }).create('p1', null, '"1"'))._unsafeUnwrap();
      const appended = await run('full', at, (store) => store.append(stream, 2, '"2"'));
      if (appended === 'dead') throw new Error('a full disk kills nobody');
      if (appended.isOk()) break;
      refusals += 1;
      expect(appended.error).toMatchObject({ code: 'store_full', retryable: false });
      const next = fileStore({ directory });
      expect(lines((await next.read(stream, 1))._unsafeUnwrap())).toEqual(['"1"']);
      (await next.append(stream, 2, '"2"'))._unsafeUnwrap();
    }
    expect(refusals).toBeGreaterThan(3);
  });
});
