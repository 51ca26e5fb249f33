import { digestOf, mediaTypes } from '@davit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestIn, readList, referrersIn } from '../../src/client/referrer-list.js';

const entry = (text: string, more: object = {}) => ({ mediaType: mediaTypes.ociManifest, digest: digestOf(text), size: text.length, artifactType: 'application/vnd.test', annotations: { text }, ...more });
const bytesOf = (document: unknown): Buffer => Buffer.from(JSON.stringify(document));
const index = (...manifests: readonly unknown[]) => ({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });

describe('readList', () => {
  it('keeps the whole document, and takes null for an empty list', () => {
    const document = { ...index(entry('a'), null, 5), annotations: { kept: 'yes' } };
    expect(readList(bytesOf(document))).toEqual(document);
    expect(readList(bytesOf({ schemaVersion: 2, manifests: null }))).toEqual({ schemaVersion: 2, manifests: [] });
  });

  it.each(['', 'null', '5', '"manifests"', '[]', '{}', '{"manifests":{}}', '{"manifests":"[]"}', '{"manifests":[}', '{"manifests":[]', '<html>', '{"manifests":[]}\u0000'])('finds no list in %j', (text) => {
    expect(readList(Buffer.from(text))).toBeNull();
  });

  it('finds no list in what is not UTF-8', () => {
    expect(readList(Buffer.concat([Buffer.from('{"manifests":["'), Buffer.from([0xff]), Buffer.from('"]}')]))).toBeNull();
  });
});

describe('referrersIn', () => {
  it('gives every referrer once, the last word on it', () => {
    const { found, unreadable } = referrersIn(index(entry('a'), entry('b'), entry('a', { artifactType: 'application/vnd.later' })));
    expect(found).toEqual([entry('a', { artifactType: 'application/vnd.later' }), entry('b')]);
    expect(unreadable).toEqual([]);
  });

  it.each<[string, object, object]>([
    ['an empty artifactType', { artifactType: '' }, { artifactType: undefined }],
    ['a media type that is none', { mediaType: '' }, {}],
    ['no media type', { mediaType: undefined }, {}],
    ['annotations that are no texts', { annotations: { text: 5 } }, { annotations: undefined }],
    ['a size that is none', { size: -1 }, { size: 0 }],
    ['no size', { size: undefined }, { size: 0 }],
    ['a platform that is none', { platform: 'linux' }, {}],
    ['a name that objects have of their own', JSON.parse('{"__proto__":{"size":5},"constructor":1}') as object, {}],
  ])('keeps a referrer with %s, and the rest of what is said of it', (_, wrong, read) => {
    expect(referrersIn({ manifests: JSON.parse(JSON.stringify([entry('a', wrong), entry('b')])) as unknown[] })).toEqual({ found: [entry('a', read), entry('b')], unreadable: [] });
  });

  it.each<[string, unknown, { readonly fault: string; readonly unsupported: boolean }]>([
    ['an unknown algorithm', entry('a', { digest: 'blake3:abc' }), { fault: 'manifests[1].digest is by an algorithm other than sha256 and sha512: "blake3:abc"', unsupported: true }],
    ['half a digest', entry('a', { digest: 'sha256:abc' }), { fault: 'manifests[1].digest is not a digest: "sha256:abc"', unsupported: false }],
    ['a digest that is no text', entry('a', { digest: 5 }), { fault: 'manifests[1].digest is not a text', unsupported: false }],
    ['no digest', entry('a', { digest: undefined }), { fault: 'manifests[1].digest is missing', unsupported: false }],
    ['null', null, { fault: 'manifests[1] is not an object', unsupported: false }],
    ['a text', digestOf('a'), { fault: 'manifests[1] is not an object', unsupported: false }],
  ])('names an entry with %s, and keeps the others', (_, wrong, fault) => {
    expect(referrersIn(index(entry('b'), wrong, entry('c')))).toEqual({ found: [entry('b'), entry('c')], unreadable: [fault] });
    expect(digestIn(wrong)).toBeNull();
  });

  it('loses no referrer without a word, whichever bit of a list was flipped', () => {
    const whole = index(entry('a'), entry('b'));
    const bytes = bytesOf(whole);
    let damaged = 0;
    for (let at = 0; at < bytes.length * 8; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(bytes.readUInt8(at >> 3) ^ (1 << (at & 7)), at >> 3);
      const list = readList(flipped);
      const { found, unreadable } = list === null ? { found: [], unreadable: [null] } : referrersIn(list);
      if (unreadable.length > 0) damaged += 1;
      // A digest may have become another one, which nobody has: that is found out where it is read.
      else expect(found).toHaveLength(2);
    }
    expect(damaged).toBeGreaterThan(bytes.length);
  });

  it('accounts for every entry of anything that is JSON', () => {
    const entries = fc.array(fc.oneof(fc.jsonValue(), fc.record({ digest: fc.oneof(fc.constantFrom(digestOf('a'), digestOf('b'), 'blake3:abc', 'sha256:', ''), fc.jsonValue()), mediaType: fc.jsonValue(), size: fc.jsonValue(), artifactType: fc.jsonValue() }, { requiredKeys: [] })));
    fc.assert(
      fc.property(entries, (manifests) => {
        const list = readList(bytesOf({ manifests }));
        const { found, unreadable } = referrersIn(list ?? { manifests: [] });
        const named = manifests.map((each) => digestIn(each)).filter((digest) => digest !== null);
        expect(found.map(({ digest }) => digest)).toEqual([...new Set(named)]);
        expect(unreadable).toHaveLength(manifests.length - named.length);
      }),
    );
  });
});
