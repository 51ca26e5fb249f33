/**
 * One promotion at a time on this host, and of one promotion its latest driver.
 *
 * Each change of the lock is a file with the next number, made by compare-and-set; the newest one is the lock. It also
 * keeps the highest fence of each promotion, so that an older driver stays refused after the newer one has let go.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ok, type HostClaim, type HostFailure, type HostLock, type Result } from '@davit/core';
import { refuse } from './failures.js';
import { createJson, readJson } from './host-files.js';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';

interface LockState {
  readonly holder: { readonly promotion: string; readonly fence: number; readonly process: ProcessIdentity; readonly token: string } | null;
  /** Highest fence by promotion, the latest promotion last. */
  readonly fences: readonly (readonly [promotion: string, fence: number])[];
}

/** Promotions whose fences are remembered: more than can be at work at one time. */
const rememberedFences = 50;
/** Older files that stay: a listing that runs beside a change could miss the new file and a removed one. */
const keptFiles = 8;

export class HostLocks {
  readonly #directory: string;
  readonly #host: string;

  constructor(directory: string, host: string) {
    this.#directory = directory;
    this.#host = host;
  }

  async take(claim: HostClaim): Promise<Result<HostLock, HostFailure>> {
    const { promotion, fence } = claim;
    const token = randomUUID();
    const taken = await this.#change((state) => {
      const highest = fenceOf(state, promotion);
      if (fence < highest) return this.#fenced(claim, highest);
      const { holder } = state;
      if (holder !== null && holder.promotion !== promotion && isAlive(holder.process)) {
        return refuse('host_locked', `${this.#host} is locked by promotion ${holder.promotion} (process ${String(holder.process.pid)})`, { host: this.#host, holder: holder.promotion, promotion: holder.promotion, retryable: true, changed: false });
      }
      const ours = identify(process.pid) ?? { pid: process.pid, start: 'unknown' };
      return ok({ holder: { promotion, fence, process: ours, token }, fences: [...state.fences.filter(([other]) => other !== promotion), [promotion, fence] as const].slice(-rememberedFences) });
    });
    return taken.map(() => ({ release: () => this.#release(token) }));
  }

  /** Refuses who does not hold the lock, or holds it under a fence that is over. Asked right before each change. */
  async check(claim: HostClaim, changed: boolean): Promise<Result<void, HostFailure>> {
    const { state } = await this.#newest();
    const highest = fenceOf(state, claim.promotion);
    if (claim.fence < highest) return this.#fenced(claim, highest, changed);
    if (state.holder?.promotion === claim.promotion && state.holder.fence === claim.fence) return ok(undefined);
    return refuse('host_fenced', `${this.#host}: promotion ${claim.promotion} does not hold the lock${state.holder === null ? '' : `; ${state.holder.promotion} does`}`, { host: this.#host, promotion: claim.promotion, changed });
  }

  #fenced<T>(claim: HostClaim, highest: number, changed = false): Result<T, HostFailure> {
    return refuse('host_fenced', `${this.#host}: driver ${String(claim.fence)} of promotion ${claim.promotion} is over; ${String(highest)} is at work`, { host: this.#host, promotion: claim.promotion, expected: highest, actual: claim.fence, changed });
  }

  /** What somebody else took over is not ours to give back. */
  async #release(token: string): Promise<void> {
    void (await this.#change((state) => ok(state.holder?.token === token ? { ...state, holder: null } : state)));
  }

  async #change(decide: (state: LockState) => Result<LockState, HostFailure>): Promise<Result<void, HostFailure>> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    for (;;) {
      const { number, state } = await this.#newest();
      const decided = decide(state);
      if (decided.isErr() || decided.value === state) return decided.map(() => undefined);
      // Somebody was quicker: decide anew on what is true now.
      if (!(await createJson(this.#file(number + 1), decided.value))) continue;
      for (const old of await this.#numbers()) if (old < number - keptFiles) await rm(this.#file(old), { force: true });
      return ok(undefined);
    }
  }

  async #newest(): Promise<{ readonly number: number; readonly state: LockState }> {
    const number = Math.max(0, ...(await this.#numbers()));
    return { number, state: (await readJson<LockState>(this.#file(number))) ?? { holder: null, fences: [] } };
  }

  async #numbers(): Promise<readonly number[]> {
    const names = await readdir(this.#directory).catch(() => []);
    return names.flatMap((name) => (/^\d{8}\.json$/.test(name) ? [Number.parseInt(name, 10)] : []));
  }

  #file(number: number): string {
    return join(this.#directory, `${String(number).padStart(8, '0')}.json`);
  }
}

function fenceOf(state: LockState, promotion: string): number {
  return state.fences.find(([other]) => other === promotion)?.[1] ?? 0;
}
