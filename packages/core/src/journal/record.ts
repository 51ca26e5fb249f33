/**
 * One record of a journal: what happened, who did it, which boxes it walked, and the hash that chains it to the one before.
 *
 * The hash covers the stored bytes, which hold the hash of the record before; they are never serialised again. Editing,
 * inserting or removing a record in the middle breaks the chain.
 * @module
 */
import { createHash } from 'node:crypto';
import { failure, type StoreError } from '../errors/index.js';
import type { Json, JsonObject } from '../json.js';
import type { StoredRecord, StreamId } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { isRecordType, unknownField, type RecordType } from './record-type.js';

/** Version of the record's own shape. */
const recordVersion = 1;
export const maxRecordBytes = 64 * 1024;

export interface JournalRecord {
  readonly v: number;
  /** Place in the stream, counted from 1. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The promotion's id, or the environment's name. */
  readonly promotion: string;
  readonly actor: string;
  readonly type: RecordType;
  /** The boxes of the specification that this event walked, decisions included. */
  readonly boxes: readonly string[];
  readonly data: JsonObject;
  /** Hash of the record before; empty in the first one. */
  readonly prev: string;
  readonly hash: string;
}

export type RecordBody = Omit<JournalRecord, 'v' | 'hash'>;

const suffix = /^,"hash":"([0-9a-f]{64})"\}$/;
const suffixLength = ',"hash":""}'.length + 64;

const hashOf = (body: string): string => createHash('sha256').update(body).digest('hex');

/** The line that is stored, and its hash. Refuses what does not belong in a journal before anything is written. */
export function encodeRecord(body: RecordBody): Result<{ readonly line: string; readonly hash: string }, StoreError> {
  const surplus = unknownField(body.type, body.data);
  if (surplus !== undefined) return err(failure('record_refused', `a record of type ${body.type} has no field ${JSON.stringify(surplus)}`, { field: surplus }));
  const { seq, at, promotion, actor, type, boxes, data, prev } = body;
  const text = JSON.stringify({ v: recordVersion, seq, at, promotion, actor, type, boxes, data, prev });
  const hash = hashOf(text);
  const line = `${text.slice(0, -1)},"hash":"${hash}"}`;
  const bytes = Buffer.byteLength(line);
  if (bytes > maxRecordBytes) return err(failure('record_refused', `a record of type ${body.type} would have ${String(bytes)} bytes; at most ${String(maxRecordBytes)} are allowed`, { expected: maxRecordBytes, actual: bytes }));
  return ok({ line, hash });
}

/** Reads a stored line and checks it: its own hash, its place, and the hash of the record before where that is known. */
export function decodeRecord(stored: StoredRecord, stream: StreamId, prev?: string): Result<JournalRecord, StoreError> {
  const tampered = (what: string): Result<never, StoreError> =>
    err(failure('journal_tampered', `${stream.kind} ${stream.id}: record ${String(stored.seq)} ${what}; the journal was changed by hand or is damaged`, { promotion: stream.id, actual: stored.seq }));
  const hash = suffix.exec(stored.line.slice(-suffixLength))?.[1];
  if (hash === undefined) return tampered('does not end with its hash');
  if (hashOf(`${stored.line.slice(0, -suffixLength)}}`) !== hash) return tampered('does not match its hash');
  let record: JournalRecord;
  try {
    record = JSON.parse(stored.line) as JournalRecord;
  } catch {
    return tampered('is not JSON');
  }
  if (record.v !== recordVersion) return err(failure('journal_newer', `${stream.kind} ${stream.id} was written by a newer version of Davit (record format ${String(record.v)}, this one knows ${String(recordVersion)})`, { promotion: stream.id }));
  if (record.seq !== stored.seq) return tampered(`says that it is number ${String(record.seq)}`);
  if (record.promotion !== stream.id) return tampered(`belongs to ${record.promotion}`);
  if (!isRecordType(record.type)) return err(failure('journal_newer', `${stream.kind} ${stream.id} has a record of unknown type ${JSON.stringify(record.type)}; it was written by a newer version of Davit`, { promotion: stream.id }));
  if (prev !== undefined && record.prev !== prev) return tampered('does not follow the record before it');
  return ok(record);
}

/** What JSON makes of a value: fields that are undefined are gone, so that what is hashed is what is read back. */
export function asJson(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject & Record<string, Json>;
}
