/** How cases become tests, for any test runner. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testsOf, type ConformanceCase } from '@davit/conformance/cases';
import { describe, expect, it } from 'vitest';

const seen: string[] = [];
const cases: readonly ConformanceCase<string>[] = [
  { id: 'thing.a.1', title: 'one is one', spec: 'R1', run: async (subject) => void seen.push(`1 on ${subject}`) },
  { id: 'thing.a.2', title: 'two is two', run: () => Promise.reject(new Error('it is three')) },
];
const create = (): Promise<string> => Promise.resolve('it');
const dispose = async (subject: string): Promise<void> => void seen.push(`${subject} is disposed of`);

describe('testsOf', () => {
  it('makes a subject for each test, and disposes of it also after a failure', async () => {
    const tests = testsOf(cases, { create, dispose, timeoutMs: 5 });
    expect(tests.map(({ title, timeoutMs }) => [title, timeoutMs])).toEqual([['thing.a.1 one is one (R1)', 5], ['thing.a.2 two is two', 5]]);
    await tests[0]?.run();
    await expect(tests[1]?.run()).rejects.toThrow('it is three');
    expect(seen).toEqual(['1 on it', 'it is disposed of', 'it is disposed of']);
  });

  it('says beside a case that is skipped why it is', async () => {
    const [, two] = testsOf(cases, { create, skip: [{ id: 'thing.a.2', reason: 'there is no two here' }] });
    expect(two?.title).toBe('thing.a.2 two is two — not applicable: there is no two here');
    await two?.run();
  });

  it.each([
    ['has no reason', { id: 'thing.a.1', reason: ' ' }, 'gives a reason for every skip: thing.a.1 has none'],
    ['names no case', { id: 'thing.a.3', reason: 'it is not here' }, 'names only known cases in skip: there is no conformance case thing.a.3'],
    ['stands there again', { id: 'thing.a.2', reason: 'once more' }, 'names a case once in skip: thing.a.2 stands there again'],
  ])('fails with a skip that %s', async (_, skip, title) => {
    const last = testsOf(cases, { create, skip: [{ id: 'thing.a.2', reason: 'there is no two here' }, skip] }).at(-1);
    expect(last?.title).toBe(title);
    await expect(last?.run()).rejects.toThrow(title);
  });
});

it('wants Vitest in the binding to it alone, which the entry for other test runners does not import', () => {
  const sources = join(import.meta.dirname, '../src');
  const importing = (what: RegExp): string[] => readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && what.test(readFileSync(join(sources, file), 'utf8')));
  expect(importing(/from 'vitest'/)).toEqual(['describe.ts']);
  expect(importing(/from '[./]*describe\.js'/)).toEqual(['index.ts']);
  expect(importing(/from '[./]*index\.js'/)).toEqual([]);
});
