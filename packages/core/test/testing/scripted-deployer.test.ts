import { describe, expect, it } from 'vitest';
import { failure, type Call, type HostCall, type HostRelease } from '@davit/core';
import { scriptedDeployer, type ScriptedDeployer } from '@davit/core/testing';

const call: Call = { signal: new AbortController().signal };
const claim = (promotion = 'p1', fence = 1): HostCall => ({ ...call, claim: { promotion, environment: 'production', fence } });
const release = (version: string, services = ['web', 'worker']): HostRelease => ({ services: services.map((service) => ({ service, image: `registry.example.com/${service}@sha256:${version}` })) });
const v1 = release('1');
const v2 = release('2');

async function deploy(deployer: ScriptedDeployer, host: string, wanted: HostRelease, by = claim()): Promise<string> {
  for (const step of [
    () => deployer.lock(host, by).map(() => undefined),
    () => deployer.pull(host, wanted, [], by).map(() => undefined),
    () => deployer.pin(host, wanted, by).map(() => undefined),
    () => deployer.restart(host, wanted, by).map(() => undefined),
    () => deployer.health(host, wanted, by).map(() => undefined),
    () => deployer.proof(host, wanted, by).map(() => undefined),
    () => deployer.commit(host, wanted, by).map(() => undefined),
  ]) {
    const result = await step();
    if (result.isErr()) return result.error.code;
  }
  return 'done';
}

describe('scriptedDeployer', () => {
  it('deploys, and knows what it would return to', async () => {
    const deployer = scriptedDeployer({ hosts: { a: v1 } });
    expect((await deployer.current('a', v2, call))._unsafeUnwrap()).toMatchObject({ previous: v1, services: [{ service: 'web', state: 'running' }, { service: 'worker' }], drift: [] });
    expect(await deploy(deployer, 'a', v2)).toBe('done');
    expect((await deployer.current('a', v2, call))._unsafeUnwrap()).toMatchObject({ previous: v1, verified: { services: v2.services, promotion: 'p1' } });
    expect(deployer.host('a').ledger).toEqual([{ promotion: 'p1', release: v2 }]);
    expect(deployer.effects.map(({ method }) => method)).toEqual(['pull', 'pin', 'restart', 'commit']);
    expect(deployer.effects.every(({ locked }) => locked)).toBe(true);
  });

  it('has no effect twice: every call looks first', async () => {
    const deployer = scriptedDeployer({ hosts: { a: v1 } });
    await deploy(deployer, 'a', v2);
    const once = deployer.effects.length;
    expect(await deploy(deployer, 'a', v2)).toBe('done');
    expect(deployer.effects).toHaveLength(once);
  });

  it('warns where there is nothing to roll back to', async () => {
    const deployer = scriptedDeployer({ hosts: { a: null } });
    expect((await deployer.preflight('a', v2, call))._unsafeUnwrap().warnings).toEqual(['a has no release to roll back to']);
    expect((await deployer.current('a', v2, call))._unsafeUnwrap().previous).toBeUndefined();
  });

  it.each([
    ['pull', 'pull_failed'],
    ['start', 'start_failed'],
    ['health', 'service_unhealthy'],
    ['proof', 'digest_not_running'],
  ] as const)('lets an image fail at %s', async (fault, code) => {
    const deployer = scriptedDeployer({ hosts: { a: v1, b: v1 } });
    deployer.breakImage('worker@sha256:2', fault, 'b');
    expect(await deploy(deployer, 'a', v2)).toBe('done');
    expect(await deploy(deployer, 'b', v2)).toBe(code);
  });

  it('says after a failed start that the host was changed, and after a refused pull that it was not', async () => {
    const deployer = scriptedDeployer({ hosts: { a: v1 } });
    deployer.breakImage('web@sha256:2', 'start');
    void (await deployer.pull('a', v2, [], claim()));
    expect((await deployer.restart('a', v2, claim()))._unsafeUnwrapErr()).toMatchObject({ code: 'start_failed', changed: true });
    const other = scriptedDeployer({ hosts: { a: v1 } });
    other.breakImage('web@sha256:2', 'pull');
    expect((await other.pull('a', v2, [], claim()))._unsafeUnwrapErr()).toMatchObject({ code: 'pull_failed', changed: false });
  });

  it('refuses a fence that is over, and lets a higher one of the same promotion in', async () => {
    const deployer = scriptedDeployer({ hosts: { a: v1 } });
    void (await deployer.lock('a', claim('p1', 1)));
    expect((await deployer.lock('a', claim('p1', 2))).isOk()).toBe(true);
    expect((await deployer.pin('a', v2, claim('p1', 1)))._unsafeUnwrapErr()).toMatchObject({ code: 'host_fenced', changed: false });
    expect(deployer.host('a').pin).toEqual(v1);
    expect((await deployer.lock('a', claim('p2', 9)))._unsafeUnwrapErr()).toMatchObject({ code: 'host_locked', holder: 'p1' });
  });

  it('keeps a lock that was taken over when its former holder gives it back, and loses it with the process', async () => {
    const deployer = scriptedDeployer({ hosts: { a: v1 } });
    const first = (await deployer.lock('a', claim('p1', 1)))._unsafeUnwrap();
    void (await deployer.lock('a', claim('p1', 2)));
    await first.release();
    expect(deployer.host('a').lock).toEqual({ promotion: 'p1', fence: 2 });
    deployer.processDied();
    expect((await deployer.lock('a', claim('p2', 1))).isOk()).toBe(true);
  });

  it('stops these services and no others, and names survivors', async () => {
    const deployer = scriptedDeployer({ hosts: { a: release('1', ['web', 'worker', 'database']) } });
    deployer.makeStubborn('worker');
    expect((await deployer.stop('a', ['web', 'worker'], claim()))._unsafeUnwrap().survivors).toEqual(['worker']);
    expect((await deployer.forceStop('a', ['worker'], claim()))._unsafeUnwrap().survivors).toEqual([]);
    expect([...deployer.host('a').running].map(([service, { state }]) => [service, state])).toEqual([['web', 'stopped'], ['worker', 'stopped'], ['database', 'running']]);
  });

  it('fails as scripted by method, host and number of the call', async () => {
    const deployer = scriptedDeployer({ hosts: { a: v1, b: v1 } });
    const lost = { ...failure('host_connection_lost', 'lost', { retryable: true }), changed: true };
    deployer.fail('pin', { error: lost, when: ({ host }) => host === 'b', nth: 2, applied: true });
    expect((await deployer.pin('b', v2, claim())).isOk()).toBe(true);
    expect((await deployer.pin('a', v2, claim())).isOk()).toBe(true);
    expect((await deployer.pin('b', v1, claim()))._unsafeUnwrapErr()).toBe(lost);
    expect(deployer.host('b').pin).toEqual(v1);
  });

  it('returns: after a rollback the earlier release is the verified one', async () => {
    const deployer = scriptedDeployer({ hosts: { a: v1 } });
    await deploy(deployer, 'a', v2);
    deployer.processDied();
    expect(await deploy(deployer, 'a', v1, claim('p2'))).toBe('done');
    expect(deployer.host('a')).toMatchObject({ verified: { services: v1.services, promotion: 'p2' }, previous: null });
  });

  it('tells of drift between the ledger and what runs', async () => {
    const deployer = scriptedDeployer({ hosts: { a: v1 } });
    deployer.host('a').running.set('web', { image: 'something:else', state: 'running' });
    expect((await deployer.current('a', v2, call))._unsafeUnwrap().drift).toEqual(['web does not run registry.example.com/web@sha256:1, which the ledger names']);
  });
});
