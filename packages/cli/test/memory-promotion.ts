/**
 * Whole promotions in memory, for their records and reports.
 */
import { createPromoter, memoryStore, noApproval, parseRepository, type Clock, type EnvironmentOptions, type JournalRecord, type Promoter, type PromotionReport, type PromotionStore } from '@davit/core';
import { buildImage, fixedApproval, memoryRegistry, recordingNotifier, scriptedDeployer, scriptedProbe, scriptedTests } from '@davit/core/testing';

const staging = parseRepository('staging.example/shop/web')._unsafeUnwrap();
const production = parseRepository('production.example/shop/web')._unsafeUnwrap();

export interface MemoryWorldOptions {
  readonly hosts?: readonly string[];
  /** Nothing runs before. Default: false. */
  readonly first?: boolean;
  readonly approval?: boolean;
  readonly environment?: Partial<EnvironmentOptions>;
}

/** A back-off is over at once; what only guards against hanging never comes. */
function quickClock(): Clock {
  let now = Date.UTC(2026, 2, 1, 2, 14, 5);
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true || ms < 5 * 60_000) {
          now += Math.max(ms, 0);
          resolve();
          return;
        }
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
}

/** Two registries, hosts and checks. Version 1 runs, version 2 waits on staging. */
export function memoryWorld(options: MemoryWorldOptions = {}) {
  const clock = quickClock();
  const source = memoryRegistry({ name: 'staging' });
  const target = memoryRegistry({ name: 'production' });
  const v1 = buildImage({ layers: ['version 1'] });
  const v2 = buildImage({ layers: ['version 2', 'shared'] });
  source.put(staging, v1, '1.4.1');
  source.put(staging, v2, '1.4.2');
  target.put(production, v1, 'production');
  const runs = { services: [{ service: 'web', image: `production.example/shop/web@${v1.digest}` }] };
  const deployer = scriptedDeployer({ hosts: Object.fromEntries((options.hosts ?? ['app-1']).map((host) => [host, options.first === true ? null : runs])) });
  const tests = scriptedTests({ clock });
  const notifier = recordingNotifier();
  const environment: EnvironmentOptions = {
    source,
    target,
    deployer,
    release: { web: { from: 'staging.example/shop/web:1.4.2', to: 'production.example/shop/web' } },
    tests,
    checks: { signature: { off: 'nothing is signed here' } },
    endpoints: [scriptedProbe({ name: 'GET http://app/up' })],
    approval: options.approval === true ? fixedApproval({ needed: true, expiresInMs: 3_600_000 }) : noApproval('a test'),
    notifiers: [notifier],
    ...options.environment,
  };
  const store: PromotionStore = memoryStore();
  const promoter = createPromoter({ store, environments: { production: environment }, clock });
  return { clock, source, target, deployer, tests, notifier, environment, store, promoter, v1, v2 };
}

export interface Told {
  readonly records: readonly JournalRecord[];
  readonly report: PromotionReport;
}

/** Promotes, and gives what the journal says. */
export async function promoteIn({ promoter }: { readonly promoter: Promoter }): Promise<Told> {
  const promotion = (await promoter.promote({ environment: 'production', actor: 'alice', knownBy: 'test' }))._unsafeUnwrap();
  const report = (await promotion.outcome())._unsafeUnwrap();
  return { report, records: await recordsOf(promoter, report) };
}

export async function recordsOf(promoter: Promoter, { id, records }: PromotionReport): Promise<readonly JournalRecord[]> {
  const all: JournalRecord[] = [];
  for await (const record of (await promoter.open(id))._unsafeUnwrap().events()) {
    all.push(record._unsafeUnwrap());
    if (all.length >= records) break;
  }
  return all;
}
