/**
 * Two registries, hosts, tests and a notifier in memory: everything that a promotion meets.
 */
import { parseRepository, type Digest, type Repository } from '../../src/image/index.js';
import { memoryStore, memoryStoreState, type MemoryStoreState } from '../../src/journal/memory-store.js';
import { createPromoter, type EnvironmentOptions, type Promoter } from '../../src/promoter/index.js';
import type { Clock, HostRelease, PromotionStore } from '../../src/ports/index.js';
import { buildImage, fixedApproval, memoryRegistry, recordingNotifier, scriptedDeployer, scriptedProbe, scriptedTests, type BuiltImage } from '../../src/testing/index.js';

export const stagingRepository = repository('staging.example/shop/web');
export const productionRepository = repository('production.example/shop/web');

function repository(text: string): Repository {
  return parseRepository(text)._unsafeUnwrap();
}

/** Time that waits for nobody: a back-off is over at once, and what only guards against hanging never comes. */
export function briskClock(): Clock & { jump(ms: number): void } {
  let now = Date.UTC(2026, 0, 1);
  return {
    now: () => now,
    jump: (ms) => void (now += ms),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true || ms < 5 * 60_000) {
          now += Math.max(ms, 0);
          resolve();
          return;
        }
        signal?.addEventListener('abort', () => { resolve(); }, { once: true });
      }),
  };
}

export interface WorldOptions {
  readonly approval?: boolean;
  readonly hosts?: readonly string[];
  /** What runs before; null: nothing does. */
  readonly running?: 'v1' | null;
  readonly environment?: Partial<EnvironmentOptions>;
}

export function newWorld(options: WorldOptions = {}) {
  const clock = briskClock();
  const staging = memoryRegistry({ name: 'staging' });
  const production = memoryRegistry({ name: 'production' });
  const v1 = buildImage({ layers: ['version 1'] });
  const v2 = buildImage({ layers: ['version 2', 'shared'] });
  staging.put(stagingRepository, v1, 'v1');
  staging.put(stagingRepository, v2, 'v2');
  const imageOf = (image: BuiltImage): string => `production.example/shop/web@${image.digest}`;
  const releaseOf = (image: BuiltImage): HostRelease => ({ services: [{ service: 'web', image: imageOf(image) }] });
  const before = options.running === null ? null : releaseOf(v1);
  if (before !== null) production.put(productionRepository, v1, 'production');
  const hosts = options.hosts ?? ['host-1'];
  const deployer = scriptedDeployer({ hosts: Object.fromEntries(hosts.map((host) => [host, before])) });
  const tests = scriptedTests({ clock });
  const probe = scriptedProbe();
  const notifier = recordingNotifier();
  const environment: EnvironmentOptions = {
    source: staging,
    target: production,
    deployer,
    release: { web: { from: 'staging.example/shop/web:v2', to: 'production.example/shop/web', services: ['web'] } },
    tests,
    checks: { signature: { off: 'the test signs nothing' } },
    endpoints: [probe],
    approval: fixedApproval({ needed: options.approval ?? false, expiresInMs: 3_600_000 }),
    notifiers: [notifier],
    ...options.environment,
  };
  const state: MemoryStoreState = memoryStoreState();
  const promoterOn = (store: PromotionStore): Promoter => createPromoter({ store, environments: { production: environment }, clock, leaseMs: 10 ** 12 });
  return { clock, staging, production, v1, v2, imageOf, releaseOf, deployer, tests, probe, notifier, environment, state, promoterOn, promoter: promoterOn(memoryStore(state)) };
}

export type World = ReturnType<typeof newWorld>;

/** What the world looks like from outside, for comparison. */
export function outsideOf({ production, deployer, environment, v1, v2 }: World): object {
  const name = (digest: Digest | undefined): string => (digest === v1.digest ? 'v1' : digest === v2.digest ? 'v2' : (digest ?? 'none'));
  const named = (image: string | undefined): string => (image === undefined ? 'none' : name(image.slice(image.indexOf('@') + 1) as Digest));
  const hosts = deployerHosts(environment);
  return {
    channel: name(production.tagged(productionRepository, 'production')),
    version: name(production.tagged(productionRepository, 'v2')),
    hosts: hosts.map((host) => {
      const { running, pin } = deployer.host(host);
      const web = running.get('web');
      return `${host}: ${named(web?.image)} ${web?.state ?? 'absent'}, pinned ${named(pin?.services[0]?.image)}`;
    }),
  };
}

function deployerHosts(environment: EnvironmentOptions): readonly string[] {
  return environment.batches?.flat() ?? ['host-1'];
}
