/**
 * Cases of a deployer's lock: one promotion at a time, and of one promotion the latest driver.
 * @module
 */
import assert from 'node:assert/strict';
import type { HostFailure, ResultAsync } from '@davit/core';
import type { ConformanceCase } from '../case.js';
import { call, claim, locked, must, names, refused, same, state, under } from './drive.js';
import type { DeployerSubject } from './subject.js';

export const lockCases: readonly ConformanceCase<DeployerSubject>[] = [
  {
    id: 'deployer.lock.1',
    title: 'another promotion is refused, and told which one holds the host',
    spec: 'R25, G15',
    run: async (subject) => {
      const other = (await subject.another?.()) ?? subject.deployer;
      await locked(subject, claim('holder'), async () => {
        const error = await refused(other.lock(subject.host, under(claim('latecomer'))));
        assert.equal(error.code, 'host_locked');
        assert.ok(`${error.promotion ?? ''} ${error.holder ?? ''} ${error.message}`.includes('holder'));
      });
    },
  },
  {
    id: 'deployer.lock.2',
    title: 'once released it can be taken by another promotion, and releasing twice does no harm',
    spec: 'R25',
    run: async (subject) => {
      const first = await must(subject.deployer.lock(subject.host, under(claim('first'))));
      await first.release();
      await first.release();
      await locked(subject, claim('second'), () => Promise.resolve());
    },
  },
  {
    id: 'deployer.lock.3',
    title: 'a higher fence of the same promotion takes over at once, and the older driver changes nothing any more',
    spec: 'R25, G21',
    run: async (subject) => {
      const { deployer, host, releases, credentials } = subject;
      const other = (await subject.another?.()) ?? deployer;
      const frozen = await must(deployer.lock(host, under(claim('one', 1))));
      const taken = await must(other.lock(host, under(claim('one', 2))));
      const before = await state(subject, releases.good1);
      const old = under(claim('one', 1));
      const services = names(releases.good1);
      const changes: readonly ResultAsync<unknown, HostFailure>[] = [
        deployer.pull(host, releases.good1, credentials ?? [], old),
        deployer.pin(host, releases.good1, old),
        deployer.restart(host, releases.good1, old),
        deployer.stop(host, services, old),
        deployer.forceStop(host, services, old),
        deployer.restorePin(host, releases.good1, old),
        deployer.commit(host, releases.good1, old),
      ];
      for (const change of changes) assert.equal((await refused(change)).code, 'host_fenced');
      same(await state(subject, releases.good1), before);
      // What the frozen driver still believes to hold is no longer its own to give back.
      await frozen.release();
      assert.equal((await must(other.pull(host, releases.good1, credentials ?? [], under(claim('one', 2))))).changed, true);
      await taken.release();
    },
  },
  {
    id: 'deployer.lock.4',
    title: 'a lower fence of the same promotion is refused, also after the higher one has released',
    spec: 'R25, G21',
    run: async (subject) => {
      await locked(subject, claim('one', 7), async () => {
        assert.equal((await refused(subject.deployer.lock(subject.host, under(claim('one', 6))))).code, 'host_fenced');
      });
      assert.equal((await refused(subject.deployer.lock(subject.host, under(claim('one', 6))))).code, 'host_fenced');
      await locked(subject, claim('one', 8), () => Promise.resolve());
    },
  },
  {
    id: 'deployer.lock.5',
    title: 'a change by a promotion that does not hold the lock is refused',
    spec: 'R25',
    run: async ({ deployer, host, releases, credentials }) => {
      assert.equal((await refused(deployer.pull(host, releases.good1, credentials ?? [], under(claim('stranger'))))).code, 'host_fenced');
      const lock = await must(deployer.lock(host, under(claim('holder'))));
      assert.equal((await refused(deployer.pin(host, releases.good1, under(claim('stranger'))))).code, 'host_fenced');
      await lock.release();
      assert.equal((await refused(deployer.pin(host, releases.good1, under(claim('holder'))))).code, 'host_fenced');
    },
  },
  {
    id: 'deployer.abort.1',
    title: 'a call whose signal has fired changes nothing and answers interrupted',
    run: async ({ deployer, host, releases, credentials }) => {
      const lock = await must(deployer.lock(host, under(claim('one'))));
      try {
        const by = { claim: claim('one'), signal: AbortSignal.abort() };
        const asked = [
          deployer.preflight(host, releases.good1, by),
          deployer.current(host, releases.good1, by),
          deployer.pull(host, releases.good1, credentials ?? [], by),
          deployer.pin(host, releases.good1, by),
          deployer.restart(host, releases.good1, by),
          deployer.health(host, releases.good1, by),
        ] as const;
        for (const one of asked) {
          const answer = await one;
          assert.equal(answer.isErr() ? answer.error.code : 'ok', 'interrupted');
        }
        const seen = await must(deployer.current(host, releases.good1, call()));
        assert.equal(seen.services.every((service) => service.state === 'absent'), true);
      } finally {
        await lock.release();
      }
    },
  },
];
