/**
 * A Deployer over hosts in memory. Each host keeps what a real one does: images, the pin, what runs, the ledger, the lock
 * and the highest fence; so a run that was killed finds there what it left behind.
 * @module
 */
import { failure, type DeployerError } from '../errors/index.js';
import type { Deployer, HostCall, HostChange, HostClaim, HostFailure, HostLock, HostRelease, HostState, PullCredentials, ServiceState } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { createScript, type Scripted } from './script.js';

export type DeployerMethod = 'hosts' | 'preflight' | 'current' | 'lock' | 'pull' | 'pin' | 'restart' | 'health' | 'proof' | 'stop' | 'forceStop' | 'restorePin' | 'commit';

export interface DeployerCall {
  readonly method: DeployerMethod;
  /** Empty for `hosts`. */
  readonly host: string;
  readonly claim?: HostClaim;
  /** `service=image`, or the bare service where no image is asked for. */
  readonly services: readonly string[];
  /** The registries of the credentials that came with a pull. */
  readonly credentials?: readonly string[];
}

/** A call that changed a host. */
export interface DeployerEffect {
  readonly method: DeployerMethod;
  readonly host: string;
  readonly promotion: string;
  readonly fence: number;
  /** `host/method/services`: equal for the same effect, so a test can count doubles. */
  readonly key: string;
  /** Whether the promotion held the host's lock. */
  readonly locked: boolean;
}

/** What a host holds. Tests may read it and, before a run, set it. */
export interface ScriptedHost {
  /** What was asked to run in the project's configuration. */
  pin: HostRelease | null;
  readonly running: Map<string, { image: string; state: 'running' | 'unhealthy' | 'stopped' }>;
  /** Images that are on the host. */
  readonly images: Set<string>;
  /** What a rollback from the verified release would return to. */
  previous: HostRelease | null;
  verified: (HostRelease & { readonly promotion: string }) | null;
  /** Every commit, oldest first. */
  readonly ledger: { readonly promotion: string; readonly release: HostRelease }[];
  lock: { readonly promotion: string; readonly fence: number } | null;
  /** The highest fence seen, by promotion. */
  readonly fences: Map<string, number>;
}

/** How an image misbehaves, wherever it is deployed. */
export type ImageFault = 'pull' | 'start' | 'health' | 'proof';

export interface ScriptedDeployerOptions {
  /** Default: `scripted`. */
  readonly name?: string;
  /** The hosts in their order; each with the release that runs there verified, or null for a host where nothing runs. */
  readonly hosts: Readonly<Record<string, HostRelease | null>>;
}

export interface ScriptedDeployer extends Deployer, Scripted<DeployerMethod, HostFailure, DeployerCall> {
  readonly effects: readonly DeployerEffect[];
  host(name: string): ScriptedHost;
  /** Makes every image whose name contains `part` misbehave, on one host or on all. */
  breakImage(part: string, fault: ImageFault, host?: string): void;
  /** Services that do not stop when asked; with `alsoByForce` not even then. */
  makeStubborn(service: string, options?: { readonly alsoByForce?: boolean }): void;
  /** What the process held is gone, as after a kill: locks. */
  processDied(): void;
}

type Answer<T> = Result<T, HostFailure>;

const unchanged: HostChange = { changed: false };
const sameRelease = (a: HostRelease, b: HostRelease): boolean => a.services.length === b.services.length && a.services.every(({ service, image }) => b.services.some((other) => other.service === service && other.image === image));
const label = (release: HostRelease): readonly string[] => release.services.map(({ service, image }) => `${service}=${image}`);

export function scriptedDeployer(options: ScriptedDeployerOptions): ScriptedDeployer {
  const script = createScript<DeployerMethod, HostFailure, DeployerCall>();
  const effects: DeployerEffect[] = [];
  const broken: { readonly part: string; readonly fault: ImageFault; readonly host: string | undefined }[] = [];
  const stubborn = new Map<string, boolean>();
  const hosts = new Map(Object.entries(options.hosts).map(([name, release]) => [name, newHost(release)]));

  const hostOf = (name: string): ScriptedHost => {
    const found = hosts.get(name);
    if (found === undefined) throw new Error(`the scripted deployer has no host ${name}`);
    return found;
  };
  const isBroken = (image: string, fault: ImageFault, host: string): boolean => broken.some((entry) => entry.fault === fault && image.includes(entry.part) && (entry.host === undefined || entry.host === host));
  const fenced = (host: string, claim: HostClaim): DeployerError | undefined => {
    const highest = hostOf(host).fences.get(claim.promotion) ?? 0;
    if (claim.fence < highest) return failure('host_fenced', `${host}: fence ${String(claim.fence)} of ${claim.promotion} is over; ${String(highest)} is at work`, { host, promotion: claim.promotion, expected: highest, actual: claim.fence });
    hostOf(host).fences.set(claim.promotion, claim.fence);
    return undefined;
  };
  const effect = (method: DeployerMethod, host: string, { claim }: HostCall, services: readonly string[]): void => {
    const { lock } = hostOf(host);
    effects.push({ method, host, promotion: claim.promotion, fence: claim.fence, key: `${host}/${method}/${services.join(',')}`, locked: lock?.promotion === claim.promotion });
  };
  const reading = <T>(method: DeployerMethod, host: string, services: readonly string[], signal: AbortSignal, work: () => Answer<T>) => script.run<T>({ method, host, services }, signal, work);
  /** A call that may change the host: refused below the highest fence, and listed as an effect where it changed something. */
  const changing = (method: DeployerMethod, host: string, services: readonly string[], call: HostCall, work: (host: ScriptedHost) => Answer<HostChange>, facts: Partial<DeployerCall> = {}) =>
    script.run<HostChange>({ method, host, services, claim: call.claim, ...facts }, call.signal, () => {
      const refused = fenced(host, call.claim);
      if (refused !== undefined) return err({ ...refused, changed: false });
      const result = work(hostOf(host));
      if (result.isOk() ? result.value.changed : result.error.changed !== false) effect(method, host, call, services);
      return result;
    });
  const stopping = (method: 'stop' | 'forceStop', host: string, services: readonly string[], call: HostCall) =>
    script.run<{ readonly survivors: readonly string[] }>({ method, host, services, claim: call.claim }, call.signal, () => {
      const refused = fenced(host, call.claim);
      if (refused !== undefined) return err({ ...refused, changed: false });
      const { running } = hostOf(host);
      const survivors: string[] = [];
      let changed = false;
      for (const service of services) {
        const container = running.get(service);
        if (container === undefined || container.state === 'stopped') continue;
        if (method === 'stop' ? stubborn.has(service) : stubborn.get(service) === true) {
          survivors.push(service);
          continue;
        }
        running.set(service, { ...container, state: 'stopped' });
        changed = true;
      }
      if (changed) effect(method, host, call, services);
      return ok({ survivors });
    });

  return {
    name: options.name ?? 'scripted',
    effects,
    calls: script.calls,
    count: script.count,
    fail: script.fail,
    before: script.before,
    host: hostOf,
    breakImage: (part, fault, host) => void broken.push({ part, fault, host }),
    makeStubborn: (service, { alsoByForce = false } = {}) => void stubborn.set(service, alsoByForce),
    processDied: () => {
      for (const host of hosts.values()) host.lock = null;
    },

    hosts: ({ signal }) => script.run({ method: 'hosts', host: '', services: [] }, signal, () => ok([...hosts.keys()])),
    preflight: (host, release, { signal }) =>
      reading('preflight', host, label(release), signal, () => {
        const state = hostOf(host);
        return ok({ warnings: rollbackTarget(state, release) === undefined ? [`${host} has no release to roll back to`] : [] });
      }),
    current: (host, release, { signal }) => reading<HostState>('current', host, label(release), signal, () => ok(stateOf(hostOf(host), release))),
    lock: (host, call) =>
      script.run<HostLock>({ method: 'lock', host, services: [], claim: call.claim }, call.signal, () => {
        const refused = fenced(host, call.claim);
        if (refused !== undefined) return err(refused);
        const state = hostOf(host);
        const { promotion, fence } = call.claim;
        if (state.lock !== null && state.lock.promotion !== promotion) return err(failure('host_locked', `${host} is locked by ${state.lock.promotion}`, { host, holder: state.lock.promotion, retryable: true }));
        const taken = { promotion, fence };
        state.lock = taken;
        return ok({
          release: () => {
            if (state.lock === taken) state.lock = null;
            return Promise.resolve();
          },
        });
      }),
    pull: (host, release, credentials: readonly PullCredentials[], call) =>
      changing(
        'pull', host, label(release), call,
        (state) => {
          const missing = release.services.map(({ image }) => image).filter((image) => !state.images.has(image));
          const refused = missing.find((image) => isBroken(image, 'pull', host));
          if (refused !== undefined) return err({ ...failure('pull_failed', `${host} cannot pull ${refused}`, { host }), changed: false });
          for (const image of missing) state.images.add(image);
          return ok({ changed: missing.length > 0 });
        },
        { credentials: credentials.map(({ registry }) => registry) },
      ),
    pin: (host, release, call) => changing('pin', host, label(release), call, (state) => setPin(state, release)),
    restart: (host, release, call) =>
      changing('restart', host, label(release), call, (state) => {
        let changed = false;
        for (const { service, image } of release.services) {
          const container = state.running.get(service);
          if (container?.image === image && container.state !== 'stopped') continue;
          if (!state.images.has(image)) return err({ ...failure('start_failed', `${host}: ${service}: ${image} is not on the host`, { host, service }), changed });
          const starts = !isBroken(image, 'start', host);
          state.running.set(service, { image, state: starts ? (isBroken(image, 'health', host) ? 'unhealthy' : 'running') : 'stopped' });
          changed = true;
          if (!starts) return err({ ...failure('start_failed', `${host}: ${service} did not start with ${image}`, { host, service }), changed });
        }
        return ok({ changed });
      }),
    health: (host, release, { signal }) =>
      reading('health', host, label(release), signal, () => {
        const { running } = hostOf(host);
        const ill = release.services.find(({ service }) => running.get(service)?.state !== 'running');
        return ill === undefined ? ok(unchanged) : err(failure('service_unhealthy', `${host}: ${ill.service} is not healthy`, { host, service: ill.service }));
      }),
    proof: (host, release, { signal }) =>
      reading('proof', host, label(release), signal, () => {
        const { running } = hostOf(host);
        const wrong = release.services.find(({ service, image }) => running.get(service)?.image !== image || isBroken(image, 'proof', host));
        return wrong === undefined ? ok(unchanged) : err(failure('digest_not_running', `${host}: ${wrong.service} does not run ${wrong.image}`, { host, service: wrong.service }));
      }),
    stop: (host, services, call) => stopping('stop', host, services, call),
    forceStop: (host, services, call) => stopping('forceStop', host, services, call),
    restorePin: (host, previous, call) => changing('restorePin', host, label(previous), call, (state) => setPin(state, previous)),
    manualCommands: (host, release) => [`# on ${host}`, ...release.services.map(({ service, image }) => `start ${service} ${image}`)],
    commit: (host, release, call) =>
      changing('commit', host, label(release), call, (state) => {
        const { promotion } = call.claim;
        if (state.verified?.promotion === promotion && sameRelease(state.verified, release)) return ok(unchanged);
        if (state.previous !== null && sameRelease(state.previous, release)) state.previous = null;
        else if (state.verified !== null && !sameRelease(state.verified, release)) state.previous = { services: state.verified.services };
        state.verified = { services: release.services, promotion };
        state.ledger.push({ promotion, release });
        return ok({ changed: true });
      }),
  };
}

function newHost(release: HostRelease | null): ScriptedHost {
  const services = release?.services ?? [];
  return {
    pin: release,
    running: new Map(services.map(({ service, image }) => [service, { image, state: 'running' as const }])),
    images: new Set(services.map(({ image }) => image)),
    previous: null,
    verified: release === null ? null : { services, promotion: 'before' },
    ledger: [],
    lock: null,
    fences: new Map(),
  };
}

function setPin(state: ScriptedHost, release: HostRelease): Answer<HostChange> {
  if (state.pin !== null && sameRelease(state.pin, release)) return ok(unchanged);
  state.pin = release;
  return ok({ changed: true });
}

/** The last verified release, else the one before it, else what runs; never the one that is being promoted. */
function rollbackTarget(state: ScriptedHost, release: HostRelease): HostRelease | undefined {
  const running: HostRelease = { services: [...state.running].map(([service, { image }]) => ({ service, image })) };
  return [state.verified, state.previous, running].find((candidate): candidate is HostRelease => candidate !== null && candidate.services.length > 0 && !sameRelease(candidate, release));
}

function stateOf(state: ScriptedHost, release: HostRelease): HostState {
  const services = release.services.map(({ service }): ServiceState => {
    const container = state.running.get(service);
    return container === undefined ? { service, state: 'absent' } : { service, image: container.image, state: container.state };
  });
  const target = rollbackTarget(state, release);
  const drift = (state.verified?.services ?? []).filter(({ service, image }) => state.running.get(service)?.image !== image).map(({ service, image }) => `${service} does not run ${image}, which the ledger names`);
  return { services, ...(target === undefined ? {} : { previous: { services: target.services } }), ...(state.verified === null ? {} : { verified: state.verified }), drift };
}
