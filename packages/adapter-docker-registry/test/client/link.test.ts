import { ok } from '@davit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextPage, parseLinks } from '../../src/client/link.js';
import { damagedHeader, headerText, isLinkHeader } from './header-grammar.js';

describe('nextPage', () => {
  it.each<[string, string]>([
    ['</v2/a/referrers/x?n=2&last=b>; rel="next"', '/v2/a/referrers/x?n=2&last=b'],
    ['<https://r.test/v2/a?last=c>;rel=next', 'https://r.test/v2/a?last=c'],
    ['<one>; rel="prev", <two> ; title="a, b; rel=next" ; rel="next"', 'two'],
    ['<one>; rel="index next"', 'one'],
    ['/v2/a?last=c; rel=next', '/v2/a?last=c'],
    ['<>; rel=next', ''],
  ])('finds the next page in %s', (header, target) => {
    expect(nextPage(header)).toEqual(ok(target));
  });

  it.each(['a|b', '{"after":"x, y"}', 'a b', 'a\\b', '^`', 'é'])('follows an address with characters that should have been encoded: %s', (cursor) => {
    expect(nextPage(`<one>; rel="prev"; title="<a|b>", </v2/a?cursor=${cursor}>; rel="next"`)).toEqual(ok(`/v2/a?cursor=${cursor}`));
  });

  it('finds none where none is named', () => {
    for (const header of [undefined, '', '<one>; rel="prev"', '<one>; rel="prev"; rel="next"', '<a|b>; rel="prev"']) expect(nextPage(header)).toEqual(ok(null));
  });

  it.each(['<one; rel="next"', '<a>; rel="next', '<a>; rel="next" x', '<a\u0000b>; rel="next"', `<${'a'.repeat(17_000)}>; rel="next"`])('tells what cannot be read from a last page: %j', (header) => {
    expect(nextPage(header).isErr()).toBe(true);
  });
});

describe('parseLinks', () => {
  it.each(['</a b>', '</a\n>', '<<a>', '</a>; rel="x\0"', '</a', '</a>; rel="next', '\\', '/\\', '</a>; rel="x" media="y"', '</a>; r(d="x"', '</a>; r*d="x"', '</a>; rel=\\', '</a>; rel=a\\b', '</a> rel=next'])('refuses %j', (header) => {
    expect(parseLinks(header)).toBeNull();
  });

  it('accepts exactly what the grammar accepts', () => {
    const good = fc.constantFrom('</v2/a/tags/list?n=2&last=b>; rel="next"', '<one>; rel=prev; title*=UTF-8\'de\'a%20b, <two> ;; title="a, \\"b\\"" ; rel="next"', '/a; media=text/html, <>');
    fc.assert(
      fc.property(fc.oneof(headerText, damagedHeader(good), damagedHeader(damagedHeader(good))), (text) => {
        expect([text, parseLinks(text) !== null]).toEqual([text, isLinkHeader(text)]);
      }),
      { numRuns: 5000 },
    );
  });

  it('reads laxly all that it reads strictly, and that alike', () => {
    fc.assert(
      fc.property(headerText, (text) => {
        const strict = parseLinks(text);
        if (strict !== null) expect(parseLinks(text, true)).toEqual(strict);
      }),
    );
  });

  it('neither throws nor hangs on anything', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 300 }), fc.stringMatching(/^[a-z<>"=;, \\]{0,200}$/)), (header) => {
        for (const lax of [false, true]) for (const { target } of parseLinks(header, lax) ?? []) expect(target).not.toContain('>');
      }),
    );
    expect(parseLinks(`<a>${'; x=y'.repeat(3000)}`)).toHaveLength(1);
  });
});
