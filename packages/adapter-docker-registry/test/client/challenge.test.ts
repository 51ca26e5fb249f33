import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges, usableChallenge } from '../../src/client/challenge.js';
import { damagedHeader, headerText, isChallengeHeader } from './header-grammar.js';

const read = (header: string) => parseChallenges(header)?.map(({ scheme, parameters }) => [scheme, parameters]) ?? null;

describe('parseChallenges', () => {
  it.each<[string, ReturnType<typeof read>]>([
    ['Basic realm="Registry"', [['basic', { realm: 'Registry' }]]],
    ['bAsIc ReAlM=plain', [['basic', { realm: 'plain' }]]],
    ['Bearer realm="https://auth.test/token",service="hub",scope="repository:a/b:pull,push"', [['bearer', { realm: 'https://auth.test/token', service: 'hub', scope: 'repository:a/b:pull,push' }]]],
    ['Bearer realm="https://auth.test/t" , Basic realm="x", charset="UTF-8"', [['bearer', { realm: 'https://auth.test/t' }], ['basic', { realm: 'x', charset: 'UTF-8' }]]],
    ['Negotiate, Basic realm="x"', [['negotiate', {}], ['basic', { realm: 'x' }]]],
    ['NTLM TlRMTVNTUAAC==, Basic realm="x"', [['ntlm', {}], ['basic', { realm: 'x' }]]],
    ['Bearer realm = "a" ,service\t=\tb', [['bearer', { realm: 'a', service: 'b' }]]],
    [', ,Basic realm="x",,', [['basic', { realm: 'x' }]]],
    ['Bearer realm="a \\"quoted\\" \\\\ b",scope=""', [['bearer', { realm: 'a "quoted" \\ b', scope: '' }]]],
    ['Bearer realm="a, Basic realm=b"', [['bearer', { realm: 'a, Basic realm=b' }]]],
    ['Bearer', [['bearer', {}]]],
    ['', []],
  ])('reads %s', (header, expected) => {
    expect(read(header)).toEqual(expected);
  });

  it.each([
    'Basic realm="open',
    'Basic realm="escaped end\\',
    'Basic realm="x" charset="UTF-8"',
    'Bearer realm="a",realm="b"',
    'realm="no scheme"',
    'Bearer realm="a",service=',
    'Bearer realm="line\nbreak"',
    'NTLM abc==, more="x"',
    'Basic realm=a b',
    '"Basic" realm="x"',
    '=',
  ])('refuses %j', (header) => {
    expect(parseChallenges(header)).toBeNull();
  });

  it('neither throws nor hangs on anything', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 300 }), fc.stringMatching(/^[A-Za-z"=, \\\t/]{0,200}$/)), (header) => {
        const challenges = parseChallenges(header);
        for (const { scheme } of challenges ?? []) expect(scheme).toMatch(/^[!#$%&'*+\-.^_`|~0-9a-z]+$/);
      }),
    );
  });

  it('reads back whatever was written by the grammar', () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
    const value = fc.stringMatching(/^[\x20-\x7e]{0,30}$/);
    const challenge = fc.tuple(token, fc.uniqueArray(fc.tuple(token, value), { maxLength: 4, selector: ([name]) => name }));
    fc.assert(
      fc.property(fc.array(challenge, { minLength: 1, maxLength: 4 }), (challenges) => {
        const header = challenges.map(([scheme, parameters]) => `${scheme} ${parameters.map(([name, text]) => `${name}="${text.replace(/["\\]/g, '\\$&')}"`).join(', ')}`.trim()).join(', ');
        expect(read(header)).toEqual(challenges.map(([scheme, parameters]) => [scheme, Object.fromEntries(parameters)]));
      }),
    );
  });

  it('accepts exactly what the grammar accepts', () => {
    const good = fc.constantFrom('Bearer realm="https://auth.test/token",service="s",scope="repository:a:pull,push", Basic realm=x', 'NTLM abc==, Basic realm = "a \\"b\\""', 'Negotiate, Bearer realm=/');
    fc.assert(
      fc.property(fc.oneof(headerText, damagedHeader(good), damagedHeader(damagedHeader(good))), (text) => {
        expect([text, parseChallenges(text) !== null]).toEqual([text, isChallengeHeader(text)]);
      }),
      { numRuns: 5000 },
    );
  });

  it('takes no longer for a long header than its length', () => {
    expect(parseChallenges(`Bearer ${'a="b",'.repeat(2000)}`)).toBeNull();
    expect(parseChallenges(`Basic ${'x '.repeat(7000)}`)).toBeNull();
    expect(parseChallenges('x'.repeat(20_000))).toBeNull();
  });
});

describe('usableChallenge', () => {
  it('prefers Bearer to Basic, wherever it stands', () => {
    expect(usableChallenge(parseChallenges('Basic realm="x", Bearer realm="https://a.test/t",scope="one two"') ?? [])).toEqual({ scheme: 'bearer', realm: 'https://a.test/t', service: null, scopes: ['one', 'two'], error: null });
  });

  it('takes Basic where Bearer names no realm, and nothing where neither is offered', () => {
    expect(usableChallenge(parseChallenges('Bearer service="x", Basic realm="y"') ?? [])).toEqual({ scheme: 'basic' });
    expect(usableChallenge(parseChallenges('Negotiate, Bearer realm=""') ?? [])).toBeNull();
  });
});
