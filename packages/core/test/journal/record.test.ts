import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { asJson, decodeRecord, encodeRecord, maxRecordBytes, type RecordBody } from '../../src/journal/record.js';
import { newPromotionId } from '../../src/journal/promotion-id.js';

const stream = { kind: 'promotion', id: 'p' } as const;
const body = (changes: Partial<RecordBody> = {}): RecordBody => ({
  seq: 2, at: 1_700_000_000_000, promotion: 'p', actor: 'ann', type: 'note.warning', boxes: [], data: { step: 'image.copy', message: 'slow' }, prev: 'a'.repeat(64), ...changes,
});

describe('a record (R95)', () => {
  it('is read back as it was written', () => {
    const { line, hash } = encodeRecord(body())._unsafeUnwrap();
    expect(decodeRecord({ seq: 2, line }, stream, 'a'.repeat(64))._unsafeUnwrap()).toEqual({ v: 1, ...body(), hash });
  });

  it('has no field that its type does not know: an environment that an adapter reports stays out', () => {
    expect(encodeRecord(body({ data: { step: 'x', message: 'y', env: { PASSWORD: 'z' } } }))._unsafeUnwrapErr()).toMatchObject({ code: 'record_refused', field: 'env' });
  });

  it('is at most 64 KiB, counted in bytes', () => {
    const room = maxRecordBytes - Buffer.byteLength(encodeRecord(body({ data: { message: '' } }))._unsafeUnwrap().line);
    expect(encodeRecord(body({ data: { message: 'x'.repeat(room) } })).isOk()).toBe(true);
    expect(encodeRecord(body({ data: { message: 'x'.repeat(room + 1) } }))._unsafeUnwrapErr().code).toBe('record_refused');
    expect(encodeRecord(body({ data: { message: 'é'.repeat(room / 2 + 1) } }))._unsafeUnwrapErr().code).toBe('record_refused');
  });

  it('breaks when any byte of it changes', () => {
    const { line } = encodeRecord(body())._unsafeUnwrap();
    for (let at = 0; at < line.length; at += 1) {
      const other = line.charAt(at) === '0' ? '1' : '0';
      const changed = line.slice(0, at) + other + line.slice(at + 1);
      expect(decodeRecord({ seq: 2, line: changed }, stream, 'a'.repeat(64)).isErr(), changed).toBe(true);
    }
  });

  it('belongs to its place, its promotion and its predecessor', () => {
    const { line } = encodeRecord(body())._unsafeUnwrap();
    expect(decodeRecord({ seq: 3, line }, stream)._unsafeUnwrapErr().code).toBe('journal_tampered');
    expect(decodeRecord({ seq: 2, line }, { kind: 'promotion', id: 'q' })._unsafeUnwrapErr().code).toBe('journal_tampered');
    expect(decodeRecord({ seq: 2, line }, stream, 'b'.repeat(64))._unsafeUnwrapErr().code).toBe('journal_tampered');
  });

  it('of a newer version is refused with that word, not taken for a damaged one', () => {
    const text = JSON.stringify({ v: 2, ...body(), type: 'note.something' });
    const hash = createHash('sha256').update(text).digest('hex');
    expect(decodeRecord({ seq: 2, line: `${text.slice(0, -1)},"hash":"${hash}"}` }, stream)._unsafeUnwrapErr().code).toBe('journal_newer');
  });

  it('keeps of a value what JSON keeps', () => {
    expect(asJson({ a: undefined, b: [1, null], c: { d: 'e' } })).toEqual({ b: [1, null], c: { d: 'e' } });
  });
});

describe('an id of a promotion', () => {
  it('sorts by time and is a ULID', () => {
    const ids = [1, 1_000, 1_700_000_000_000, 1_700_000_000_001, 2 ** 47].map((now) => newPromotionId(now));
    expect([...ids].sort()).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  });

  it('has the time that the specification of ULIDs gives as its example', () => {
    expect(newPromotionId(1_469_918_176_385).slice(0, 10)).toBe('01ARYZ6S41');
  });

  it('differs within one millisecond', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => newPromotionId(1))).size).toBe(1_000);
  });
});
