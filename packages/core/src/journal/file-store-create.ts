/**
 * Beginning a promotion in a file store, so that one key begins one promotion whatever dies when.
 *
 * The key's file is the moment of truth: it is made by compare-and-set and holds the promotion's first record. If its
 * maker dies before the promotion is in its place, the next caller with that key puts it there from the key's file.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type StoreError } from '../errors/index.js';
import { err, ok, type Result } from '../result.js';
import { errorNumber, storeTampered } from './file-store-fault.js';
import { keyFile, recordName, streamDirectory, type StoreLayout } from './file-store-layout.js';
import { exists, putFile, stageStream } from './file-store-write.js';
import { lineFault } from './record-line.js';

interface KeyRecord {
  readonly key: string;
  readonly promotion: string;
  readonly first: string;
}

type Created = { readonly id: string; readonly created: boolean };

export async function createPromotion(layout: StoreLayout, id: string, key: string | null, first: string): Promise<Result<Created, StoreError>> {
  const fault = lineFault(first);
  if (fault !== undefined) return err(fault);
  const joined = key === null ? ok(undefined) : await joinPromotion(layout, key);
  if (joined.isErr()) return err(joined.error);
  if (joined.value !== undefined) return ok(joined.value);
  const directory = streamDirectory(layout, { kind: 'promotion', id });
  const taken = (): Result<Created, StoreError> => err(failure('journal_conflict', `promotion ${id} exists already`, { promotion: id }));
  if (await exists(directory)) return taken();
  // All that needs space is written before the key is: a full disk leaves neither.
  const staged = await stageStream(layout, `${first}\n`);
  try {
    if (key !== null && !(await putFile(layout, keyFile(layout, key), `${JSON.stringify({ key, promotion: id, first } satisfies KeyRecord)}\n`))) {
      const other = await joinPromotion(layout, key);
      return other.isErr() ? err(other.error) : ok(other.value ?? { id, created: false });
    }
    if (await staged.publish(directory)) return ok({ id, created: true });
    // Another caller with this key may have been quicker to put our own record in its place.
    return key !== null && (await holds(directory, first)) ? ok({ id, created: true }) : taken();
  } finally {
    await staged.discard();
  }
}

/** The promotion that a key began, put in its place if its maker could not; undefined where the key is new. */
async function joinPromotion(layout: StoreLayout, key: string): Promise<Result<Created | undefined, StoreError>> {
  const path = keyFile(layout, key);
  const record = await readKey(path);
  if (record === undefined) return ok(undefined);
  if (record === 'damaged' || record.key !== key) return err(storeTampered(path, 'the key file is damaged'));
  const directory = streamDirectory(layout, { kind: 'promotion', id: record.promotion });
  if (!(await exists(directory))) {
    const staged = await stageStream(layout, `${record.first}\n`);
    try {
      await staged.publish(directory);
    } finally {
      await staged.discard();
    }
  }
  return ok({ id: record.promotion, created: false });
}

async function readKey(path: string): Promise<KeyRecord | 'damaged' | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (errorNumber(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
  try {
    const { key, promotion, first } = JSON.parse(text) as Record<string, unknown>;
    return typeof key === 'string' && typeof promotion === 'string' && typeof first === 'string' ? { key, promotion, first } : 'damaged';
  } catch {
    return 'damaged';
  }
}

async function holds(directory: string, first: string): Promise<boolean> {
  return (await readFile(join(directory, recordName(1)), 'utf8')) === `${first}\n`;
}
