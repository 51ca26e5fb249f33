/**
 * How the cases drive a deployer: in core's order, with core's claims.
 * @module
 */
import assert from 'node:assert/strict';
import type { Call, DeployerError, HostCall, HostChange, HostClaim, HostRelease, HostState, Result, ResultAsync } from '@davit/core';
import type { DeployerSubject } from './subject.js';

export const call = (): Call => ({ signal: new AbortController().signal });
export const under = (claim: HostClaim): HostCall => ({ ...call(), claim });
export const claim = (promotion: string, fence = 1): HostClaim => ({ promotion, environment: 'production', fence });

/** The value of a result that has to be good; its error's code and message fail the case otherwise. */
export async function must<T>(result: ResultAsync<T, DeployerError> | Promise<Result<T, DeployerError>>): Promise<T> {
  const settled = await result;
  if (settled.isErr()) throw new Error(`${settled.error.code}: ${settled.error.message}\n${settled.error.evidence ?? ''}`);
  return settled.value;
}

/** The error of a result that has to be one. */
export async function refused<T, E extends DeployerError>(result: ResultAsync<T, E>): Promise<E> {
  const settled = await result;
  if (settled.isOk()) throw new Error(`expected an error, got ${JSON.stringify(settled.value)}`);
  return settled.error;
}

export const state = (subject: DeployerSubject, release: HostRelease): Promise<HostState> => must(subject.deployer.current(subject.host, release, call()));

/** Fails where two values differ. A field that is undefined is one that is not there. */
export const same = (actual: unknown, expected: unknown): void => assert.deepEqual(plain(actual), plain(expected));
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/** What runs, by service. */
export const running = (of: HostState): Record<string, string | undefined> => Object.fromEntries(of.services.map(({ service, image }) => [service, image]));
export const wanted = (release: HostRelease): Record<string, string> => Object.fromEntries(release.services.map(({ service, image }) => [service, image]));
export const names = (release: HostRelease): readonly string[] => release.services.map(({ service }) => service);

/** The same services with images that no registry has. */
export const absent = (release: HostRelease): HostRelease => ({
  services: release.services.map(({ service, image }) => ({ service, image: image.replace(/@.*$/, `@sha256:${'0'.repeat(64)}`) })),
});

/** Holds the lock while `work` runs. */
export async function locked<T>(subject: DeployerSubject, by: HostClaim, work: (host: HostCall) => Promise<T>): Promise<T> {
  const lock = await must(subject.deployer.lock(subject.host, under(by)));
  try {
    return await work(under(by));
  } finally {
    await lock.release();
  }
}

export interface Deployed {
  readonly pull: HostChange;
  readonly pin: HostChange;
  readonly restart: HostChange;
}

/** Pull, pin and restart, in this order, under a lock that is held already. */
export async function bringUp({ deployer, host, credentials }: DeployerSubject, release: HostRelease, by: HostCall): Promise<Deployed> {
  const pull = await must(deployer.pull(host, release, credentials ?? [], by));
  const pin = await must(deployer.pin(host, release, by));
  const restart = await must(deployer.restart(host, release, by));
  return { pull, pin, restart };
}

/** Waits for health, proves and commits. */
export async function settle({ deployer, host }: DeployerSubject, release: HostRelease, by: HostCall): Promise<HostChange> {
  await must(deployer.health(host, release, by));
  await must(deployer.proof(host, release, by));
  return must(deployer.commit(host, release, by));
}

/** A whole deployment that succeeds. */
export const deploy = (subject: DeployerSubject, release: HostRelease, promotion: string): Promise<Deployed> =>
  locked(subject, claim(promotion), async (by) => {
    const deployed = await bringUp(subject, release, by);
    await settle(subject, release, by);
    return deployed;
  });

/** Every service runs, and the image of `release`. */
export async function expectRuns(subject: DeployerSubject, release: HostRelease): Promise<HostState> {
  const seen = await state(subject, release);
  same(running(seen), wanted(release));
  same(seen.services.map((service) => service.state), release.services.map(() => 'running'));
  return seen;
}
