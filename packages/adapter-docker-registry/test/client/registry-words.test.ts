import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWords } from '../../src/client/registry-words.js';

const read = (text: string, contentType?: string) => readWords(Buffer.from(text), contentType);

describe('readWords', () => {
  it.each<[string, ReturnType<typeof readWords>]>([
    ['{"errors":[{"code":"name_unknown","message":"no such name","detail":"team/app"}]}', { code: 'NAME_UNKNOWN', text: 'no such name (team/app)' }],
    ['{"errors":[{"code":7,"message":null}]}', { code: null, text: '' }],
    ['{"message":"Not Found","documentation_url":"https://docs.test"}', { code: null, text: 'Not Found' }],
    ['{"error":"invalid_grant","error_description":"it is over"}', { code: null, text: 'it is over' }],
    ['slow\ndown\u001b[31m', { code: null, text: 'slow down [31m' }],
    ['<!DOCTYPE html><title>Log in</title>', { code: null, text: 'a web page, not the answer of a registry' }],
    ['', { code: null, text: '' }],
  ])('reads %j', (body, expected) => {
    expect(read(body)).toEqual(expected);
  });

  it.each(['', '{"errors":[{"message":"…"}]}', '{"error_description":"…"}'])('takes a secret out before the text is cut, so that none is left in half (%s)', (document) => {
    const hide = (text: string): string => text.replaceAll('planted-secret', '***');
    for (const before of [285, 290, 299]) {
      const said = `${'x'.repeat(before)}planted-secret and more`;
      expect(readWords(Buffer.from(document === '' ? said : document.replace('…', said)), undefined, hide).text).not.toContain('p');
    }
  });

  it('makes one short line of whatever comes, without control characters', () => {
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc.tuple(fc.string({ unit: 'binary', maxLength: 500 }), fc.anything()).map(([message, detail]) => Buffer.from(JSON.stringify({ errors: [{ code: message, message, detail: typeof detail === 'bigint' ? null : message }] }))),
    );
    fc.assert(
      fc.property(bodies, fc.option(fc.string(), { nil: undefined }), (body, contentType) => {
        const { code, text } = readWords(body, contentType);
        expect(text.length).toBeLessThanOrEqual(300);
        // eslint-disable-next-line no-control-regex -- control characters are exactly what must not come through
        expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        expect((code ?? '').length).toBeLessThanOrEqual(60);
      }),
    );
  });
});
