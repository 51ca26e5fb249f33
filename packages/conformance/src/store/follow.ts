/**
 * Cases: records are followed live.
 * @module
 */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { environment, line, nextOf, promotion, valueOf, type StoreCase } from './store-case.js';

export const followCases: readonly StoreCase[] = [
  {
    id: 'store.follow.1',
    title: 'what is there comes first, then every new record, from this handle and the other',
    spec: 'R102',
    run: async ({ store, other }) => {
      const end = new AbortController();
      await valueOf(store.create('p1', null, line('1')));
      await valueOf(store.append(promotion('p1'), 2, line('2')));
      const records = store.follow(promotion('p1'), 2, end.signal)[Symbol.asyncIterator]();
      assert.deepEqual(await nextOf(records), { seq: 2, line: line('2') });
      for (let seq = 3; seq <= 8; seq += 1) {
        const coming = nextOf(records);
        // Sometimes the reader waits already when the record is written, sometimes it does not yet.
        if (seq % 2 === 0) await setImmediate();
        await valueOf((seq % 3 === 0 ? store : other).append(promotion('p1'), seq, line(String(seq))));
        assert.deepEqual(await coming, { seq, line: line(String(seq)) });
      }
      end.abort();
      assert.equal((await records.next()).done, true);
    },
  },
  {
    id: 'store.follow.2',
    title: 'a stream can be followed before it exists',
    spec: 'R102',
    run: async ({ store, other }) => {
      const end = new AbortController();
      const records = store.follow(environment('production'), 1, end.signal)[Symbol.asyncIterator]();
      const coming = nextOf(records);
      await setImmediate();
      await valueOf(other.append(environment('production'), 1, line('1')));
      assert.deepEqual(await coming, { seq: 1, line: line('1') });
      end.abort();
      assert.equal((await records.next()).done, true);
    },
  },
  {
    id: 'store.follow.3',
    title: 'the signal ends a reader that waits, and one that has not begun',
    run: async ({ store }) => {
      const end = new AbortController();
      await valueOf(store.create('p1', null, line('1')));
      const waiting = store.follow(promotion('p1'), 2, end.signal)[Symbol.asyncIterator]().next();
      await setImmediate();
      end.abort();
      assert.equal((await waiting).done, true);
      assert.equal((await store.follow(promotion('p1'), 1, end.signal)[Symbol.asyncIterator]().next()).done, true);
    },
  },
  {
    id: 'store.follow.4',
    title: 'many readers each see every record once, in order, while two handles write as fast as they can',
    spec: 'R102',
    run: async ({ store, other }) => {
      const count = 40;
      const end = new AbortController();
      await valueOf(store.create('p1', null, line('1')));
      const readers = Array.from({ length: 4 }, async (_, at) => {
        const seen: number[] = [];
        for await (const record of (at % 2 === 0 ? store : other).follow(promotion('p1'), 1, end.signal)) {
          seen.push((await valueOf(record)).seq);
          if (seen.length === count) break;
        }
        return seen;
      });
      for (let seq = 2; seq <= count; ) {
        const answers = await Promise.all([store.append(promotion('p1'), seq, line(String(seq))), other.append(promotion('p1'), seq, line(String(seq)))]);
        assert.equal(answers.filter((answer) => answer.isOk()).length, 1);
        seq += 1;
      }
      const expected = Array.from({ length: count }, (_, at) => at + 1);
      for (const seen of await Promise.all(readers)) assert.deepEqual(seen, expected);
      end.abort();
    },
  },
];
