/**
 * The promotions that are cut short, one for each way through the charts that matters. What goes wrong in them goes wrong
 * by what is there, never by counting calls: it is the same however often a step has to be begun.
 * @module
 */
import { failure, type DavitError } from '../../src/errors/index.js';
import { memoryStore } from '../../src/journal/memory-store.js';
import type { Outcome } from '../../src/machine/index.js';
import type { DriveRequest, Promoter, Promotion } from '../../src/promoter/index.js';
import type { ResultAsync } from '../../src/result.js';
import { newWorld, productionRepository, type World, type WorldOptions } from '../runner/world.js';

export interface Scenario {
  readonly name: string;
  readonly outcome: Outcome;
  /** What the channel tag names at the end. */
  readonly channel: 'v1' | 'v2';
  /** An effect that the step legitimately has again when its answer was lost: how its key begins. */
  readonly again?: string;
  /** Hosts are left as they are. One on which a step was cut short counts as changed all the same: nobody knows. */
  readonly leavesHosts?: boolean;
  /** The world as it is before; the same each time. */
  readonly world: () => Promise<World>;
  readonly begin: (promoter: Promoter, drive: DriveRequest) => ResultAsync<Promotion, DavitError>;
}

const ask = { environment: 'production', actor: 'ann', knownBy: 'test' } as const;

function scenario(name: string, outcome: Outcome, options: WorldOptions, prepare: (world: World) => unknown = () => undefined, begin: Scenario['begin'] = (promoter, drive) => promoter.promote({ ...ask, key: 'run-1' }, drive)): Scenario {
  const world = async (): Promise<World> => {
    const made = newWorld(options);
    await prepare(made);
    made.clock.jump(1000);
    return made;
  };
  return { name, outcome, channel: ['completed', 'no_rollback_target', 'deployment_failed'].includes(outcome) ? 'v2' : 'v1', world, begin };
}

const breaking = (fault: 'pull' | 'start' | 'health', host?: string) => (world: World): void => {
  world.deployer.breakImage(world.v2.digest, fault, host);
};

async function promoteBefore(world: World, image: string): Promise<void> {
  const promotion = (await world.promoterOn(memoryStore(world.state)).promote({ ...ask, images: `staging.example/shop/web:${image}` }))._unsafeUnwrap();
  (await promotion.outcome())._unsafeUnwrap();
  world.clock.jump(1000);
}

export const goodPath = scenario('the good path', 'completed', {});
export const approvalWait = scenario('an approval that is waited for', 'completed', { approval: true });
export const unhealthy = scenario('a rollback after the image proves unhealthy', 'rolled_back', {}, breaking('health'));
export const twoBatches = scenario('two hosts in two batches, the second fails', 'rolled_back', { hosts: ['host-1', 'host-2'], environment: { batches: [['host-1'], ['host-2']] } }, breaking('health', 'host-2'));
export const rollbackAskedFor = scenario(
  'a rollback that was asked for',
  'rolled_back',
  {},
  async (world) => {
    await promoteBefore(world, 'v1');
    await promoteBefore(world, 'v2');
  },
  (promoter, drive) => promoter.rollback({ ...ask, reason: 'customers complain' }, drive),
);

export const scenarios: readonly Scenario[] = [
  goodPath,
  approvalWait,
  unhealthy,
  scenario('an image that cannot be pulled (G3)', 'rolled_back', {}, breaking('pull')),
  scenario('a service that cannot be started at all, so that only the pin is changed', 'rolled_back', {}, ({ deployer, v2 }) => {
    const error = { ...failure('start_failed', 'the engine is down'), changed: false };
    deployer.fail('restart', { error, times: Infinity, when: ({ services }) => services.some((service) => service.includes(v2.digest)) });
  }),
  // A service that is down is brought up again, also where that failed before.
  { ...scenario('a service that does not start', 'rolled_back', {}, breaking('start')), again: 'host-1/restart/' },
  scenario('a copy that is retried once', 'completed', {}, ({ production }) => {
    production.fail('writeManifest', { error: failure('registry_unavailable', 'the registry is away', { retryable: true }) });
  }),
  scenario('an immutable tag that is taken', 'registry_error', {}, ({ production, v1 }) => {
    production.put(productionRepository, v1, 'v2');
  }),
  scenario('a registry that does not let the tags be read back', 'registry_error', {}, ({ production, v2 }) => {
    production.fail('resolve', {
      error: failure('registry_denied', 'no'),
      times: Infinity,
      when: ({ tag }) => tag === 'v2' && production.tagged(productionRepository, 'production') === v2.digest,
    });
  }),
  scenario('no image to return to', 'no_rollback_target', { running: null }, breaking('health')),
  scenario('no automatic rollback', 'deployment_failed', { environment: { rollback: { automatic: false } } }, breaking('health')),
  twoBatches,
  rollbackAskedFor,
  {
    ...scenario('an image of which only the tag is new', 'completed', {}, async (world) => {
      await promoteBefore(world, 'v2');
      world.production.removeTag(productionRepository, 'v2');
    }),
    leavesHosts: true,
  },
];
