/**
 * What all fakes share: a list of the calls, faults that a test scripts for a method, and hooks before a call.
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { err, ResultAsync, type Result } from '../result.js';

/** A fault that a test scripts. By default it meets the next call of the method, once. */
export interface ScriptedFault<E, C> {
  /** What the call answers. Left out: the call hangs until its signal fires, and then answers `interrupted`. */
  readonly error?: E;
  /** How many calls it meets. Default: 1. */
  readonly times?: number;
  /** The first call that it meets, counted from now. Default: 1, the next one. */
  readonly nth?: number;
  /** Only calls of which this is true are counted and met. */
  readonly when?: (call: C) => boolean;
  /** The call does its work, and only the answer is lost. Default: false. */
  readonly applied?: boolean;
}

/** Runs before a call does anything. What it throws, the call throws: that is how a test lets a process die. */
export type ScriptedHook<C> = (call: C) => void | Promise<void>;

export interface Scripted<M extends string, E, C> {
  /** Every call so far, also those that failed. */
  readonly calls: readonly C[];
  /** How often a method was called. */
  count(method: M): number;
  /** Scripts a fault. Several for one method are met in the order in which they were scripted. */
  fail(method: M, fault: ScriptedFault<E, C>): void;
  /** Adds a hook before a method. */
  before(method: M, hook: ScriptedHook<C>): void;
}

export interface Script<M extends string, E, C extends { readonly method: M }> extends Scripted<M, E, C> {
  /** Performs one call of a fake: notes it, runs the hooks, and lets the scripted fault or the work answer. */
  run<T>(call: C, signal: AbortSignal, work: () => Result<T, E> | PromiseLike<Result<T, E>>): ResultAsync<T, E>;
}

export function createScript<M extends string, E, C extends { readonly method: M }>(): Script<M, E | DavitError<'interrupted'>, C> {
  type Failure = E | DavitError<'interrupted'>;
  const calls: C[] = [];
  const hooks: { readonly method: M; readonly hook: ScriptedHook<C> }[] = [];
  const faults: { readonly method: M; readonly fault: ScriptedFault<Failure, C>; left: number; wait: number }[] = [];

  const meet = (call: C): ScriptedFault<Failure, C> | undefined => {
    const candidates = faults.filter((entry) => entry.method === call.method && entry.left > 0 && (entry.fault.when?.(call) ?? true));
    for (const entry of candidates) {
      if (entry.wait > 0) {
        entry.wait -= 1;
        continue;
      }
      entry.left -= 1;
      return entry.fault;
    }
    return undefined;
  };
  const interrupted = (call: C): Result<never, Failure> => err(failure('interrupted', `${call.method} was interrupted`));

  async function perform<T>(call: C, signal: AbortSignal, work: () => Result<T, Failure> | PromiseLike<Result<T, Failure>>): Promise<Result<T, Failure>> {
    calls.push(call);
    for (const { method, hook } of [...hooks]) if (method === call.method) await hook(call);
    if (signal.aborted) return interrupted(call);
    const fault = meet(call);
    if (fault !== undefined && fault.applied !== true) return answer(fault, call, signal);
    const result = await work();
    return fault === undefined ? result : answer(fault, call, signal);
  }

  async function answer(fault: ScriptedFault<Failure, C>, call: C, signal: AbortSignal): Promise<Result<never, Failure>> {
    if (fault.error !== undefined) return err(fault.error);
    if (!signal.aborted) await new Promise<void>((resolve) => { signal.addEventListener('abort', () => { resolve(); }, { once: true }); });
    return interrupted(call);
  }

  return {
    calls,
    count: (method) => calls.filter((call) => call.method === method).length,
    fail: (method, fault) => void faults.push({ method, fault, left: fault.times ?? 1, wait: (fault.nth ?? 1) - 1 }),
    before: (method, hook) => void hooks.push({ method, hook }),
    run: (call, signal, work) => new ResultAsync(perform(call, signal, work)),
  };
}
