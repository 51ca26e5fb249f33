/**
 * Cases of a deployer that only look: hosts, preflight, current.
 * @module
 */
import { expect } from 'vitest';
import type { ConformanceCase } from '../case.js';
import { bringUp, call, claim, deploy, expectRuns, locked, must, names, refused, running, state, wanted } from './drive.js';
import type { DeployerSubject } from './subject.js';

export const observeCases: readonly ConformanceCase<DeployerSubject>[] = [
  {
    id: 'deployer.hosts.1',
    title: 'the hosts are named, and asked again they are the same in the same order',
    run: async ({ deployer, host }) => {
      const hosts = await must(deployer.hosts(call()));
      expect(hosts).toContain(host);
      expect(await must(deployer.hosts(call()))).toEqual(hosts);
      expect(new Set(hosts).size).toBe(hosts.length);
    },
  },
  {
    id: 'deployer.preflight.1',
    title: 'a host that can take the release passes, and a missing rollback target is a warning only',
    spec: 'R50, G5',
    run: async ({ deployer, host, releases }) => {
      const { warnings } = await must(deployer.preflight(host, releases.good1, call()));
      expect(warnings.join('\n')).not.toBe('');
    },
  },
  {
    id: 'deployer.preflight.2',
    title: 'a service that does not exist is refused by its name',
    spec: 'R50',
    run: async ({ deployer, host, releases }) => {
      const [first] = releases.good1.services;
      const error = await refused(deployer.preflight(host, { services: [{ service: 'no-such-service', image: first?.image ?? '' }] }, call()));
      expect(error.code).toBe('service_unknown');
      expect(error.message).toContain('no-such-service');
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
      expect(await state(subject, subject.releases.good2)).toEqual(before);
    },
  },
  {
    id: 'deployer.current.1',
    title: 'where nothing runs every service is absent, and there is nothing to return to',
    spec: 'R68, R70',
    run: async (subject) => {
      const seen = await state(subject, subject.releases.good1);
      expect(seen.services).toEqual(names(subject.releases.good1).map((service) => ({ service, state: 'absent' })));
      expect(seen.previous).toBeUndefined();
      expect(seen.verified).toBeUndefined();
    },
  },
  {
    id: 'deployer.current.2',
    title: 'what was committed runs by its digest, and is the verified release with its promotion',
    spec: 'R66, R68',
    run: async (subject) => {
      await deploy(subject, subject.releases.good1, 'first');
      const seen = await expectRuns(subject, subject.releases.good1);
      expect(seen.verified?.promotion).toBe('first');
      expect(wanted({ services: seen.verified?.services ?? [] })).toEqual(wanted(subject.releases.good1));
      expect(seen.drift).toEqual([]);
    },
  },
  {
    id: 'deployer.current.3',
    title: 'before the second release the first is the one to return to',
    spec: 'R68',
    run: async (subject) => {
      await deploy(subject, subject.releases.good1, 'first');
      const { previous } = await state(subject, subject.releases.good2);
      expect(wanted({ services: previous?.services ?? [] })).toEqual(wanted(subject.releases.good1));
    },
  },
  {
    id: 'deployer.current.4',
    title: 'the release that runs already is never its own previous one',
    spec: 'R68',
    run: async (subject) => {
      await deploy(subject, subject.releases.good1, 'first');
      expect((await state(subject, subject.releases.good1)).previous).toBeUndefined();
      await deploy(subject, subject.releases.good2, 'second');
      const { previous } = await state(subject, subject.releases.good2);
      expect(wanted({ services: previous?.services ?? [] })).toEqual(wanted(subject.releases.good1));
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
        expect(running(seen)).toEqual(wanted(subject.releases.good2));
        expect(wanted({ services: seen.previous?.services ?? [] })).toEqual(wanted(subject.releases.good1));
        expect(seen.verified?.promotion).toBe('first');
      });
    },
  },
];
