/**
 * Hosts in files, for processes that come and go: what is pinned, what runs, what was verified, and the highest fence.
 * @module
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errAsync, failure, okAsync, type Deployer, type HostCall, type HostChange, type HostFailure, type HostRelease, type ResultAsync } from '@davit/core';
import { effect, reached } from './reached.js';

/** A host with one service. */
export interface HostFile {
  readonly pin: string | null;
  readonly running: string | null;
  readonly isUp: boolean;
  readonly images: readonly string[];
  readonly verified: string | null;
  readonly previous: string | null;
  readonly fence: number;
}

export function readHost(directory: string, host: string): HostFile {
  return JSON.parse(readFileSync(join(directory, `${host}.json`), 'utf8')) as HostFile;
}

export function writeHost(directory: string, host: string, state: HostFile): void {
  const path = join(directory, `${host}.json`);
  writeFileSync(`${path}.${String(process.pid)}`, JSON.stringify(state));
  renameSync(`${path}.${String(process.pid)}`, path);
}

const service = 'web';
const imageOf = ({ services: [first] }: HostRelease): string => first?.image ?? '';
const releaseOf = (image: string): HostRelease => ({ services: [{ service, image }] });

/** @param unhealthy An image that starts and is never healthy. */
export function fileHosts(directory: string, log: string, unhealthy: string | undefined): Deployer {
  const change = (host: string, what: string, { claim }: HostCall, next: (state: HostFile) => HostFile | HostFailure): ResultAsync<HostChange, HostFailure> => {
    reached('before', `fence ${what} ${host}`);
    const state = readHost(directory, host);
    if (claim.fence < state.fence) return errAsync({ ...failure('host_fenced', `${host}: fence ${String(claim.fence)} is over`, { host }), changed: false });
    const changed = next(state);
    if ('code' in changed) return errAsync(changed);
    if (JSON.stringify(changed) === JSON.stringify(state)) return okAsync({ changed: false });
    effect(log, `${what} ${host}`, () => { writeHost(directory, host, { ...changed, fence: claim.fence }); });
    return okAsync({ changed: true });
  };
  const stop = (what: string) => (host: string, _services: readonly string[], call: HostCall) => change(host, what, call, (state) => ({ ...state, isUp: false })).map(() => ({ survivors: [] }));
  const lack = (host: string, image: string): HostFailure => ({ ...failure('start_failed', `${host} has no ${image}`, { host }), changed: false });
  return {
    name: 'file-hosts',
    hosts: () => okAsync(['host-1']),
    preflight: () => okAsync({ warnings: [] }),
    current: (host, release) => {
      const { running, isUp, verified, previous } = readHost(directory, host);
      const target = [verified, previous, running].find((image) => image !== null && image !== imageOf(release));
      return okAsync({
        services: [running === null ? { service, state: 'absent' } : { service, image: running, state: isUp ? 'running' : 'stopped' }],
        ...(target == null ? {} : { previous: releaseOf(target) }),
        drift: [],
      });
    },
    lock: (host, { claim }) => {
      const state = readHost(directory, host);
      if (claim.fence < state.fence) return errAsync(failure('host_fenced', `${host}: fence ${String(claim.fence)} is over`, { host }));
      writeHost(directory, host, { ...state, fence: claim.fence });
      return okAsync({ release: () => Promise.resolve() });
    },
    pull: (host, release, _credentials, call) => change(host, `pull ${shortOf(release)}`, call, (state) => (state.images.includes(imageOf(release)) ? state : { ...state, images: [...state.images, imageOf(release)] })),
    pin: (host, release, call) => change(host, `pin ${shortOf(release)}`, call, (state) => ({ ...state, pin: imageOf(release) })),
    restorePin: (host, release, call) => change(host, `restorePin ${shortOf(release)}`, call, (state) => ({ ...state, pin: imageOf(release) })),
    restart: (host, release, call) => change(host, `restart ${shortOf(release)}`, call, (state) => (state.images.includes(imageOf(release)) ? { ...state, running: imageOf(release), isUp: true } : lack(host, imageOf(release)))),
    stop: stop('stop'),
    forceStop: stop('forceStop'),
    health: (host, release) => {
      const { running, isUp } = readHost(directory, host);
      return isUp && running === imageOf(release) && (unhealthy === undefined || !running.includes(unhealthy)) ? okAsync({ changed: false }) : errAsync(failure('service_unhealthy', `${host}: ${service} is not healthy`, { host, service }));
    },
    proof: (host, release) => (readHost(directory, host).running === imageOf(release) ? okAsync({ changed: false }) : errAsync(failure('digest_not_running', `${host}: another image runs`, { host, service }))),
    commit: (host, release, call) =>
      change(host, `commit ${shortOf(release)}`, call, (state) => (state.verified === imageOf(release) ? state : { ...state, verified: imageOf(release), previous: state.verified })),
  };
}

/** Six digits of the digest: enough to tell the images of a test apart. */
export const shortOf = (release: HostRelease): string => /sha256:([0-9a-f]{6})/.exec(imageOf(release))?.[1] ?? '';
