/**
 * The file store's own promises: how its files look, and what it says of a directory that somebody changed.
 * @module
 */
import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ConfigurationError, fileStore, type FileStoreOptions, type PromotionStore, type StoreError, type Result } from '@davit/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let directory: string;
let store: PromotionStore;
const stream = { kind: 'promotion', id: 'p1' } as const;
const record = (seq: number): string => join(directory, 'promotions', 'p1', `${String(seq).padStart(8, '0')}.json`);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'davit-store-'));
  store = fileStore({ directory });
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function errorOf(result: Result<unknown, StoreError>): StoreError {
  if (result.isOk()) throw new Error('expected a failure');
  return result.error;
}

async function begin(records: number): Promise<void> {
  (await store.create('p1', 'trigger', '{"n":1}'))._unsafeUnwrap();
  for (let seq = 2; seq <= records; seq += 1) (await store.append(stream, seq, `{"n":${String(seq)}}`))._unsafeUnwrap();
}

async function filesUnder(path: string): Promise<string[]> {
  return (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => relative(path, join(entry.parentPath, entry.name)));
}

describe('files', () => {
  it('are one a record, each the line and a line end (R95)', async () => {
    await begin(3);
    expect(await readdir(join(directory, 'promotions', 'p1'))).toEqual(['00000001.json', '00000002.json', '00000003.json']);
    expect(await readFile(record(2), 'utf8')).toBe('{"n":2}\n');
  });

  it('belong to their owner alone: directories 0700, files 0600', async () => {
    await rm(directory, { recursive: true });
    await begin(2);
    (await store.acquireLease('p1', 'me', 1000, 0))._unsafeUnwrap();
    (await store.append({ kind: 'environment', id: 'production' }, 1, '{}'))._unsafeUnwrap();
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    expect(entries.length).toBeGreaterThan(10);
    for (const entry of entries) {
      const { mode } = await lstat(join(entry.parentPath, entry.name));
      expect((mode & 0o777).toString(8), entry.name).toBe(entry.isDirectory() ? '700' : '600');
    }
    expect(((await lstat(directory)).mode & 0o777).toString(8)).toBe('700');
  });

  it('on their way are gone when a write has ended, also a refused one', async () => {
    await begin(2);
    expect(errorOf(await store.append(stream, 2, '{}')).code).toBe('journal_conflict');
    expect(errorOf(await store.create('p1', null, '{}')).code).toBe('journal_conflict');
    expect((await store.create('p2', 'trigger', '{}'))._unsafeUnwrap().created).toBe(false);
    (await store.acquireLease('p1', 'me', 1000, 0))._unsafeUnwrap();
    expect(await readdir(join(directory, 'tmp'))).toEqual([]);
  });

  it('that a killed process left behind are removed by the next one, once they are older than an hour', async () => {
    await begin(1);
    const [old, young, oldStage] = ['9-old', '9-young', '9-stage'].map((name) => join(directory, 'tmp', name)) as [string, string, string];
    await writeFile(old, 'half a rec');
    await writeFile(young, 'half a rec');
    await mkdir(oldStage);
    await writeFile(join(oldStage, '00000001.json'), '{}');
    const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(old, twoHoursAgo, twoHoursAgo);
    await utimes(oldStage, twoHoursAgo, twoHoursAgo);
    (await fileStore({ directory }).append(stream, 2, '{}'))._unsafeUnwrap();
    expect(await readdir(join(directory, 'tmp'))).toEqual(['9-young']);
  });

  it('of leases do not pile up, however often a lease is renewed', async () => {
    await begin(1);
    const lease = (await store.acquireLease('p1', 'me', 1000, 0))._unsafeUnwrap();
    for (let now = 1; now < 60; now += 1) (await store.renewLease(lease, 1000, now))._unsafeUnwrap();
    expect((await readdir(join(directory, 'leases', 'p1'))).length).toBeLessThan(12);
  });

  it('are not made by reading', async () => {
    const missing = join(directory, 'not', 'yet');
    const reader = fileStore({ directory: missing });
    expect((await reader.list())._unsafeUnwrap()).toEqual([]);
    expect((await reader.read(stream, 1))._unsafeUnwrap()).toEqual([]);
    await expect(lstat(join(directory, 'not'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a journal that was changed by hand', () => {
  it('is journal_tampered when a record in the middle is missing (R95)', async () => {
    await begin(4);
    await unlink(record(2));
    const error = errorOf(await store.read(stream, 1));
    expect(error).toMatchObject({ code: 'journal_tampered', path: record(2), retryable: false });
    expect(errorOf(await store.read(stream, 4)).code).toBe('journal_tampered');
  });

  it('is journal_tampered when all records are missing, for a promotion appears together with its first', async () => {
    await begin(1);
    await unlink(record(1));
    expect(errorOf(await store.read(stream, 1))).toMatchObject({ code: 'journal_tampered', path: record(1) });
  });

  it.each(['00000002.json~', '2.json', '00000000.json', '.00000002.json.swp', 'notes.txt', '000000002.json'])('is journal_tampered when %s lies among the records', async (name) => {
    await begin(1);
    await writeFile(join(directory, 'promotions', 'p1', name), '{}\n');
    const error = errorOf(await store.read(stream, 1));
    expect(error.code).toBe('journal_tampered');
    expect(error.message).toContain(name);
  });

  it.each([
    ['cut', '{"n":'],
    ['empty', ''],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d, 0x0a])],
  ])('is journal_tampered when a record is %s', async (_, content) => {
    await begin(2);
    await chmod(record(2), 0o600);
    await writeFile(record(2), content);
    expect(errorOf(await store.read(stream, 1))).toMatchObject({ code: 'journal_tampered', path: record(2) });
    expect((await store.follow(stream, 1, AbortSignal.abort())[Symbol.asyncIterator]().next()).done).toBe(true);
  });

  it('ends a reader that follows it with that error', async () => {
    await begin(2);
    await writeFile(join(directory, 'promotions', 'p1', 'notes.txt'), '');
    const seen = [];
    for await (const result of store.follow(stream, 1, new AbortController().signal)) seen.push(result);
    expect(seen.map((result) => errorOf(result).code)).toEqual(['journal_tampered']);
  });

  it('is reported in the list as well: a foreign entry among the promotions', async () => {
    await begin(1);
    await writeFile(join(directory, 'promotions', 'a copy of p1'), '');
    expect(errorOf(await store.list())).toMatchObject({ code: 'journal_tampered', path: join(directory, 'promotions', 'a copy of p1') });
  });

  it('is journal_tampered when a key or a lease was damaged', async () => {
    await begin(1);
    (await store.acquireLease('p1', 'me', 1000, 0))._unsafeUnwrap();
    for (const file of [...(await filesUnder(join(directory, 'keys'))).map((name) => join('keys', name)), ...(await filesUnder(join(directory, 'leases'))).map((name) => join('leases', name))]) await writeFile(join(directory, file), '{"owner":1}');
    expect(errorOf(await store.create('p2', 'trigger', '{}')).code).toBe('journal_tampered');
    expect(errorOf(await store.acquireLease('p1', 'me', 1000, 0)).code).toBe('journal_tampered');
  });
});

describe('a store that went away', () => {
  it('does not look like an empty one', async () => {
    await begin(2);
    await rename(directory, `${directory}-moved`);
    try {
      expect(errorOf(await store.list())).toMatchObject({ code: 'store_unreadable', path: directory });
      expect(errorOf(await store.read(stream, 1)).code).toBe('store_unreadable');
      expect(errorOf(await store.append(stream, 3, '{}')).code).toBe('store_unwritable');
    } finally {
      await rename(`${directory}-moved`, directory);
    }
    (await store.append(stream, 3, '{}'))._unsafeUnwrap();
  });

  it('that must exist and does not is refused, and not made', async () => {
    const strict = fileStore({ directory: join(directory, 'volume'), mustExist: true });
    expect(errorOf(await strict.list()).code).toBe('store_unreadable');
    expect(errorOf(await strict.create('p1', null, '{}')).code).toBe('store_unwritable');
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('options', () => {
  it.each<[unknown, string]>([
    [undefined, 'what is given is missing; it must be an object'],
    [null, 'what is given is null'],
    [{}, 'directory is missing; it must be a directory, such as \'.davit\''],
    [{ directory: '' }, 'directory is empty'],
    [{ directory: 5 }, 'directory is a number'],
    [{ directory: 'x', dir: 'y' }, 'there is no option "dir"; there are directory, mustExist'],
    [{ directory: 'x', pollIntervalMs: 0 }, 'pollIntervalMs is 0; it must be a number of milliseconds above 0'],
    [{ directory: 'x', pollIntervalMs: Number.NaN }, 'pollIntervalMs is NaN'],
    [{ directory: 'x', mustExist: 'yes' }, 'mustExist is a string; it must be true or false'],
    [{ directory: 'x', clock: {} }, 'clock is no Clock'],
  ])('%j are refused with a ConfigurationError', (options, words) => {
    expect(() => fileStore(options as FileStoreOptions)).toThrow(ConfigurationError);
    expect(() => fileStore(options as FileStoreOptions)).toThrow(words);
  });
});
