/**
 * What both stores ask of a line before they keep it: that reading gives back the very same bytes.
 * @module
 */
import { failure, type StoreError } from '../errors/index.js';

/** Why a text cannot be kept as one record; undefined where it can. */
export function lineFault(line: string): StoreError | undefined {
  if (line === '' || /[\r\n]/.test(line)) return failure('record_refused', 'a record is one line of JSON, not empty and without a line end');
  // A lone surrogate has no UTF-8 form: it would come back as another character, and the hash would no longer match.
  if (Buffer.from(line, 'utf8').toString('utf8') !== line) return failure('record_refused', 'a record holds a character that UTF-8 cannot express');
  return undefined;
}
