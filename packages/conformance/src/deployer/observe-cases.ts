/**
 * Cases of a deployer that only look: hosts, preflight, current.
 * @module
 */
import assert from 'node:assert/strict';
import type { ConformanceCase } from '../case.js';
import { bringUp, call, claim, deploy, expectRuns, locked, must, names, refused, running, same, state, wanted } from './drive.js';
import type { DeployerSubject } from './subject.js';

export const observeCases: readonly ConformanceCase<DeployerSubject>[] = [
  {
    id: 'deployer.hosts.1',
    title: 'the hosts are named, and asked again they are the same in the same order',
    run: async ({ deployer, host }) => {
      const hosts = await must(deployer.hosts(call()));
      assert.ok(hosts.includes(host));
      same(await must(deployer.hosts(call())), hosts);
      assert.equal(new Set(hosts).size, hosts.length);
    },
  },
  {
    id: 'deployer.preflight.1',
    title: 'a host that can take the release passes, and a missing rollback target is a warning only',
    spec: 'R50, G5',
    run: async ({ deployer, host, releases }) => {
      const { warnings } = await must(deployer.preflight(host, releases.good1, call()));
      assert.notEqual(warnings.join('\n'), '');
    },
  },
  {
    id: 'deployer.preflight.2',
    title: 'a service that does not exist is refused by its name',
    spec: 'R50',
    run: async ({ deployer, host, releases }) => {
      const [first] = releases.good1.services;
      const error = await refused(deployer.preflight(host, { services: [{ service: 'no-such-service', image: first?.image ?? '' }] }, call()));
      assert.equal(error.code, 'service_unknown');
      assert.ok(error.message.includes('no-such-service'));
    },
  },
  {
    id: 'deployer.preflight.3',
    title: 'it changes nothing',
    spec: 'R50',
    run: async (subject) => {
      await deploy(subject, subject.releases.good1, 'first');
      const before = await state(subject, subject.releases.good2);
      await must(subject.deployer.preflight(subject.host, subject.releases.good2, call()));
      same(await state(subject, subject.releases.good2), before);
    },
  },
  {
    id: 'deployer.current.1',
    title: 'where nothing runs every service is absent, and there is nothing to return to',
    spec: 'R68, R70',
    run: async (subject) => {
      const seen = await state(subject, subject.releases.good1);
      same(seen.services, names(subject.releases.good1).map((service) => ({ service, state: 'absent' })));
      assert.equal(seen.previous, undefined);
      assert.equal(seen.verified, undefined);
    },
  },
  {
    id: 'deployer.current.2',
    title: 'what was committed runs by its digest, and is the verified release with its promotion',
    spec: 'R66, R68',
    run: async (subject) => {
      await deploy(subject, subject.releases.good1, 'first');
      const seen = await expectRuns(subject, subject.releases.good1);
      assert.equal(seen.verified?.promotion, 'first');
      same(wanted({ services: seen.verified?.services ?? [] }), wanted(subject.releases.good1));
      same(seen.drift, []);
    },
  },
  {
    id: 'deployer.current.3',
    title: 'before the second release the first is the one to return to',
    spec: 'R68',
    run: async (subject) => {
      await deploy(subject, subject.releases.good1, 'first');
      const { previous } = await state(subject, subject.releases.good2);
      same(wanted({ services: previous?.services ?? [] }), wanted(subject.releases.good1));
    },
  },
  {
    id: 'deployer.current.4',
    title: 'the release that runs already is never its own previous one',
    spec: 'R68',
    run: async (subject) => {
      await deploy(subject, subject.releases.good1, 'first');
      assert.equal((await state(subject, subject.releases.good1)).previous, undefined);
      await deploy(subject, subject.releases.good2, 'second');
      const { previous } = await state(subject, subject.releases.good2);
      same(wanted({ services: previous?.services ?? [] }), wanted(subject.releases.good1));
    },
  },
  {
    id: 'deployer.current.5',
    title: 'in the middle of a deployment the previous release is still the one before it',
    spec: 'R68, G21',
    run: async (subject) => {
      await deploy(subject, subject.releases.good1, 'first');
      await locked(subject, claim('second'), async (by) => {
        await bringUp(subject, subject.releases.good2, by);
        const seen = await state(subject, subject.releases.good2);
        same(running(seen), wanted(subject.releases.good2));
        same(wanted({ services: seen.previous?.services ?? [] }), wanted(subject.releases.good1));
        assert.equal(seen.verified?.promotion, 'first');
      });
    },
  },
];
