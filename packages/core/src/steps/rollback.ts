/**
 * Main chart BB, HH, II and chart 3: back to the release before (R28, R33–R35, R67–R81).
 *
 * Unlike a deployment, a rollback goes on with the other hosts when one fails: each that can be saved is saved.
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { asJson } from '../journal/record.js';
import type { JsonObject } from '../json.js';
import type { HostCall, HostRelease } from '../ports/index.js';
import type { ResultAsync } from '../result.js';
import { pullCredentials } from './deployment.js';
import { allOf } from './each.js';
import { probeEndpoints } from './endpoints.js';
import type { ManualCommands } from './manual-commands.js';
import { pointTagsAt, putTagsBack } from './registry.js';
import { hostReleaseOf, servicesOf } from './release.js';
import { failed, interrupted, passed, toldToStop, type Step, type StepContext, type StepReport } from './step.js';

/** The hosts that are not as they were; for a rollback by hand, and to verify what was left alone, all of them. */
function scope(c: StepContext): readonly string[] {
  const { touched, suspect } = c.context;
  const changed = [...new Set([...touched, ...suspect])];
  return c.created.kind === 'rollback' || changed.length === 0 ? c.created.batches.flat() : changed;
}

/** What a host returns to: the release that was asked for, or the one before; where nothing was changed, what runs. */
function targetOn(c: StepContext, host: string): HostRelease | null {
  if (c.created.kind === 'rollback') return hostReleaseOf(c.release);
  const untouched = c.context.touched.length + c.context.suspect.length === 0;
  return (untouched ? c.runningOn(host) : null) ?? c.previousOn(host);
}

/** What should answer after the rollback: not what was promoted, but what is returned to. */
function digestsOn(c: StepContext, host: string): Readonly<Record<string, string>> {
  const services = targetOn(c, host)?.services ?? [];
  const imageOf = (names: readonly string[]): string | undefined => services.find(({ service }) => names.includes(service))?.image;
  return Object.fromEntries(c.release.flatMap(({ name, services: names }) => imageOf(names)?.split('@').slice(-1).map((digest) => [name, digest]) ?? []));
}

const hostsWithTarget = (c: StepContext): readonly { readonly host: string; readonly target: HostRelease }[] =>
  scope(c).flatMap((host) => {
    const target = targetOn(c, host);
    return target === null ? [] : [{ host, target }];
  });

/** What a person can type on each host, where the deployer knows it. */
function manualCommands(c: StepContext): ManualCommands | undefined {
  const { deployer } = c.environment;
  const commandsFor = deployer.manualCommands?.bind(deployer);
  return commandsFor && Object.fromEntries(hostsWithTarget(c).map(({ host, target }) => [host, commandsFor(host, target)]));
}

const triggered: Step = {
  id: 'rollback.trigger',
  perform: async (c) => {
    if (c.created.kind === 'rollback') {
      const held = await c.hold.take();
      if (held.isErr()) return failed(held.error);
    }
    return passed(
      asJson({
        cause: c.context.cause?.code ?? (c.context.cancel === null ? 'requested' : 'cancelled'),
        failing: c.created.kind === 'rollback' ? null : c.release.map(({ digest }) => digest),
        hosts: scope(c),
        targets: Object.fromEntries(scope(c).map((host) => [host, targetOn(c, host)])),
        // Known before anything can go wrong: whoever needs them has no working Davit to ask.
        manual: manualCommands(c),
      }),
    );
  },
};

const identifyTarget: Step = {
  id: 'rollback.target',
  perform: async (c) => {
    const withTarget = hostsWithTarget(c);
    const without = scope(c).filter((host) => !withTarget.some((one) => one.host === host));
    // Local, or pulled now, before anything is stopped (R69, G10).
    const credentials = await pullCredentials(c);
    // Without a login it can still be returned to what is on the host.
    const logins = credentials.isOk() ? credentials.value : [];
    const ready = await perHost(c, withTarget, (host, target, call) => c.environment.deployer.pull(host, target, logins, call).map(({ changed }) => ({ pulled: changed })));
    // A host that was not reached for want of time is no host without a target.
    if (toldToStop(c) && ready.failures.length > 0) return interrupted(c);
    const missing = [...without, ...ready.failures.map(({ of }) => of)];
    const facts = asJson({ targets: Object.fromEntries(ready.done.map(({ of: host }) => [host, targetOn(c, host)])), missing });
    if (ready.done.length > 0) return passed(facts);
    const why = ready.failures[0]?.error.message ?? 'nothing ran before this promotion';
    return failed(failure('previous_missing', `no host has a previous image to return to: ${why}`, { host: missing[0] ?? '' }), { facts });
  },
};

/** The hosts whose previous image is at hand, as `rollback.target` found them. */
function reachable(c: StepContext): readonly { readonly host: string; readonly target: HostRelease }[] {
  const missing = c.context.facts['rollback.target']?.['missing'];
  return hostsWithTarget(c).filter(({ host }) => !(Array.isArray(missing) && missing.includes(host)));
}

const stop: Step = {
  id: 'rollback.stop',
  perform: async (c) => stopping(c, (host, services, call) => c.environment.deployer.stop(host, services, call)),
};

const forceStop: Step = {
  id: 'rollback.forceStop',
  perform: async (c) => stopping(c, (host, services, call) => c.environment.deployer.forceStop(host, services, call)),
};

async function stopping(c: StepContext, how: (host: string, services: readonly string[], call: HostCall) => ResultAsync<{ readonly survivors: readonly string[] }, DavitError>): Promise<StepReport> {
  const stopped = await perHost(c, reachable(c), (host, target, call) => how(host, servicesOf(target), call));
  const facts = Object.fromEntries(stopped.done.map(({ of: host, value }) => [host, { survivors: [...value.survivors] }]));
  const alive = stopped.done.find(({ value }) => value.survivors.length > 0);
  if (stopped.failures[0] !== undefined) return failed(stopped.failures[0].error, { facts });
  if (alive !== undefined) return failed(failure('stop_failed', `${alive.of}: still running: ${alive.value.survivors.join(', ')}`, { host: alive.of, services: [...alive.value.survivors] }), { facts });
  return passed(facts);
}

const updateToPrevious: Step = {
  id: 'rollback.update',
  perform: (c) => changeEach(c, reachable(c), (host, target, call) => c.environment.deployer.restorePin(host, target, call)),
};

const restartPrevious: Step = {
  id: 'rollback.restart',
  perform: (c) => changeEach(c, reachable(c), (host, target, call) => c.environment.deployer.restart(host, target, call)),
};

const checkHealth: Step = {
  id: 'rollback.health',
  perform: async (c) => {
    const report = await changeEach(c, reachable(c), (host, target) => c.environment.deployer.health(host, target, c.call));
    if (report.result !== 'passed') return report;
    const probed = await probeEndpoints(c, scope(c), (host) => digestsOn(c, host));
    if (probed.isErr()) return failed(probed.error, { facts: report.facts });
    const missing = c.context.facts['rollback.target']?.['missing'];
    // The others are back; these are not, and nobody may read that as a rollback that is complete.
    if (Array.isArray(missing) && missing.length > 0) {
      return failed(failure('previous_missing', `rolled back, but not on ${missing.join(', ')}: there is no previous image there`, { host: String(missing[0]) }), { facts: report.facts });
    }
    return passed({ ...report.facts, ...probed.value, restarted: c.context.turns['rollback.restart'] !== undefined });
  },
};

const prove: Step = {
  id: 'rollback.proof',
  perform: (c) =>
    changeEach(c, reachable(c), (host, target, call) =>
      c.environment.deployer.proof(host, target, c.call).andThen((proven) => c.environment.deployer.commit(host, target, call).map(() => proven)),
    ),
};

const settleTags: Step = {
  id: 'rollback.tags',
  perform: async (c) => {
    if (c.created.kind === 'rollback') {
      if (c.context.outcome === 'no_rollback_target') return passed({ moved: [] });
      const past = await c.past();
      if (past.isErr()) return failed(past.error);
      const taken = past.value.promotions.find(({ id }) => id === c.created.rollbackOf);
      const damaged = past.value.unreadable.find(({ id }) => id === c.created.rollbackOf);
      if (damaged !== undefined) return failed(damaged.error);
      return pointTagsAt(c, taken?.release ?? []);
    }
    // Without a target the new containers stay for diagnosis (G5); their tags stay with them.
    if (!c.context.tagsTouched || c.context.outcome === 'no_rollback_target') return passed({ restored: [] });
    return putTagsBack(c);
  },
};

const log: Step = {
  id: 'rollback.log',
  perform: (c) =>
    Promise.resolve(
      passed(
        asJson({
          outcome: c.context.outcome,
          cause: c.context.cause,
          from: c.created.kind === 'rollback' ? null : c.release.map(({ name, digest }) => ({ name, digest })),
          to: Object.fromEntries(scope(c).map((host) => [host, targetOn(c, host)])),
          hosts: scope(c),
          touched: c.context.touched,
        }),
      ),
    ),
};

const notify: Step = {
  id: 'rollback.notify',
  perform: async (c) => {
    await c.deliver();
    return toldToStop(c) ? interrupted(c) : passed();
  },
};

type OnTarget<T> = (host: string, target: HostRelease, call: HostCall) => ResultAsync<T, DavitError>;

function perHost<T>(c: StepContext, hosts: readonly { readonly host: string; readonly target: HostRelease }[], work: OnTarget<T>) {
  const targets = new Map(hosts.map(({ host, target }) => [host, target]));
  return allOf([...targets.keys()], (host) => c.hostCall(host).andThen((call) => work(host, targets.get(host) as HostRelease, call)));
}

async function changeEach(c: StepContext, hosts: readonly { readonly host: string; readonly target: HostRelease }[], work: OnTarget<{ readonly changed: boolean; readonly facts?: JsonObject }>): Promise<StepReport> {
  const result = await perHost(c, hosts, work);
  const facts = Object.fromEntries(result.done.map(({ of: host, value }) => [host, { changed: value.changed, ...value.facts }]));
  const [first] = result.failures;
  // A rollback that was asked for changes hosts that no deployment of its own has touched.
  const touched = result.done.filter(({ value }) => value.changed).map(({ of: host }) => host);
  return first === undefined ? passed(facts, { touched }) : failed({ ...first.error, host: first.of }, { facts, touched });
}

export const rollbackSteps: readonly Step[] = [triggered, identifyTarget, stop, forceStop, updateToPrevious, restartPrevious, checkHealth, prove, settleTags, log, notify];
