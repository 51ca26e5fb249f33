/**
 * Cases of a deployer that change the host: pull, pin, restart, health, proof, commit, and all of them twice.
 * @module
 */
import assert from 'node:assert/strict';
import type { ConformanceCase } from '../case.js';
import { absent, bringUp, call, claim, deploy, expectRuns, locked, must, refused, same, settle, state } from './drive.js';
import type { DeployerSubject } from './subject.js';

export const changeCases: readonly ConformanceCase<DeployerSubject>[] = [
  {
    id: 'deployer.pull.1',
    title: 'an image that is missing on the host is pulled, and one that is there is left alone',
    spec: 'R51, R52',
    run: async (subject) =>
      locked(subject, claim('one'), async (by) => {
        const { deployer, host, releases, credentials } = subject;
        assert.equal((await must(deployer.pull(host, releases.good1, credentials ?? [], by))).changed, true);
        assert.equal((await must(deployer.pull(host, releases.good1, credentials ?? [], by))).changed, false);
      }),
  },
  {
    id: 'deployer.pull.2',
    title: 'an image that no registry has is pull_failed, and what runs is untouched',
    spec: 'R53, G3',
    run: async (subject) => {
      const { deployer, host, releases, credentials } = subject;
      await deploy(subject, releases.good1, 'first');
      const before = await state(subject, releases.good1);
      await locked(subject, claim('second'), async (by) => {
        const error = await refused(deployer.pull(host, absent(releases.good1), credentials ?? [], by));
        assert.equal(error.code, 'pull_failed');
        assert.equal(error.retryable, false);
      });
      same(await state(subject, releases.good1), before);
    },
  },
  {
    id: 'deployer.pin.1',
    title: 'pinning leaves what runs alone, and pinning the same again changes nothing',
    spec: 'R54',
    run: async (subject) => {
      const { deployer, host, releases, credentials } = subject;
      await deploy(subject, releases.good1, 'first');
      await locked(subject, claim('second'), async (by) => {
        await must(deployer.pull(host, releases.good2, credentials ?? [], by));
        assert.equal((await must(deployer.pin(host, releases.good2, by))).changed, true);
        assert.equal((await must(deployer.pin(host, releases.good2, by))).changed, false);
        await expectRuns(subject, releases.good1);
      });
    },
  },
  {
    id: 'deployer.restart.1',
    title: 'a good release comes up, becomes healthy and is proven',
    spec: 'R57, R60, R66',
    run: async (subject) => {
      const { restart } = await deploy(subject, subject.releases.good1, 'first');
      assert.equal(restart.changed, true);
      await expectRuns(subject, subject.releases.good1);
    },
  },
  {
    id: 'deployer.restart.2',
    title: 'services that run their image already are left alone',
    spec: 'R57, G21',
    run: async (subject) => {
      const { releases, deployer, host } = subject;
      await deploy(subject, releases.good1, 'first');
      const before = await must(deployer.proof(host, releases.good1, call()));
      await locked(subject, claim('first', 2), async (by) => {
        const again = await bringUp(subject, releases.good1, by);
        same({ pull: again.pull.changed, pin: again.pin.changed, restart: again.restart.changed }, { pull: false, pin: false, restart: false });
        assert.equal((await settle(subject, releases.good1, by)).changed, false);
      });
      same(await must(deployer.proof(host, releases.good1, call())), before);
    },
  },
  {
    id: 'deployer.health.1',
    title: 'a broken release fails at the start or by its health, with evidence, and is never proven healthy',
    spec: 'R59, R62',
    run: async (subject) =>
      locked(subject, claim('one'), async (by) => {
        const { deployer, host, releases, credentials } = subject;
        await must(deployer.pull(host, releases.broken, credentials ?? [], by));
        await must(deployer.pin(host, releases.broken, by));
        const answer = await deployer.restart(host, releases.broken, by).andThen(() => deployer.health(host, releases.broken, by));
        const error = answer.isErr() ? answer.error : undefined;
        assert.ok(['start_failed', 'service_unhealthy', 'port_in_use'].includes(error?.code ?? 'nothing'), `it was ${error?.code ?? 'no error'}`);
        assert.ok(error?.service ?? error?.services?.join());
        assert.ok(Buffer.byteLength(error?.evidence ?? '') <= 4096);
      }),
  },
  {
    id: 'deployer.proof.1',
    title: 'a release that does not run is not proven',
    spec: 'R66',
    run: async (subject) => {
      const { deployer, host, releases } = subject;
      assert.equal((await refused(deployer.proof(host, releases.good1, call()))).code, 'digest_not_running');
      await deploy(subject, releases.good1, 'first');
      const error = await refused(deployer.proof(host, releases.good2, call()));
      assert.equal(error.code, 'digest_not_running');
      assert.ok(releases.good2.services.map(({ service }) => service).includes(error.service ?? ''), `the error names ${error.service ?? 'no service'}`);
    },
  },
  {
    id: 'deployer.commit.1',
    title: 'what was committed is known to another deployer, and committing it again changes nothing',
    spec: 'R32',
    run: async (subject) => {
      const { host, releases } = subject;
      await deploy(subject, releases.good1, 'first');
      await locked(subject, claim('first', 2), async (by) => {
        assert.equal((await must(subject.deployer.commit(host, releases.good1, by))).changed, false);
      });
      const other = (await subject.another?.()) ?? subject.deployer;
      assert.equal((await must(other.current(host, releases.good1, call()))).verified?.promotion, 'first');
    },
  },
];
