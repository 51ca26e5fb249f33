/**
 * The deployer: Davit's port on one side, this machine on the other.
 * @module
 */
import { err, ok, ResultAsync, type Call, type Deployer, type HostFailure, type Result } from '@davit/core';
import { fileFailure, interrupted, refuse } from './failures.js';
import { settingsOf, type ProcessDeployerOptions } from './options.js';
import { ProcessHost } from './process-host.js';

/**
 * Runs the Node applications of images as processes of this machine.
 * @example processDeployer({ directory: './production', registry: dockerRegistry(), services: { web: { port: 8080, healthPath: '/up' } } })
 * @throws ConfigurationError where an option is wrong.
 */
export function processDeployer(options: ProcessDeployerOptions): Deployer {
  const settings = settingsOf(options);
  const ours = settings.host;
  const machine = new ProcessHost(settings);

  /** What every call has in common: another host, a signal that has fired, and a file system that refuses. */
  const on = <T>(host: string, { signal }: Call, work: () => Promise<Result<T, HostFailure>>): ResultAsync<T, HostFailure> => {
    const guarded = async (): Promise<Result<T, HostFailure>> => {
      if (host !== ours) return refuse('host_unreachable', `there is no host ${host}; this deployer has ${ours}`, { host, changed: false });
      if (signal.aborted) return interrupted(host, false);
      try {
        return await work();
      } catch (thrown) {
        const failed = fileFailure(thrown, host);
        if (failed === undefined) throw thrown;
        return err(failed);
      }
    };
    return new ResultAsync(guarded());
  };

  return {
    name: 'process',
    hosts: () => new ResultAsync(Promise.resolve(ok([ours]))),
    preflight: (host, release, call) => on(host, call, () => machine.preflight(release)),
    current: (host, release, call) => on(host, call, () => machine.current(release)),
    lock: (host, call) => on(host, call, () => machine.lock(call)),
    // The registry is given with its own login; the hosts' short-lived ones are not needed here.
    pull: (host, release, _credentials, call) => on(host, call, () => machine.pull(release, call)),
    pin: (host, release, call) => on(host, call, () => machine.pin(release, call)),
    restart: (host, release, call) => on(host, call, () => machine.restart(release, call)),
    health: (host, release, call) => on(host, call, () => machine.health(release, call)),
    proof: (host, release, call) => on(host, call, () => machine.proof(release)),
    stop: (host, services, call) => on(host, call, () => machine.stop(services, 'SIGTERM', call)),
    forceStop: (host, services, call) => on(host, call, () => machine.stop(services, 'SIGKILL', call)),
    // The pin is one file of images by service: to put the previous one back is to pin it.
    restorePin: (host, previous, call) => on(host, call, () => machine.pin(previous, call)),
    commit: (host, release, call) => on(host, call, () => machine.commit(release, call)),
  };
}
