/**
 * A process in the same program: a promoter whose every call to the outside goes through one gate. At the gate the process
 * can die (nothing it asked for is answered any more, and it asks for nothing more) or freeze (everything waits until it
 * is thawed), at any call, before it has an effect or after.
 * @module
 */
import { memoryStore } from '../../src/journal/memory-store.js';
import { createPromoter, type EnvironmentOptions, type Promoter } from '../../src/promoter/index.js';
import type { Clock, HostLock, PromotionStore } from '../../src/ports/index.js';
import { ResultAsync, type Result } from '../../src/result.js';
import type { World } from '../runner/world.js';

/** One call to the outside. */
export interface Moment {
  /** Counted from 1, for this process. */
  readonly number: number;
  /** `store.append`, `deployer.pin`, `target.tag`, … */
  readonly call: string;
  /** Whether it may change something there. */
  readonly changes: boolean;
  readonly parameters: readonly unknown[];
  /** The signal that came with the call. */
  readonly signal: AbortSignal | undefined;
}

/** Called before and after each call has had its effect. Before: what it returns is the answer, and the call is not made. */
export type AtMoment = (moment: Moment, when: 'before' | 'after', process: TestProcess) => unknown;

/** As long as no test sleeps through a heartbeat by accident: the brisk clock waits for nothing shorter. */
export const leaseMs = 15 * 60_000;

const changing = {
  store: ['create', 'append', 'acquireLease', 'renewLease', 'releaseLease'],
  target: ['mountBlob', 'writeBlob', 'writeManifest', 'tag'],
  deployer: ['lock', 'pull', 'pin', 'restart', 'stop', 'forceStop', 'restorePin', 'commit'],
  notifier: ['notify'],
} as const;

const reading = {
  store: ['read', 'list'],
  source: ['resolve', 'readManifest', 'readBlob', 'statBlob', 'listReferrers'],
  target: ['resolve', 'readManifest', 'readBlob', 'statBlob', 'listReferrers', 'pullCredentials'],
  deployer: ['hosts', 'preflight', 'current', 'health', 'proof'],
  tests: ['run'],
  probe: ['probe'],
  approval: ['requirement', 'evaluate'],
} as const;

const never = new Promise<never>(() => undefined);

export class TestProcess {
  readonly promoter: Promoter;
  readonly store: PromotionStore;
  /** Resolves when it dies. */
  readonly death: Promise<'dead'>;
  readonly #atMoment: AtMoment;
  #moments = 0;
  #fate: 'alive' | 'frozen' | 'dead' = 'alive';
  #die: () => void = () => undefined;
  #thaw: () => void = () => undefined;
  #thawed: Promise<void> = Promise.resolve();

  constructor(world: World, atMoment: AtMoment = () => undefined) {
    this.#atMoment = atMoment;
    this.death = new Promise((resolve) => (this.#die = () => { resolve('dead'); }));
    const { environment } = world;
    this.store = this.#store(memoryStore(world.state));
    this.promoter = createPromoter({ store: this.store, environments: { production: this.#environment(environment) }, clock: this.#clock(world.clock), leaseMs });
  }

  /** How many calls were begun so far. */
  get moments(): number {
    return this.#moments;
  }

  die(): void {
    this.#fate = 'dead';
    this.#die();
  }

  freeze(): void {
    this.#fate = 'frozen';
    this.#thawed = new Promise((resolve) => (this.#thaw = resolve));
  }

  thaw(): void {
    this.#fate = 'alive';
    this.#thaw();
  }

  /** Lets the living pass; the others wait here, some for ever. */
  async #gate(): Promise<void> {
    if (this.#fate === 'frozen') await this.#thawed;
    if (this.#fate === 'dead') await never;
  }

  async #call<T>(call: string, changes: boolean, parameters: readonly unknown[], act: () => PromiseLike<T>): Promise<T> {
    await this.#gate();
    const signal = (parameters.at(-1) as { readonly signal?: AbortSignal } | undefined)?.signal;
    const moment: Moment = { number: (this.#moments += 1), call, changes, parameters, signal };
    const instead = await this.#atMoment(moment, 'before', this);
    await this.#gate();
    if (instead !== undefined) return instead as T;
    const answer = await act();
    await this.#atMoment(moment, 'after', this);
    await this.#gate();
    return answer;
  }

  /** The port with these methods led through the gate; everything else is the port's own. */
  #through<T extends object>(name: string, port: T, writes: readonly string[], reads: readonly string[]): T {
    return new Proxy(port, {
      get: (target, property) => {
        const member: unknown = Reflect.get(target, property, target);
        if (typeof member !== 'function') return member;
        const method = String(property);
        if (!writes.includes(method) && !reads.includes(method)) return member.bind(target) as unknown;
        return (...parameters: unknown[]) =>
          new ResultAsync(this.#call(`${name}.${method}`, writes.includes(method), parameters, () => Reflect.apply(member, target, parameters) as PromiseLike<Result<unknown, unknown>>));
      },
    });
  }

  #store(inner: PromotionStore): PromotionStore {
    const gate = (): Promise<void> => this.#gate();
    return {
      ...this.#through('store', inner, changing.store, reading.store),
      async *follow(stream, fromSeq, signal) {
        for await (const record of inner.follow(stream, fromSeq, signal)) {
          await gate();
          yield record;
        }
      },
    };
  }

  #clock(inner: Clock): Clock {
    return {
      now: () => inner.now(),
      sleep: async (ms, signal) => {
        await this.#gate();
        await inner.sleep(ms, signal);
        await this.#gate();
      },
    };
  }

  #environment(environment: EnvironmentOptions): EnvironmentOptions {
    const { source, target, deployer, tests, endpoints = [], approval, notifiers = [] } = environment;
    const gated = this.#through('deployer', deployer, changing.deployer, reading.deployer);
    return {
      ...environment,
      source: this.#through('source', source, [], reading.source),
      target: this.#through('target', target, changing.target, reading.target),
      deployer: new Proxy(gated, {
        get: (of, property) => {
          if (property !== 'lock') return Reflect.get(of, property) as unknown;
          return (...parameters: Parameters<typeof of.lock>) => of.lock(...parameters).map((lock) => this.#lock(lock));
        },
      }),
      ...(tests !== undefined && 'run' in tests ? { tests: this.#through('tests', tests, [], reading.tests) } : {}),
      endpoints: endpoints.map((probe) => this.#through('probe', probe, [], reading.probe)),
      ...(approval !== undefined && 'evaluate' in approval ? { approval: this.#through('approval', approval, [], reading.approval) } : {}),
      notifiers: notifiers.map((notifier) => this.#through('notifier', notifier, changing.notifier, [])),
    };
  }

  #lock(lock: HostLock): HostLock {
    return { release: () => this.#call('deployer.unlock', true, [], () => lock.release()) };
  }
}
