/**
 * Main chart Y and chart 2: put the release on the hosts and prove it (R25–R27, R29–R32, R50–R66, G22).
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { asJson } from '../journal/record.js';
import type { Json, JsonObject } from '../json.js';
import type { HostChange, HostFailure, HostRelease, HostState, PullCredentials } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { allOf, eachInOrder } from './each.js';
import { probeEndpoints } from './endpoints.js';
import { hostReleaseOf, targetRepository } from './release.js';
import { failed, interrupted, passed, toldToStop, type Step, type StepContext, type StepReport } from './step.js';

const allHosts = (c: StepContext): readonly string[] => c.created.batches.flat();
export const batchHosts = (c: StepContext): readonly string[] => c.context.batches[c.context.batch] ?? [];
const wanted = (c: StepContext): HostRelease => hostReleaseOf(c.release);

/** Looks for a lock that is taken at 2, 4, 8, … 30 s; gives up after some five minutes (R25). */
const mostLockTurns = 14;
const lockWaitMs = (turn: number): number => Math.min(2_000 * 2 ** (turn - 1), 30_000);

export const triggerDeployment: Step = {
  id: 'deployment.trigger',
  perform: async (c) => {
    const locked = await eachInOrder(allHosts(c), (host) => c.hostCall(host));
    if (locked.failed !== undefined) {
      const { error } = locked.failed;
      if (error.code !== 'host_locked' || c.run.turn >= mostLockTurns) return failed(error);
      await c.note('note.warning', { step: 'deployment.trigger', message: `${error.message}; waiting for it` });
      return { result: 'deferred', wait: { for: 'hostLock', wakeAt: c.clock.now() + lockWaitMs(c.run.turn), deadline: null } };
    }
    // What a rollback needs is written down before anything is changed.
    const states = await eachInOrder(allHosts(c), (host) => c.environment.deployer.current(host, wanted(c), c.call));
    if (states.failed !== undefined) return failed(states.failed.error);
    const byHost = <T extends Json>(of: (state: HostState) => T): Record<string, T> => Object.fromEntries(states.done.map(({ of: host, value }) => [host, of(value)]));
    const ran = states.done.some(({ value }) => value.services.some(({ state }) => state !== 'absent'));
    const without = states.done.filter(({ value }) => value.previous === undefined).map(({ of: host }) => host);
    if (without.length > 0 && c.environment.requireRollbackTarget) {
      return failed(failure('previous_missing', `there is no previous image to return to on ${without.join(', ')}, and the environment asks for one`, { host: without[0] ?? '' }));
    }
    return passed({ ran, previous: byHost((state) => asJson({ release: state.previous ?? null })), runs: byHost((state) => asJson({ services: state.services, drift: state.drift })) });
  },
};

export const preflight: Step = {
  id: 'deployment.preflight',
  timeoutMs: 5 * 60_000,
  perform: async (c) => {
    const checked = await eachInOrder(allHosts(c), (host) => c.environment.deployer.preflight(host, wanted(c), c.call));
    const facts = Object.fromEntries(checked.done.map(({ of: host, value }) => [host, { warnings: [...value.warnings] }]));
    return checked.failed === undefined ? passed(facts) : failed(checked.failed.error, { facts, touched: [] });
  },
};

export const pull: Step = {
  id: 'deployment.pull',
  perform: async (c) => {
    const credentials = await pullCredentials(c);
    if (credentials.isErr()) return failed(credentials.error, { touched: [] });
    // On all hosts before any host is changed (G22).
    return onHosts(c, allHosts(c), (host, call) => c.environment.deployer.pull(host, wanted(c), credentials.value, call), { touches: false });
  },
};

/** Short-lived logins for the hosts, one a registry of the release. */
export function pullCredentials(c: StepContext): ResultAsync<readonly PullCredentials[], DavitError> {
  const ask = async (): Promise<Result<readonly PullCredentials[], DavitError>> => {
    const all: PullCredentials[] = [];
    const { target } = c.environment;
    for (const repository of c.release.map(targetRepository)) {
      if (all.some(({ registry }) => registry === repository.registry)) continue;
      const given = await target.pullCredentials?.(repository, c.call);
      if (given === undefined) continue;
      if (given.isErr()) return err(given.error);
      if (given.value !== null) all.push(given.value);
    }
    return ok(all);
  };
  return new ResultAsync(ask());
}

export const update: Step = {
  id: 'deployment.update',
  perform: (c) => onHosts(c, batchHosts(c), (host, call) => c.environment.deployer.pin(host, wanted(c), call), { touches: true }),
};

export const restart: Step = {
  id: 'deployment.restart',
  perform: (c) => onHosts(c, batchHosts(c), (host, call) => c.environment.deployer.restart(host, wanted(c), call), { touches: true }),
};

export const health: Step = {
  id: 'deployment.health',
  perform: (c) => onHosts(c, batchHosts(c), (host) => c.environment.deployer.health(host, wanted(c), c.call), { touches: false }),
};

export const endpoints: Step = {
  id: 'deployment.endpoints',
  perform: async (c) => {
    const digests = Object.fromEntries(c.release.map(({ name, digest }) => [name, digest]));
    const probed = await probeEndpoints(c, batchHosts(c), () => digests);
    return probed.isOk() ? passed(probed.value) : failed(probed.error);
  },
};

export const proof: Step = {
  id: 'deployment.proof',
  perform: (c) => onHosts(c, batchHosts(c), (host) => c.environment.deployer.proof(host, wanted(c), c.call), { touches: false }),
};

/** R31. The record of this step marks the digests as unhealthy here; later promotions of them are refused. */
export const markUnhealthy: Step = {
  id: 'deployment.markUnhealthy',
  perform: ({ context, release }) =>
    Promise.resolve(passed(asJson({ digests: release.map(({ digest }) => digest), hosts: context.batches[context.batch] ?? [], cause: context.cause?.code ?? null }))),
};

/** R32. The image is proven, so whatever fails here is a warning. */
export const complete: Step = {
  id: 'promotion.complete',
  perform: async (c) => {
    const committed = await allOf(allHosts(c), (host) => c.hostCall(host).andThen((call) => c.environment.deployer.commit(host, wanted(c), call)));
    // What was merely interrupted is done by whoever resumes; only what failed is a warning.
    if (toldToStop(c) && committed.failures.length > 0) return interrupted(c);
    for (const { of: host, error } of committed.failures) await c.note('note.warning', { step: 'promotion.complete', message: `${host}: what was proven could not be recorded on the host: ${error.message}`, error: asJson(error) });
    return passed({ hosts: committed.done.map(({ of: host }) => host), warnings: committed.failures.map(({ of: host, error }) => `${host}: ${error.message}`) });
  },
};

type HostWork = (host: string, call: Parameters<StepContext['environment']['deployer']['pin']>[2]) => ResultAsync<HostChange, HostFailure>;

/** One host after another; what each reports is noted as it is done, so that a crash in the middle loses nothing. */
export async function onHosts(c: StepContext, hosts: readonly string[], work: HostWork, { touches }: { readonly touches: boolean }): Promise<StepReport> {
  const facts: Record<string, JsonObject> = {};
  const touched: string[] = [];
  for (const host of hosts) {
    const call = await c.hostCall(host);
    if (call.isErr()) return failed(call.error, { facts, touched: touches && c.run.attempt > 1 ? hosts : touched });
    const result = await work(host, call.value);
    if (result.isErr()) {
      const { changed, ...error } = result.error;
      // Only a host that says it is as it was before counts as untouched.
      if (touches && changed !== false) touched.push(host);
      return failed({ ...error, host }, { facts, touched });
    }
    // After an interrupted attempt "nothing left to do" may mean that the earlier attempt did it.
    if (touches && (result.value.changed || c.run.attempt > 1)) touched.push(host);
    facts[host] = { changed: result.value.changed, ...result.value.facts };
    if (hosts.length > 1) await c.note('note.host', { host, step: c.run.step, facts: facts[host] });
  }
  return passed(facts, touches ? { touched } : {});
}
