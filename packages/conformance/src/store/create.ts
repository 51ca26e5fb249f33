/**
 * Cases: one key begins one promotion.
 * @module
 */
import assert from 'node:assert/strict';
import { line, pairs, promotion, refusalOf, valueOf, type StoreCase } from './store-case.js';

export const createCases: readonly StoreCase[] = [
  {
    id: 'store.create.1',
    title: 'a promotion begins with its first record, and says that it was created',
    spec: 'R1',
    run: async ({ store, other }) => {
      assert.deepEqual(await valueOf(store.create('p1', 'trigger', line('one'))), { id: 'p1', created: true });
      assert.deepEqual(pairs(await valueOf(other.read(promotion('p1'), 1))), [[1, line('one')]]);
      assert.deepEqual(await valueOf(other.list()), ['p1']);
    },
  },
  {
    id: 'store.create.2',
    title: 'a key that was used before gives back its promotion, and nothing is written',
    spec: 'R1',
    run: async ({ store, other }) => {
      await valueOf(store.create('p1', 'trigger', line('one')));
      for (const handle of [store, other]) assert.deepEqual(await valueOf(handle.create('p2', 'trigger', line('two'))), { id: 'p1', created: false });
      assert.deepEqual(await valueOf(store.list()), ['p1']);
      assert.deepEqual(pairs(await valueOf(store.read(promotion('p1'), 1))), [[1, line('one')]]);
      assert.deepEqual(await valueOf(store.read(promotion('p2'), 1)), []);
    },
  },
  {
    id: 'store.create.3',
    title: 'of many callers with one key exactly one creates, and all are given its promotion',
    spec: 'R1',
    run: async ({ store, other }) => {
      const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => valueOf((at % 2 === 0 ? store : other).create(`p${String(at)}`, 'trigger', line(String(at))))));
      const [winner, ...more] = answers.filter(({ created }) => created);
      assert.ok(winner !== undefined && more.length === 0, `${String(more.length + (winner === undefined ? 0 : 1))} callers created`);
      for (const { id } of answers) assert.equal(id, winner.id);
      assert.deepEqual(await valueOf(store.list()), [winner.id]);
      assert.deepEqual(pairs(await valueOf(store.read(promotion(winner.id), 1))), [[1, line(winner.id.slice(1))]]);
    },
  },
  {
    id: 'store.create.4',
    title: 'without a key, or with another one, another promotion begins',
    spec: 'R1',
    run: async ({ store, other }) => {
      await valueOf(store.create('p1', 'a trigger', line('one')));
      assert.deepEqual(await valueOf(other.create('p2', 'A trigger', line('two'))), { id: 'p2', created: true });
      assert.deepEqual(await valueOf(other.create('p3', null, line('three'))), { id: 'p3', created: true });
      assert.deepEqual(await valueOf(store.create('p4', null, line('four'))), { id: 'p4', created: true });
    },
  },
  {
    id: 'store.create.5',
    title: 'an id that is taken is refused with journal_conflict, and its key stays free',
    spec: 'R1',
    run: async ({ store, other }) => {
      await valueOf(store.create('p1', null, line('one')));
      await refusalOf(other.create('p1', null, line('again')), 'journal_conflict');
      await refusalOf(other.create('p1', 'trigger', line('again')), 'journal_conflict');
      assert.deepEqual(await valueOf(store.create('p2', 'trigger', line('two'))), { id: 'p2', created: true });
      assert.deepEqual(pairs(await valueOf(store.read(promotion('p1'), 1))), [[1, line('one')]]);
    },
  },
];
