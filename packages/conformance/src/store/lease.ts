/**
 * Cases: one driver at a time. Time is what the caller says it is.
 * @module
 */
import assert from 'node:assert/strict';
import { line, refusalOf, valueOf, type StoreCase, type StoreSubject } from './store-case.js';

const begin = ({ store }: StoreSubject): Promise<unknown> => valueOf(store.create('p1', null, line('one')));

export const leaseCases: readonly StoreCase[] = [
  {
    id: 'store.lease.1',
    title: 'a lease says who, until when, and under which fence',
    run: async (subject) => {
      await begin(subject);
      const lease = await valueOf(subject.store.acquireLease('p1', 'a', 1000, 5000));
      assert.ok(lease.fence >= 1);
      assert.deepEqual(lease, { promotion: 'p1', owner: 'a', fence: lease.fence, expiresAt: 6000 });
    },
  },
  {
    id: 'store.lease.2',
    title: 'while it has not expired nobody else gets it, and is told who has it and for how long',
    run: async (subject) => {
      await begin(subject);
      await valueOf(subject.store.acquireLease('p1', 'a', 1000, 5000));
      const refusal = await refusalOf(subject.other.acquireLease('p1', 'b', 1000, 5999), 'lease_held');
      assert.equal(refusal.holder, 'a');
      assert.equal(refusal.retryable, true);
      assert.equal(refusal.retryAfterMs, 1);
    },
  },
  {
    id: 'store.lease.3',
    title: 'once expired it can be taken, under a higher fence, and the one before can no longer renew it',
    run: async (subject) => {
      await begin(subject);
      const first = await valueOf(subject.store.acquireLease('p1', 'a', 1000, 5000));
      const second = await valueOf(subject.other.acquireLease('p1', 'b', 1000, 6000));
      assert.ok(second.fence > first.fence);
      await refusalOf(subject.store.renewLease(first, 1000, 6100), 'lease_lost');
      await refusalOf(subject.store.acquireLease('p1', 'a', 1000, 6100), 'lease_held');
    },
  },
  {
    id: 'store.lease.4',
    title: 'renewing moves the expiry and keeps the fence',
    run: async (subject) => {
      await begin(subject);
      const lease = await valueOf(subject.store.acquireLease('p1', 'a', 1000, 5000));
      let renewed = lease;
      for (let now = 5500; now < 15_500; now += 500) renewed = await valueOf(subject.store.renewLease(renewed, 1000, now));
      assert.deepEqual(renewed, { ...lease, expiresAt: 16_000 });
      await refusalOf(subject.other.acquireLease('p1', 'b', 1000, 15_999), 'lease_held');
    },
  },
  {
    id: 'store.lease.5',
    title: 'one that expired and that nobody took can be renewed',
    run: async (subject) => {
      await begin(subject);
      const lease = await valueOf(subject.store.acquireLease('p1', 'a', 1000, 5000));
      assert.equal((await valueOf(subject.store.renewLease(lease, 1000, 9000))).expiresAt, 10_000);
    },
  },
  {
    id: 'store.lease.6',
    title: 'given back, it is free at once; giving back what one has no more changes nothing',
    run: async (subject) => {
      await begin(subject);
      const first = await valueOf(subject.store.acquireLease('p1', 'a', 1000, 5000));
      await valueOf(subject.store.releaseLease(first));
      await refusalOf(subject.store.renewLease(first, 1000, 5001), 'lease_lost');
      const second = await valueOf(subject.other.acquireLease('p1', 'b', 1000, 5001));
      assert.ok(second.fence > first.fence);
      await valueOf(subject.store.releaseLease(first));
      await refusalOf(subject.store.acquireLease('p1', 'a', 1000, 5002), 'lease_held');
    },
  },
  {
    id: 'store.lease.7',
    title: 'the same owner may take it again, and then holds it under the new fence only',
    run: async (subject) => {
      await begin(subject);
      const first = await valueOf(subject.store.acquireLease('p1', 'a', 1000, 5000));
      const second = await valueOf(subject.store.acquireLease('p1', 'a', 1000, 5001));
      assert.ok(second.fence > first.fence);
      await refusalOf(subject.store.renewLease(first, 1000, 5002), 'lease_lost');
      await valueOf(subject.store.renewLease(second, 1000, 5002));
    },
  },
  {
    id: 'store.lease.8',
    title: 'of many who want a free lease exactly one gets it',
    run: async (subject) => {
      await begin(subject);
      for (let round = 0; round < 5; round += 1) {
        const now = 10_000 * (round + 1);
        const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? subject.store : subject.other).acquireLease('p1', `owner ${String(at)}`, 1000, now)));
        assert.equal(answers.filter((answer) => answer.isOk()).length, 1);
        for (const answer of answers) if (answer.isErr()) assert.equal(answer.error.code, 'lease_held');
      }
    },
  },
  {
    id: 'store.lease.9',
    title: 'a renewal and a take-over that meet do not both succeed',
    run: async (subject) => {
      await begin(subject);
      let now = 1000;
      for (let round = 0; round < 20; round += 1) {
        const lease = await valueOf(subject.store.acquireLease('p1', 'a', 1000, now));
        // For the renewer it is just before the expiry, for the other just after: their clocks differ.
        const [renewed, taken] = await Promise.all([subject.store.renewLease(lease, 1000, now + 999), subject.other.acquireLease('p1', 'b', 1000, now + 1001)]);
        assert.notEqual(renewed.isOk(), taken.isOk(), 'two drivers hold the lease, or none does');
        now += 10_000;
      }
    },
  },
  {
    id: 'store.lease.10',
    title: 'leases of different promotions do not touch',
    run: async (subject) => {
      await begin(subject);
      await valueOf(subject.store.create('p2', null, line('two')));
      await valueOf(subject.store.acquireLease('p1', 'a', 1000, 5000));
      await valueOf(subject.other.acquireLease('p2', 'b', 1000, 5000));
    },
  },
];
