/**
 * Cases of a deployer on the way back: stop, force stop, restore, and a whole rollback.
 * @module
 */
import assert from 'node:assert/strict';
import type { ConformanceCase } from '../case.js';
import { bringUp, claim, deploy, expectRuns, locked, must, names, same, settle, state } from './drive.js';
import type { DeployerSubject } from './subject.js';

export const rollbackCases: readonly ConformanceCase<DeployerSubject>[] = [
  {
    id: 'deployer.stop.1',
    title: 'stopping ends the services, and stopping them again is no error',
    spec: 'R71, R72',
    run: async (subject) => {
      const { deployer, host, releases } = subject;
      await deploy(subject, releases.good1, 'first');
      await locked(subject, claim('second'), async (by) => {
        same(await must(deployer.stop(host, names(releases.good1), by)), { survivors: [] });
        assert.ok(!(await state(subject, releases.good1)).services.map((service) => service.state).includes('running'));
        same(await must(deployer.stop(host, names(releases.good1), by)), { survivors: [] });
      });
    },
  },
  {
    id: 'deployer.stop.2',
    title: 'only the services that were named are stopped',
    spec: 'G9',
    run: async (subject) => {
      const { deployer, host, releases } = subject;
      const [stopped, ...others] = names(releases.good1);
      await deploy(subject, releases.good1, 'first');
      await locked(subject, claim('second'), async (by) => {
        await must(deployer.stop(host, [stopped ?? ''], by));
      });
      const seen = await state(subject, releases.good1);
      for (const { service, state: now } of seen.services) same([service, now === 'running'], [service, others.includes(service)]);
    },
  },
  {
    id: 'deployer.stop.3',
    title: 'force leaves no survivor, and is no error where nothing runs',
    spec: 'R73',
    run: async (subject) => {
      const { deployer, host, releases } = subject;
      await deploy(subject, releases.good1, 'first');
      await locked(subject, claim('second'), async (by) => {
        same(await must(deployer.forceStop(host, names(releases.good1), by)), { survivors: [] });
        assert.ok(!(await state(subject, releases.good1)).services.map((service) => service.state).includes('running'));
        same(await must(deployer.forceStop(host, names(releases.good1), by)), { survivors: [] });
      });
    },
  },
  {
    id: 'deployer.restore.1',
    title: 'after a broken release the previous one is put back, starts, becomes healthy and is proven',
    spec: 'R67, R71, R74, R75, R78, R81',
    run: async (subject) => {
      const { deployer, host, releases, credentials } = subject;
      await deploy(subject, releases.good1, 'first');
      await locked(subject, claim('second'), async (by) => {
        const { previous } = await state(subject, releases.broken);
        if (previous === undefined) throw new Error('there is no previous release');
        await must(deployer.pull(host, releases.broken, credentials ?? [], by));
        await must(deployer.pin(host, releases.broken, by));
        const broken = await deployer.restart(host, releases.broken, by).andThen(() => deployer.health(host, releases.broken, by));
        assert.equal(broken.isErr(), true);

        assert.equal((await must(deployer.pull(host, previous, credentials ?? [], by))).changed, false);
        same(await must(deployer.stop(host, names(releases.broken), by)), { survivors: [] });
        assert.equal((await must(deployer.restorePin(host, previous, by))).changed, true);
        assert.equal((await must(deployer.restorePin(host, previous, by))).changed, false);
        assert.equal((await must(deployer.restart(host, previous, by))).changed, true);
        await settle(subject, previous, by);
      });
      const seen = await expectRuns(subject, releases.good1);
      assert.equal(seen.verified?.promotion, 'second');
    },
  },
  {
    id: 'deployer.restore.2',
    title: 'a release can be put forward again after it was rolled back',
    spec: 'R74',
    run: async (subject) => {
      const { deployer, host, releases } = subject;
      await deploy(subject, releases.good1, 'first');
      await deploy(subject, releases.good2, 'second');
      await locked(subject, claim('back'), async (by) => {
        await must(deployer.stop(host, names(releases.good2), by));
        await must(deployer.restorePin(host, releases.good1, by));
        await must(deployer.restart(host, releases.good1, by));
        await settle(subject, releases.good1, by);
      });
      await expectRuns(subject, releases.good1);
      await locked(subject, claim('forward'), async (by) => {
        await bringUp(subject, releases.good2, by);
        await settle(subject, releases.good2, by);
      });
      await expectRuns(subject, releases.good2);
    },
  },
];
