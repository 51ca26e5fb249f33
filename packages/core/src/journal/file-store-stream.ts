/**
 * The streams of a file store: one directory a stream, one immutable file a record.
 * @module
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type StoreError } from '../errors/index.js';
import type { StoredRecord, StreamId } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { errorNumber, storeTampered } from './file-store-fault.js';
import { idOfFileName, recordName, recordNumber, streamDirectory, type StoreLayout } from './file-store-layout.js';
import { exists, putFile, stageStream } from './file-store-write.js';
import { lineFault } from './record-line.js';

/** Appends one record. Of several writers of one number exactly one succeeds; the others get `journal_conflict`. */
export async function appendRecord(layout: StoreLayout, stream: StreamId, seq: number, line: string): Promise<Result<void, StoreError>> {
  const fault = lineFault(line);
  if (fault !== undefined) return err(fault);
  const directory = streamDirectory(layout, stream);
  const conflict = (why: string): Result<void, StoreError> =>
    err(failure('journal_conflict', `record ${String(seq)} of ${stream.kind} ${stream.id} cannot be appended: ${why}`, { retryable: true, actual: seq }));
  if (seq === 1) {
    const staged = await stageStream(layout, `${line}\n`);
    try {
      return (await staged.publish(directory)) ? ok(undefined) : conflict('the journal has begun already');
    } finally {
      await staged.discard();
    }
  }
  // Records are never removed, so what is seen here still holds when the link is made.
  if (!(seq > 1) || !(await exists(join(directory, recordName(seq - 1))))) return conflict('the journal is not that long');
  return (await putFile(layout, join(directory, recordName(seq)), `${line}\n`)) ? ok(undefined) : conflict('that place is taken');
}

/** The records from `fromSeq` on. Empty where there is no such stream. */
export async function readRecords(layout: StoreLayout, stream: StreamId, fromSeq: number): Promise<Result<readonly StoredRecord[], StoreError>> {
  const directory = streamDirectory(layout, stream);
  const listed = await streamLength(directory);
  // A listing that runs beside two appends may show the later and not the earlier; a second one shows both.
  const length = listed.isErr() ? await streamLength(directory) : listed;
  if (length.isErr()) return err(length.error);
  const records: StoredRecord[] = [];
  for (let seq = Math.max(1, fromSeq); seq <= length.value; seq += 1) {
    const path = join(directory, recordName(seq));
    const line = lineOf(await readFile(path));
    if (line === undefined) return err(storeTampered(path, 'the record is cut or is not UTF-8'));
    records.push({ seq, line });
  }
  return ok(records);
}

/** The number of records, when they are 1 to n and nothing else lies among them. */
async function streamLength(directory: string): Promise<Result<number, StoreError>> {
  let names: readonly string[];
  try {
    names = await readdir(directory);
  } catch (thrown) {
    if (errorNumber(thrown) === 'ENOENT') return ok(0);
    throw thrown;
  }
  const numbers = new Set<number>();
  for (const name of names) {
    const seq = recordNumber(name);
    if (seq === undefined) return err(storeTampered(join(directory, name), 'a foreign file lies among the records'));
    numbers.add(seq);
  }
  // A stream appears together with its first record, so an empty directory has lost it.
  for (let seq = 1; seq <= Math.max(1, numbers.size); seq += 1) {
    if (!numbers.has(seq)) return err(storeTampered(join(directory, recordName(seq)), 'the record is missing'));
  }
  return ok(numbers.size);
}

function lineOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.endsWith('\n') ? text.slice(0, -1) : undefined;
  } catch {
    return undefined;
  }
}

/** The ids of all promotions, sorted. */
export async function listPromotions(layout: StoreLayout): Promise<Result<readonly string[], StoreError>> {
  let names: readonly string[];
  try {
    names = await readdir(layout.promotions);
  } catch (thrown) {
    if (errorNumber(thrown) === 'ENOENT') return ok([]);
    throw thrown;
  }
  const ids: string[] = [];
  for (const name of names) {
    const id = idOfFileName(name);
    if (id === undefined) return err(storeTampered(join(layout.promotions, name), 'a foreign file lies among the promotions'));
    ids.push(id);
  }
  return ok(ids.sort());
}
