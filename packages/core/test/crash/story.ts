/**
 * A promotion from its beginning to its end, over as many processes as it takes, and what can be seen of it then.
 * @module
 */
import type { DavitError } from '../../src/errors/index.js';
import { readEnvironment } from '../../src/journal/environment-journal.js';
import { memoryStore } from '../../src/journal/memory-store.js';
import type { JournalRecord } from '../../src/journal/record.js';
import { replayAll } from '../../src/journal/replay.js';
import type { PromotionReport } from '../../src/promoter/index.js';
import { err, type Result } from '../../src/result.js';
import { readRecords } from '../../src/runner/past.js';
import { outsideOf, productionRepository, type World } from '../runner/world.js';
import { leaseMs, TestProcess, type Moment } from './test-process.js';
import type { Scenario } from './scenarios.js';

/** A scenario under way: the world, and what was there before it. */
export interface Story {
  readonly scenario: Scenario;
  readonly world: World;
  readonly before: { readonly promotions: readonly string[]; readonly registryEffects: number; readonly hostEffects: number; readonly notices: number };
}

export async function begin(scenario: Scenario): Promise<Story> {
  const world = await scenario.world();
  const promotions = (await memoryStore(world.state).list())._unsafeUnwrap();
  return { scenario, world, before: { promotions, registryEffects: world.production.effects.length, hostEffects: world.deployer.effects.length, notices: world.notifier.delivered.length } };
}

/** The promotion of this story; undefined as long as none was begun. */
export async function idOf({ world, before }: Story): Promise<string | undefined> {
  return (await memoryStore(world.state).list())._unsafeUnwrap().find((id) => !before.promotions.includes(id));
}

/** What one process does: it begins the promotion or resumes it, and gives the approval where one is waited for. */
export async function live(story: Story, process: TestProcess, signal?: AbortSignal): Promise<Result<PromotionReport, DavitError>> {
  const known = await idOf(story);
  const drive = signal === undefined ? {} : { signal };
  const begun = known === undefined ? await story.scenario.begin(process.promoter, drive) : await process.promoter.resume(known, drive);
  if (begun.isErr()) return err(begun.error);
  const { id } = begun.value;
  const report = await begun.value.outcome();
  if (report.isErr() || report.value.waitingFor?.for !== 'approval') return report;
  const approved = await process.promoter.approve(id, { actor: 'bob', knownBy: 'test' });
  if (approved.isErr()) return err(approved.error);
  const resumed = await process.promoter.resume(id, drive);
  return resumed.isErr() ? err(resumed.error) : resumed.value.outcome();
}

/** What a scenario comes to when nothing disturbs it, and every call that is made on the way. */
export async function undisturbed(scenario: Scenario): Promise<{ readonly moments: readonly Moment[]; readonly end: Ending }> {
  const story = await begin(scenario);
  const moments: Moment[] = [];
  const process = new TestProcess(story.world, (moment, when) => {
    if (when === 'before') moments.push(moment);
  });
  (await live(story, process))._unsafeUnwrap();
  return { moments, end: await ending(story) };
}

/** The machine on which the process died goes on: its locks are gone, and its lease runs out. */
export function outlive({ world }: Story): void {
  world.deployer.processDied();
  world.clock.jump(leaseMs + 1);
}

/** Everything that can be told of a story at its end. Equal ends are equal here. */
export interface Ending {
  readonly outcome: PromotionReport['outcome'];
  readonly status: PromotionReport['status'];
  readonly detail: string | null;
  readonly exitCode: number | null;
  readonly hostsChanged: readonly string[];
  readonly changed: boolean;
  readonly rollback: unknown;
  readonly compensationFailed: string | null;
  readonly outside: object;
  /** What runs, service by service, host after host. */
  readonly running: readonly (readonly [string, { readonly image: string; readonly state: string }])[];
  /** Which hosts were changed how. */
  readonly hostEffects: readonly string[];
  /** Blobs and manifests, tags, and changes of hosts: each with how often it was made. */
  readonly effects: Readonly<Record<string, number>>;
  /** What was told, doubles left out. */
  readonly notices: readonly string[];
  readonly holder: string | null;
}

/** The records of the promotion, checked. */
export async function recordsOf(story: Story): Promise<readonly JournalRecord[]> {
  return (await readRecords(memoryStore(story.world.state), (await idOf(story)) ?? ''))._unsafeUnwrap();
}

/** Looks at the end of a story, and checks what must be true of every one. Throws where it is not. */
export async function ending(story: Story): Promise<Ending> {
  const { world, before } = story;
  const id = (await idOf(story)) ?? '';
  // The chain is whole, and replaying it leads to where it says.
  const { state } = replayAll(await recordsOf(story))._unsafeUnwrap();
  if (!state.over) throw new Error(`it has not ended: ${state.step ?? state.wait?.for ?? ''}`);
  const report = (await world.promoter.status(id))._unsafeUnwrap();
  const { holder } = (await readEnvironment(memoryStore(world.state), 'production'))._unsafeUnwrap();
  return {
    outcome: report.outcome,
    status: report.status,
    detail: report.detail,
    exitCode: report.exitCode,
    hostsChanged: report.hostsChanged,
    changed: report.changed,
    rollback: report.rollback,
    compensationFailed: report.compensationFailed?.code ?? null,
    outside: { ...outsideOf(world), ...deepOutside(world) },
    running: hostsOf(world).flatMap((name) => [...world.deployer.host(name).running]),
    hostEffects: world.deployer.effects.slice(before.hostEffects).map(({ key }) => key),
    effects: effectsOf(world, before),
    notices: noticesOf(world, before, id),
    holder,
  };
}

const hostsOf = ({ environment }: World): readonly string[] => environment.batches?.flat() ?? ['host-1'];

function deepOutside(world: World): object {
  const { production, deployer, v2 } = world;
  return {
    image: production.manifest({ ...productionRepository, digest: v2.digest }) !== undefined,
    hosts: hostsOf(world).map((name) => {
      const { pin, images, verified, previous, lock, ledger } = deployer.host(name);
      return { name, pin, images: [...images], verified: verified?.services, previous, lock, ledger: ledger.map(({ release }) => release) };
    }),
  };
}

function effectsOf({ production, deployer }: World, before: Story['before']): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  const keys = [
    ...production.effects.slice(before.registryEffects).map(({ method, repository, digest, tag }) => `${repository} ${method} ${digest} ${tag ?? ''}`),
    ...deployer.effects.slice(before.hostEffects).map(({ key }) => key),
  ];
  for (const key of keys.sort()) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

/** One line a notice. The same id must always tell the same. */
function noticesOf({ notifier }: World, before: Story['before'], id: string): readonly string[] {
  const told = new Map<string, string>();
  for (const notice of notifier.delivered.slice(before.notices)) {
    const text = `${notice.type} ${notice.severity} ${notice.title}`;
    const earlier = told.get(notice.id);
    if (earlier !== undefined && earlier !== text) throw new Error(`notice ${notice.id} told ${earlier}, and then ${text}`);
    if (notice.promotion !== id) throw new Error(`notice ${notice.id} is of ${notice.promotion}`);
    told.set(notice.id, text);
  }
  return [...told.values()];
}
