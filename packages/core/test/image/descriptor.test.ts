import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, readDescriptor } from '@davit/core';
import { aDescriptor, changed, descriptorArbitrary } from './documents.js';

const fault = (value: unknown): string | undefined => {
  const read = readDescriptor(value, 'it');
  return 'fault' in read ? read.fault : undefined;
};

describe('readDescriptor', () => {
  it('gives every generated descriptor back as it was written', () => {
    fc.assert(
      fc.property(descriptorArbitrary, (document) => {
        expect(readDescriptor(document, 'it')).toEqual(document);
      }),
    );
  });

  it('leaves out what it does not know, and an empty variant', () => {
    expect(readDescriptor(aDescriptor({ more: 1, data: 'eA==', platform: { os: 'linux', architecture: 'arm', variant: '', 'os.version': '1', 'os.features': ['x'] } }), 'it')).toEqual(aDescriptor({ platform: { os: 'linux', architecture: 'arm', osVersion: '1' } }));
  });

  it('takes null for what was not set, as programs in Go write it', () => {
    const platform = { os: 'linux', architecture: 'arm' };
    expect(readDescriptor(aDescriptor({ annotations: null, artifactType: null, data: null, urls: null, platform: null }), 'it')).toEqual(aDescriptor());
    expect(readDescriptor(aDescriptor({ platform: { ...platform, variant: null, 'os.version': null, 'os.features': null } }), 'it')).toEqual(aDescriptor({ platform }));
    expect(fault(aDescriptor({ digest: null }))).toBe('it.digest is missing');
  });

  it.each<[string, Record<string, unknown>]>([
    ['it.Digest', { Digest: digestOf('another') }],
    ['it.mediatype', { mediatype: null }],
    ['it.URLs', { URLs: ['https://example.com/layer'] }],
    ['it.urlſ', { urlſ: [] }],
    ['it.platform.OS', { platform: { os: 'linux', architecture: 'amd64', OS: 'windows' } }],
    ['it.platform.os.Version', { platform: { os: 'linux', architecture: 'amd64', 'os.Version': '1' } }],
  ])('refuses %s, which some programs read as the key that it resembles', (path, more) => {
    expect(fault(aDescriptor(more))).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')} is another spelling of `));
  });

  it('leaves the keys of annotations alone', () => {
    expect(fault(aDescriptor({ annotations: { Digest: 'x', digest: 'y', MEDIATYPE: 'z' } }))).toBeUndefined();
  });

  it.each([['mediaType'], ['digest'], ['size']])('refuses one without %s', (field) => {
    expect(fault(changed(aDescriptor(), [field]))).toBe(`it.${field} is missing`);
  });

  it.each([
    ['mediaType', ['', 'a', 'a/', '/a', 'a/b/c', '.a/b', 'a/.b', 'a b/c', 'a/b;c=d', 'ä/b', `${'a'.repeat(128)}/b`, `a/${'b'.repeat(128)}`, 7, null, ['a/b']]],
    ['digest', ['', 'sha256', 'sha256:', ':abc', 'sha256:abc', digestOf('x').toUpperCase(), `${digestOf('x')} `, 'Sha384:abc', 'a..b:c', 'a:b:c', 'a:b c', 'sha512:abc', 7, null]],
    ['size', ['5', -1, 1.5, 2 ** 53, Number.MAX_VALUE, null, [], true]],
    ['annotations', [[], 'x', { a: 1 }, { a: null }, { a: {} }]],
    ['artifactType', ['', 'a', '.a/b', 7]],
    ['urls', ['https://example.com', [7], ['value'], ['https://exa mple.com'], ['https://example.com/%zz'], ['https://example.com/é'], [null]]],
    ['data', ['a', 'ab', 'abc', 'abc=d', 'ab=c', '=abc', 'a===', 'ab cd', 'ab-_', 7]],
    ['platform', [[], 'linux/amd64', {}, { os: 'linux' }, { architecture: 'amd64' }, { os: 7, architecture: 'amd64' }, { os: 'linux', architecture: 'amd64', variant: 7 }, { os: 'linux', architecture: 'amd64', 'os.version': 7 }, { os: 'linux', architecture: 'amd64', 'os.features': 'x' }]],
  ])('refuses a wrong %s', (field, values) => {
    for (const value of values) expect([value, fault(changed(aDescriptor(), [field], value))]).toEqual([value, expect.stringMatching(new RegExp(`^it\\.${field}`))]);
  });

  it.each([
    ['mediaType', ['a/b', '0/9', 'application/vnd.x+y-z_1', 'a!#$&^_.+-/b', `${'a'.repeat(127)}/${'b'.repeat(127)}`]],
    ['digest', [digestOf('x'), digestOf('x', 'sha512')]],
    ['size', [0, 1, Number.MAX_SAFE_INTEGER]],
    ['annotations', [{}, { '': '' }, { a: 'b' }]],
    ['urls', [[], ['https://example.com/a?b=c#d'], ['urn:isbn:1'], ['http://[::1]:80/%20']]],
    ['data', ['', 'YQ==', 'YWI=', 'YWJj', '+/+/']],
  ])('takes a right %s', (field, values) => {
    for (const value of values) expect([value, fault(changed(aDescriptor(), [field], value))]).toEqual([value, undefined]);
  });

  it.each(['blake3:abc', `sha384:${'0'.repeat(96)}`, 'sha256+b64u.unknownlength:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564=', 'a+b.c_d-e:F=_-'])('says that it cannot verify %s', (digest) => {
    expect(readDescriptor(aDescriptor({ digest }), 'it')).toMatchObject({ unsupported: true, fault: expect.stringContaining('algorithm') as string });
  });

  it.each([null, undefined, [], 'x', 7, true])('refuses %j, which is no object', (value) => {
    expect(fault(value)).toBe('it is not an object');
  });

  it('never throws, and never takes an object without its three fields', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.tuple(descriptorArbitrary, fc.constantFrom('mediaType', 'digest', 'size', 'platform', 'urls'), fc.jsonValue()).map(([document, field, value]) => ({ ...document, [field]: value }))), (value) => {
        const read = readDescriptor(value, 'it');
        if (!('fault' in read)) expect([typeof read.mediaType, typeof read.digest, typeof read.size]).toEqual(['string', 'string', 'number']);
      }),
      { numRuns: 1000 },
    );
  });

  it('ends for fields that are made to keep an expression busy', () => {
    const long = 2_000_000;
    for (const [field, text] of [['digest', `${'a.'.repeat(long / 2)}!`], ['digest', `${'a'.repeat(long)}:`], ['mediaType', `${'a'.repeat(long)}/`], ['data', `${'abcd'.repeat(long / 4)}!`], ['urls', [`a:${'a'.repeat(long)} `]]] as const) {
      expect(fault(changed(aDescriptor(), [field], text))).toMatch(new RegExp(`^it\\.${field}`));
    }
  });
});
