/**
 * The ports that change something, behind a question that is asked before each call: may this process still act?
 *
 * A step can outlive its right to act: the process was stopped for longer than its lease, or the step was told to end
 * and goes on all the same. Hosts refuse an old fence by themselves; registries cannot, so it is asked here.
 * @module
 */
import type { DavitError } from '../errors/index.js';
import type { Call, Deployer, ImageTarget } from '../ports/index.js';
import { err, ResultAsync, type Result } from '../result.js';
import type { Environment } from '../steps/index.js';

/** The answer, given the signal of the step that wants to act. */
export type MayAct = (signal: AbortSignal) => Promise<Result<void, DavitError<'interrupted'>>>;

const targetChanges: ReadonlySet<string> = new Set<keyof ImageTarget>(['mountBlob', 'writeBlob', 'writeManifest', 'tag']);
const hostChanges: ReadonlySet<string> = new Set<keyof Deployer>(['lock', 'pull', 'pin', 'restart', 'stop', 'forceStop', 'restorePin', 'commit']);

export function guardPorts(environment: Environment, mayAct: MayAct): Environment {
  return { ...environment, target: guard(environment.target, targetChanges, mayAct), deployer: guard(environment.deployer, hostChanges, mayAct) };
}

type Method = (...parameters: readonly unknown[]) => PromiseLike<Result<unknown, DavitError>>;

function guard<T extends object>(port: T, changes: ReadonlySet<string>, mayAct: MayAct): T {
  // Not around the port itself: of a frozen one a proxy may only give what is there.
  return new Proxy(Object.create(port) as T, {
    get: (_own, property): unknown => {
      const member: unknown = Reflect.get(port, property, port);
      if (typeof member !== 'function') return member;
      const method = (member as Method).bind(port);
      if (typeof property !== 'string' || !changes.has(property)) return method;
      return (...parameters: readonly unknown[]) => new ResultAsync(ask(mayAct, parameters.at(-1) as Call, () => method(...parameters)));
    },
  });
}

async function ask(mayAct: MayAct, { signal }: Call, act: () => PromiseLike<Result<unknown, DavitError>>): Promise<Result<unknown, DavitError>> {
  const may = await mayAct(signal);
  return may.isErr() ? err(may.error) : act();
}
