/**
 * Cases: records are appended once, in order, and come back as they were.
 * @module
 */
import assert from 'node:assert/strict';
import { environment, line, pairs, promotion, refusalOf, valueOf, type StoreCase } from './store-case.js';

export const appendCases: readonly StoreCase[] = [
  {
    id: 'store.append.1',
    title: 'records come back in order, byte for byte, also through another handle',
    spec: 'R95',
    run: async ({ store, other }) => {
      await valueOf(store.create('p1', null, line('one')));
      await valueOf(store.append(promotion('p1'), 2, line('two')));
      await valueOf(other.append(promotion('p1'), 3, line('three')));
      const expected = [[1, line('one')], [2, line('two')], [3, line('three')]];
      assert.deepEqual(pairs(await valueOf(store.read(promotion('p1'), 1))), expected);
      assert.deepEqual(pairs(await valueOf(other.read(promotion('p1'), 1))), expected);
    },
  },
  {
    id: 'store.append.2',
    title: 'of many writers of one number exactly one succeeds, and the others are told journal_conflict',
    spec: 'R95',
    run: async ({ store, other }) => {
      await valueOf(store.create('p1', null, line('one')));
      const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? store : other).append(promotion('p1'), 2, line(`writer ${String(at)}`))));
      const winners = answers.flatMap((answer, at) => (answer.isOk() ? [at] : []));
      assert.equal(winners.length, 1);
      for (const answer of answers) if (answer.isErr()) assert.equal(answer.error.code, 'journal_conflict');
      assert.deepEqual(pairs(await valueOf(store.read(promotion('p1'), 2))), [[2, line(`writer ${String(winners[0])}`)]]);
    },
  },
  {
    id: 'store.append.3',
    title: 'a number that would leave a gap is refused, and nothing is written',
    spec: 'R95',
    run: async ({ store }) => {
      await valueOf(store.create('p1', null, line('one')));
      await refusalOf(store.append(promotion('p1'), 3, line('three')), 'journal_conflict');
      await refusalOf(store.append(promotion('p1'), 0, line('zero')), 'journal_conflict');
      await refusalOf(store.append(promotion('unknown'), 2, line('two')), 'journal_conflict');
      assert.deepEqual(pairs(await valueOf(store.read(promotion('p1'), 1))), [[1, line('one')]]);
      assert.deepEqual(await valueOf(store.read(promotion('unknown'), 1)), []);
    },
  },
  {
    id: 'store.append.4',
    title: 'a conflict may be tried again',
    spec: 'R95',
    run: async ({ store, other }) => {
      await valueOf(store.create('p1', null, line('one')));
      await valueOf(other.append(promotion('p1'), 2, line('theirs')));
      const refusal = await refusalOf(store.append(promotion('p1'), 2, line('ours')), 'journal_conflict');
      assert.equal(refusal.retryable, true);
      await valueOf(store.append(promotion('p1'), 3, line('ours')));
    },
  },
  {
    id: 'store.append.5',
    title: 'an environment has a journal of its own, begun by its first append, apart from a promotion of the same name',
    run: async ({ store, other }) => {
      assert.deepEqual(await valueOf(store.read(environment('production'), 1)), []);
      await valueOf(store.append(environment('production'), 1, line('hold')));
      await refusalOf(other.append(environment('production'), 1, line('hold too')), 'journal_conflict');
      await valueOf(store.create('production', null, line('promotion')));
      assert.deepEqual(pairs(await valueOf(other.read(environment('production'), 1))), [[1, line('hold')]]);
      assert.deepEqual(pairs(await valueOf(other.read(promotion('production'), 1))), [[1, line('promotion')]]);
    },
  },
  {
    id: 'store.append.6',
    title: 'a text that is not one line is refused with record_refused',
    run: async ({ store }) => {
      await valueOf(store.create('p1', null, line('one')));
      for (const wrong of ['', 'a\nb', 'a\r\nb', 'a\n', '"\ud800"']) await refusalOf(store.append(promotion('p1'), 2, wrong), 'record_refused');
      await refusalOf(store.create('p2', null, 'a\nb'), 'record_refused');
      assert.equal((await valueOf(store.read(promotion('p1'), 1))).length, 1);
      assert.deepEqual(await valueOf(store.list()), ['p1']);
    },
  },
  {
    id: 'store.append.7',
    title: 'a record of 64 KiB is kept whole',
    run: async ({ store, other }) => {
      const long = JSON.stringify('x'.repeat(64 * 1024 - 2));
      await valueOf(store.create('p1', null, long));
      assert.deepEqual(pairs(await valueOf(other.read(promotion('p1'), 1))), [[1, long]]);
    },
  },
  {
    id: 'store.append.8',
    title: 'names cannot reach outside of their place, nor meet one another',
    run: async ({ store, other }) => {
      const names = ['../p1', 'a/b', 'a%2Fb', 'a b', 'ünï', '.', '..', '.hidden', 'a.b', 'a\u0000b', '%'];
      for (const name of names) await valueOf(store.append(environment(name), 1, line(name)));
      for (const name of names) assert.deepEqual(pairs(await valueOf(other.read(environment(name), 1))), [[1, line(name)]]);
      for (const name of names) await valueOf(store.create(name, null, line(name)));
      assert.deepEqual(await valueOf(other.list()), [...names].sort());
    },
  },
];

export const readCases: readonly StoreCase[] = [
  {
    id: 'store.read.1',
    title: 'reading begins at the number that is asked for, and is empty beyond the end',
    run: async ({ store }) => {
      await valueOf(store.create('p1', null, line('one')));
      for (const seq of [2, 3, 4]) await valueOf(store.append(promotion('p1'), seq, line(String(seq))));
      assert.deepEqual(pairs(await valueOf(store.read(promotion('p1'), 3))), [[3, line('3')], [4, line('4')]]);
      assert.deepEqual(await valueOf(store.read(promotion('p1'), 5)), []);
    },
  },
  {
    id: 'store.read.2',
    title: 'a stream that does not exist is empty',
    run: async ({ store }) => {
      assert.deepEqual(await valueOf(store.read(promotion('unknown'), 1)), []);
      assert.deepEqual(await valueOf(store.read(environment('unknown'), 1)), []);
    },
  },
  {
    id: 'store.list.1',
    title: 'promotions are listed in the order of their ids, environments are not among them',
    run: async ({ store, other }) => {
      assert.deepEqual(await valueOf(store.list()), []);
      for (const id of ['01J3', '01J1', '01J2']) await valueOf((id === '01J1' ? other : store).create(id, null, line(id)));
      await valueOf(store.append(environment('production'), 1, line('hold')));
      assert.deepEqual(await valueOf(store.list()), ['01J1', '01J2', '01J3']);
      assert.deepEqual(await valueOf(other.list()), ['01J1', '01J2', '01J3']);
    },
  },
];
