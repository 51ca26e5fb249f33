/**
 * The file store on file systems that refuse: really full, read-only, not ours, not a directory.
 * @module
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStore, type Result, type StoreError } from '@davit/core';
import { afterEach, describe, expect, it } from 'vitest';

const stream = { kind: 'promotion', id: 'p1' } as const;
const undo: (() => void)[] = [];

afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

function errorOf(result: Result<unknown, StoreError>): StoreError {
  if (result.isOk()) throw new Error('expected a failure');
  return result.error;
}

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'davit-store-'));
  undo.push(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** A small file system of its own; the reason, where this machine does not permit one. */
function mountTiny(directory: string): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory], { stdio: 'pipe' });
  } catch (thrown) {
    const reason = `no tmpfs can be mounted here: ${(thrown as { stderr?: Buffer }).stderr?.toString().trim() ?? String(thrown)}`;
    if (process.env['DAVIT_REAL_SERVICES'] === 'required') throw new Error(reason, { cause: thrown });
    console.warn(`skipped: ${reason}`);
    return reason;
  }
  undo.push(() => execFileSync('umount', [directory], { stdio: 'pipe' }));
  return undefined;
}

describe('a disk without space', () => {
  it('is store_full; all that was acknowledged is there, nothing is half-written, and it goes on once there is space', async (context) => {
    const directory = temporary();
    const reason = mountTiny(directory);
    if (reason !== undefined) return context.skip(reason);
    const store = fileStore({ directory: join(directory, 'davit') });
    const line = (seq: number): string => JSON.stringify({ seq, filler: 'x'.repeat(5000) });
    (await store.create('p1', 'trigger', line(1)))._unsafeUnwrap();
    writeFileSync(join(directory, 'ballast'), 'x'.repeat(12_000));
    let acknowledged = 1;
    let refusal: StoreError | undefined;
    while (refusal === undefined) {
      const appended = await store.append(stream, acknowledged + 1, line(acknowledged + 1));
      if (appended.isErr()) refusal = appended.error;
      else acknowledged += 1;
    }
    expect(refusal).toMatchObject({ code: 'store_full', retryable: false });
    expect(errorOf(await store.create('p2', 'other trigger', line(1))).code).toBe('store_full');
    expect(errorOf(await fileStore({ directory: join(directory, 'davit') }).create('p3', null, line(1))).code).toBe('store_full');
    const records = (await store.read(stream, 1))._unsafeUnwrap();
    expect(records).toEqual(Array.from({ length: acknowledged }, (_, at) => ({ seq: at + 1, line: line(at + 1) })));
    expect((await store.list())._unsafeUnwrap()).toEqual(['p1']);
    expect(readdirSync(join(directory, 'davit', 'tmp'))).toEqual([]);
    expect(readdirSync(join(directory, 'davit', 'keys'))).toHaveLength(1);
    rmSync(join(directory, 'ballast'));
    (await store.append(stream, acknowledged + 1, line(acknowledged + 1)))._unsafeUnwrap();
    expect((await store.create('p2', 'other trigger', '"small"'))._unsafeUnwrap()).toEqual({ id: 'p2', created: true });
  });
});

describe('a read-only file system', () => {
  it('is store_unwritable, and can still be read', async (context) => {
    const directory = temporary();
    const reason = mountTiny(directory);
    if (reason !== undefined) return context.skip(reason);
    (await fileStore({ directory }).create('p1', null, '"1"'))._unsafeUnwrap();
    execFileSync('mount', ['-o', 'remount,ro', directory], { stdio: 'pipe' });
    const store = fileStore({ directory });
    expect(errorOf(await store.append(stream, 2, '"2"'))).toMatchObject({ code: 'store_unwritable', retryable: false });
    expect(errorOf(await store.acquireLease('p1', 'me', 1000, 0)).code).toBe('store_unwritable');
    expect((await store.read(stream, 1))._unsafeUnwrap()).toEqual([{ seq: 1, line: '"1"' }]);
    expect((await store.list())._unsafeUnwrap()).toEqual(['p1']);
  });
});

describe('a directory without the right to it', () => {
  it('is store_unwritable for writing and store_unreadable for reading', async () => {
    const directory = temporary();
    (await fileStore({ directory }).create('p1', null, '"1"'))._unsafeUnwrap();
    const closed = join(directory, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    chmodSync(directory, 0o755);
    // Root is refused nothing, so it becomes nobody for a moment.
    if (process.geteuid?.() === 0) {
      process.seteuid?.(65_534);
      undo.push(() => process.seteuid?.(0));
    } else {
      chmodSync(join(directory, 'promotions'), 0o000);
      undo.push(() => {
        chmodSync(join(directory, 'promotions'), 0o700);
      });
    }
    const answers = {
      made: await fileStore({ directory: join(closed, 'store') }).create('p1', null, '"1"'),
      listed: await fileStore({ directory }).list(),
      read: await fileStore({ directory }).read(stream, 1),
    };
    expect(errorOf(answers.made)).toMatchObject({ code: 'store_unwritable', retryable: false });
    expect(errorOf(answers.made).message).toContain('permission denied');
    expect(errorOf(answers.listed)).toMatchObject({ code: 'store_unreadable', retryable: false });
    expect(errorOf(answers.read).code).toBe('store_unreadable');
  });
});

describe('a path that is not a directory', () => {
  it('is store_unwritable for writing and store_unreadable for reading', async () => {
    const file = join(temporary(), 'file');
    writeFileSync(file, '');
    for (const directory of [file, join(file, 'below')]) {
      const store = fileStore({ directory });
      expect(errorOf(await store.create('p1', null, '"1"')).code).toBe('store_unwritable');
      expect(errorOf(await store.read(stream, 1)).code).toBe('store_unreadable');
      expect(errorOf(await store.list()).code).toBe('store_unreadable');
    }
  });
});
