/**
 * Cases: who holds a lease, where two holders might be taken for one.
 * @module
 */
import assert from 'node:assert/strict';
import { line, refusalOf, valueOf, type StoreCase } from './store-case.js';

export const ownerCases: readonly StoreCase[] = [
  {
    id: 'store.lease.11',
    title: 'a new owner is unlike any other, of this handle and of the other one',
    run: async ({ store, other }) => {
      const owners = Array.from({ length: 50 }, () => [store.newOwner(), other.newOwner()]).flat();
      assert.equal(new Set(owners).size, owners.length, 'two owners have one name: each would take the other\'s lease for its own');
      for (const owner of owners) assert.notEqual(owner.trim(), '', 'an owner has no name');
    },
  },
  {
    id: 'store.lease.12',
    title: 'giving back a lease of before leaves alone the one that the same owner has taken since',
    run: async ({ store, other }) => {
      await valueOf(store.create('p1', null, line('one')));
      const first = await valueOf(store.acquireLease('p1', 'a', 1000, 5000));
      const second = await valueOf(store.acquireLease('p1', 'a', 1000, 5001));
      await valueOf(store.releaseLease(first));
      await refusalOf(other.acquireLease('p1', 'b', 1000, 5002), 'lease_held');
      await valueOf(store.renewLease(second, 1000, 5003));
    },
  },
  {
    id: 'store.lease.13',
    title: 'fences grow over everything that happens to a lease: taken, given back, expired, taken again by the same owner',
    run: async ({ store, other }) => {
      await valueOf(store.create('p1', null, line('one')));
      const fences: number[] = [];
      for (const [round, handle] of [store, other, store, other].entries()) {
        const lease = await valueOf(handle.acquireLease('p1', round < 2 ? 'a' : 'b', 1000, 5000 * (round + 1)));
        fences.push(lease.fence);
        if (round % 2 === 0) await valueOf(handle.releaseLease(lease));
      }
      assert.deepEqual(fences, [...new Set(fences)].sort((one, more) => one - more));
    },
  },
];
