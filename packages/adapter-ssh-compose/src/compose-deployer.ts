/**
 * A Deployer for Docker Compose projects over any kind of shell. The verbs are in `verbs/`, one a file.
 * @module
 */
import { ConfigurationError, err, ok, ResultAsync, type Closable, type Deployer, type DeployerError, type HoldsSecrets, type HostCall, type HostClaim, type HostLock, type Result } from '@davit/core';
import { lockScript } from './commands/lock.js';
import { manualCommands } from './commands/manual.js';
import { scriptFault } from './errors.js';
import { refusal } from './host/lease.js';
import type { Settled } from './options.js';
import { readReport } from './report.js';
import { isHeld, type Held, type Shell } from './shell.js';
import { commit } from './verbs/commit.js';
import type { HostContext } from './verbs/context.js';
import { current } from './verbs/current.js';
import { health } from './verbs/health.js';
import { pin, restorePin } from './verbs/pin.js';
import { preflight } from './verbs/preflight.js';
import { proof } from './verbs/proof.js';
import { pull } from './verbs/pull.js';
import { restart } from './verbs/restart.js';
import { forceStop, stop } from './verbs/stop.js';

export type ComposeDeployer = Deployer & Closable & HoldsSecrets;

/** How long taking the lock may take: an older driver's command is waited for, or ended. */
const lockTimeoutMs = 60_000;

const keyOf = ({ promotion, fence }: HostClaim): string => `${String(fence)} ${promotion}`;

/** One host, and the locks that this process holds there. */
function createHost(host: string, shell: Shell, settled: Settled, keepSecret: (secret: string) => void) {
  const locks = new Map<string, Held>();

  const take = async (claim: HostClaim, signal: AbortSignal): Promise<Result<Held, DeployerError>> => {
    const script = lockScript(settled.place, claim, new Date(settled.clock.now()).toISOString());
    const answer = await shell.hold(script, { signal, timeoutMs: lockTimeoutMs });
    if (answer.isErr()) return err(answer.error);
    if (isHeld(answer.value)) {
      locks.set(keyOf(claim), answer.value);
      return ok(answer.value);
    }
    const report = readReport(answer.value);
    return err(refusal(host, claim, report) ?? scriptFault(host, report, 'taking the lock'));
  };

  const context: HostContext = {
    host,
    shell,
    settled,
    keepSecret,
    hold: async (claim, signal) => {
      const one = locks.get(keyOf(claim));
      if (one === undefined || one.alive) return undefined;
      const again = await take(claim, signal);
      return again.isErr() ? again.error : undefined;
    },
  };

  const lock = async ({ claim, signal }: HostCall): Promise<Result<HostLock, DeployerError>> => {
    const taken = await take(claim, signal);
    return taken.map(() => ({
      release: async () => {
        // Not the one that was taken: it may have been taken anew after a lost connection.
        const one = locks.get(keyOf(claim));
        locks.delete(keyOf(claim));
        await one?.release();
      },
    }));
  };
  return { context, lock };
}

/** One host of a deployer. */
export interface ComposeHost {
  readonly name: string;
  readonly shell: Shell;
  readonly settled: Settled;
  /** The command with which a person gets there: `ssh deploy@app1`. Absent for this machine. */
  readonly login?: string;
}

/** Puts the verbs together. `hosts` in the order they are deployed to; `known` are secrets that the shells log in with. */
export function composeDeployer(name: string, hosts: readonly ComposeHost[], known: readonly string[]): ComposeDeployer {
  const secrets = new Set(known.filter((secret) => secret !== ''));
  const all = new Map(hosts.map((one) => [one.name, createHost(one.name, one.shell, one.settled, (secret) => void secrets.add(secret))]));
  const at = (host: string): { readonly context: HostContext; readonly lock: (call: HostCall) => Promise<Result<HostLock, DeployerError>> } => {
    const found = all.get(host);
    if (found === undefined) throw new ConfigurationError(`the deployer has no host ${JSON.stringify(host)}; it has ${[...all.keys()].join(', ')}`, { field: 'hosts' });
    return found;
  };
  const on = <T, E>(host: string, verb: (context: HostContext) => Promise<Result<T, E>>): ResultAsync<T, E> => new ResultAsync(verb(at(host).context));

  return {
    name,
    hosts: () => ResultAsync.fromSafePromise(Promise.resolve([...all.keys()])),
    preflight: (host, release, call) => on(host, (context) => preflight(context, release, call)),
    current: (host, release, call) => on(host, (context) => current(context, release, call)),
    lock: (host, call) => new ResultAsync(at(host).lock(call)),
    pull: (host, release, credentials, call) => on(host, (context) => pull(context, release, credentials, call)),
    pin: (host, release, call) => on(host, (context) => pin(context, release, call)),
    restart: (host, release, call) => on(host, (context) => restart(context, release, call)),
    health: (host, release, call) => on(host, (context) => health(context, release, call)),
    proof: (host, release, call) => on(host, (context) => proof(context, release, call)),
    stop: (host, services, call) => on(host, (context) => stop(context, services, call)),
    forceStop: (host, services, call) => on(host, (context) => forceStop(context, services, call)),
    restorePin: (host, previous, call) => on(host, (context) => restorePin(context, previous, call)),
    commit: (host, release, call) => on(host, (context) => commit(context, release, call)),
    manualCommands: (host, release) => manualCommands(at(host).context.settled.place, hosts.find((one) => one.name === host)?.login, release),
    close: async () => {
      await Promise.all(hosts.map(({ shell }) => shell.close()));
    },
    secrets: () => [...secrets],
  };
}
