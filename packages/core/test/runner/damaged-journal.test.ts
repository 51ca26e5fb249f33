/**
 * A journal that was damaged concerns its own promotion: the others, and new ones, go on without it, and it is named.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/journal/memory-store.js';
import { createPromoter, type PromotionReport } from '../../src/promoter/index.js';
import { newWorld, type World } from './world.js';

const ask = { environment: 'production', actor: 'ann', knownBy: 'test' } as const;

async function promote(world: World, image: string, request: object = {}): Promise<PromotionReport> {
  world.clock.jump(1000);
  const promotion = (await world.promoter.promote({ ...ask, images: `staging.example/shop/web:${image}`, ...request }))._unsafeUnwrap();
  return (await promotion.outcome())._unsafeUnwrap();
}

/** Somebody edited a record of it by hand. */
function damage(world: World, { id }: PromotionReport, record = 5): void {
  for (const [name, lines] of world.state.streams) {
    if (name.endsWith(id)) world.state.streams.set(name, lines.map((line, at) => (at === record - 1 ? line.replace('"at":', '"at":1') : line)));
  }
}

async function warningsOf(world: World, id: string): Promise<readonly unknown[]> {
  const warnings: unknown[] = [];
  for await (const record of (await world.promoter.open(id))._unsafeUnwrap().events()) {
    const { type, data } = record._unsafeUnwrap();
    if (type === 'note.warning') warnings.push(data['message']);
  }
  return warnings;
}

describe('a damaged journal', () => {
  it('is an error of its own promotion, and is named beside the others in the history', async () => {
    const world = newWorld();
    const [first, second] = [await promote(world, 'v1'), await promote(world, 'v2')];
    damage(world, first);
    expect((await world.promoter.status(first.id))._unsafeUnwrapErr()).toMatchObject({ code: 'journal_tampered' });
    const history = (await world.promoter.history())._unsafeUnwrap();
    expect(history.promotions.map(({ id }) => id)).toEqual([second.id]);
    expect(history.unreadable).toMatchObject([{ id: first.id, error: { code: 'journal_tampered' } }]);
    expect((await world.promoter.environment('production'))._unsafeUnwrap()).toMatchObject({ current: { id: second.id }, unreadable: [{ id: first.id }] });
  });

  it('does not keep the next promotion away, which says that it did not count', async () => {
    const world = newWorld();
    const first = await promote(world, 'v1');
    damage(world, first);
    const next = await promote(world, 'v2');
    expect(next).toMatchObject({ outcome: 'completed' });
    expect(await warningsOf(world, next.id)).toEqual([expect.stringMatching(new RegExp(`^the journal of promotion ${first.id} is damaged.*${first.id}`))]);
  });

  it.each([
    { record: 5, warnings: 0, what: 'still says that it is of another environment is none of ours' },
    { record: 1, warnings: 1, what: 'cannot say of which environment it is may be ours' },
  ])('that $what', async ({ record, warnings }) => {
    const world = newWorld();
    const promoter = createPromoter({ store: memoryStore(world.state), environments: { canary: world.environment }, clock: world.clock, leaseMs: 10 ** 12 });
    const elsewhere = (await promoter.promote({ ...ask, environment: 'canary' }))._unsafeUnwrap();
    damage(world, (await elsewhere.outcome())._unsafeUnwrap(), record);
    expect(await warningsOf(world, (await promote(world, 'v1')).id)).toHaveLength(warnings);
  });

  it('that is older than what runs does not keep a rollback away (R67)', async () => {
    const world = newWorld();
    const oldest = await promote(world, 'v1');
    const [, present] = [await promote(world, 'v1', { allowQuarantined: true }), await promote(world, 'v2')];
    damage(world, oldest);
    const back = (await world.promoter.rollback({ ...ask, reason: 'customers complain' }))._unsafeUnwrap();
    expect((await back.outcome())._unsafeUnwrap()).toMatchObject({ outcome: 'rolled_back', images: [{ digest: world.v1.digest }] });
    expect(present.outcome).toBe('completed');
  });

  it('that may be of what runs makes a rollback ask what to return to, by name (R67, R68)', async () => {
    const world = newWorld();
    const [first, newest] = [await promote(world, 'v1'), await promote(world, 'v2')];
    damage(world, newest);
    const refused = (await world.promoter.rollback({ ...ask, reason: 'customers complain' }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ code: 'journal_tampered', message: expect.stringContaining(newest.id) as unknown });
    expect((await world.promoter.rollback({ ...ask, to: newest.id }))._unsafeUnwrapErr()).toMatchObject({ code: 'journal_tampered' });
    const named = (await world.promoter.rollback({ ...ask, to: first.id }))._unsafeUnwrap();
    expect((await named.outcome())._unsafeUnwrap()).toMatchObject({ images: [{ digest: world.v1.digest }] });
  });
});
