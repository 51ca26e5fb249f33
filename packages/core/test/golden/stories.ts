/**
 * The promotions whose journals are kept as golden ones, each brought about the same way every time: fixed names, a fixed
 * clock, and chance that is none.
 * @module
 */
import { memoryStore } from '../../src/journal/memory-store.js';
import type { Outcome } from '../../src/machine/index.js';
import { newWorld, type World } from '../runner/world.js';
import { approvalWait, goodPath, rollbackAskedFor, scenarios, twoBatches, unhealthy, type Scenario } from '../crash/scenarios.js';
import { untilStopped } from '../crash/interruption.js';
import { begin, idOf, live, outlive, type Story } from '../crash/story.js';
import { TestProcess } from '../crash/test-process.js';

export interface GoldenStory {
  /** Name of its file. */
  readonly name: string;
  readonly outcome: Outcome;
  /** Brings it about; afterwards the journals are in the store of its world. */
  readonly tell: () => Promise<Story>;
}

async function undisturbed(scenario: Scenario): Promise<Story> {
  const story = await begin(scenario);
  (await live(story, new TestProcess(story.world)))._unsafeUnwrap();
  return story;
}

const named = (name: string): Scenario => {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
};

const told = (name: string, scenario: Scenario): GoldenStory => ({ name, outcome: scenario.outcome, tell: () => undisturbed(scenario) });

/** A process dies when it has restarted the services and before it could say so; another goes on. */
async function killed(): Promise<Story> {
  const story = await begin(goodPath);
  const process = new TestProcess(story.world, ({ call }, when) => {
    if (call === 'deployer.restart' && when === 'after') process.die();
  });
  void live(story, process);
  await process.death;
  outlive(story);
  (await live(story, new TestProcess(story.world)))._unsafeUnwrap();
  return story;
}

/** Somebody cancels while the services are restarted. */
async function cancelled(): Promise<Story> {
  const story = await begin(goodPath);
  let isAsked = false;
  const process = new TestProcess(story.world, async ({ call, signal }, when) => {
    if (isAsked || call !== 'deployer.restart' || when !== 'before' || signal === undefined) return undefined;
    isAsked = true;
    (await new TestProcess(story.world).promoter.cancel((await idOf(story)) ?? '', { actor: 'eve', knownBy: 'test' }))._unsafeUnwrap();
    return untilStopped(signal);
  });
  (await live(story, process))._unsafeUnwrap();
  return story;
}

/** What happens to a promotion that waits for an approval, before it is resumed. */
const decided = (what: (world: World, id: string) => Promise<void>) => async (): Promise<Story> => {
  const story = await begin(approvalWait);
  const { promoter } = new TestProcess(story.world);
  const waiting = (await (await approvalWait.begin(promoter, {}))._unsafeUnwrap().outcome())._unsafeUnwrap();
  await what(story.world, waiting.id);
  (await (await promoter.resume(waiting.id))._unsafeUnwrap().outcome())._unsafeUnwrap();
  return story;
};

/** Another promotion keeps the lock of a host for as long as this one is ready to wait. */
const locked: Scenario = {
  ...goodPath,
  world: () => {
    const world = newWorld();
    world.deployer.host('host-1').lock = { promotion: 'another', fence: 1 };
    return Promise.resolve(world);
  },
};

const invalid: Scenario = {
  ...goodPath,
  world: () => Promise.resolve(newWorld({ environment: { checks: { collectAll: true, maxSize: 10, signature: { off: 'the test signs nothing' } } } })),
};

export const goldenStories: readonly GoldenStory[] = [
  told('completed', goodPath),
  told('approved', approvalWait),
  { name: 'rejected', outcome: 'approval_rejected', tell: decided(async (world, id) => void (await world.promoterOn(memoryStore(world.state)).reject(id, { actor: 'bob', comment: 'not on a Friday' }))._unsafeUnwrap()) },
  { name: 'expired', outcome: 'approval_expired', tell: decided(async (world) => { world.clock.jump(3_600_001); }) },
  { name: 'invalid', outcome: 'validation_failed', tell: () => undisturbed(invalid) },
  told('copy-retried', named('a copy that is retried once')),
  told('tag-taken', named('an immutable tag that is taken')),
  told('rolled-back', unhealthy),
  told('two-batches', twoBatches),
  told('no-target', named('no image to return to')),
  { name: 'locked', outcome: 'rolled_back', tell: () => undisturbed(locked) },
  { name: 'cancelled', outcome: 'rolled_back', tell: cancelled },
  { name: 'killed', outcome: 'completed', tell: killed },
  told('rollback-asked-for', rollbackAskedFor),
];
