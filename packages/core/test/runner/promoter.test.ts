import { describe, expect, it } from 'vitest';
import { failure } from '../../src/errors/index.js';
import { memoryStore } from '../../src/journal/memory-store.js';
import type { Deployer } from '../../src/ports/index.js';
import { createPromoter, type PromotionReport, type Promoter } from '../../src/promoter/index.js';
import { newWorld, outsideOf, productionRepository, type World } from './world.js';

const ask = { environment: 'production', actor: 'ann', knownBy: 'test' } as const;

async function promote(world: World, request: object = {}): Promise<PromotionReport> {
  world.clock.jump(1000);
  const promotion = (await world.promoter.promote({ ...ask, ...request }))._unsafeUnwrap();
  return (await promotion.outcome())._unsafeUnwrap();
}

async function boxesOf(promoter: Promoter, id: string): Promise<readonly string[]> {
  const boxes: string[] = [];
  for await (const record of (await promoter.open(id))._unsafeUnwrap().events()) boxes.push(...record._unsafeUnwrap().boxes);
  return boxes;
}

describe('a promotion', () => {
  it('copies by digest, tags, deploys, and proves what runs (R1–R32, R84)', async () => {
    const world = newWorld();
    const report = await promote(world);
    expect(report).toMatchObject({ status: 'completed', outcome: 'completed', exitCode: 0, changed: true, error: null });
    expect(outsideOf(world)).toEqual({ channel: 'v2', version: 'v2', hosts: ['host-1: v2 running, pinned v2'] });
    expect(world.deployer.host('host-1').verified?.promotion).toBe(report.id);
    expect(world.production.manifest({ ...productionRepository, digest: world.v2.digest })?.bytes).toEqual(world.v2.raw.bytes);
    expect(world.notifier.delivered.map(({ type }) => type)).toEqual(['promotion.started', 'promotion.completed']);
  });

  it('ends in unchanged when production runs the image already and all its tags are there', async () => {
    const world = newWorld();
    await promote(world);
    const effects = world.deployer.effects.length;
    const report = await promote(world);
    // What was verified is recorded on the host; nothing else is done there.
    expect(world.deployer.effects.slice(effects).map(({ method }) => method)).toEqual(['commit']);
    expect(report).toMatchObject({ status: 'completed', outcome: 'unchanged', exitCode: 0, changed: false });
  });

  it('rolls back to the previous image when the new one is unhealthy, with its tags (R28–R35, R67–R81, G7)', async () => {
    const world = newWorld();
    world.deployer.breakImage(world.v2.digest, 'health');
    const report = await promote(world);
    expect(report).toMatchObject({ status: 'rolled_back', outcome: 'rolled_back', exitCode: 3, rollback: { restarted: true } });
    expect(outsideOf(world)).toEqual({ channel: 'v1', version: 'v2', hosts: ['host-1: v1 running, pinned v1'] });
    const boxes = await boxesOf(world.promoter, report.id);
    expect(boxes.indexOf('promotion.EE')).toBeLessThan(boxes.indexOf('promotion.BB'));
    expect(world.notifier.delivered.map(({ type }) => type)).toEqual(['promotion.started', 'promotion.rollback_started', 'promotion.rollback_ended']);
    // The same digest is not promoted again by accident (R15, R31).
    const again = await promote(world);
    expect(again).toMatchObject({ outcome: 'refused', detail: 'image_quarantined', exitCode: 1 });
    expect(await promote(world, { allowQuarantined: true })).toMatchObject({ outcome: 'rolled_back' });
  });

  it('leaves production alone when the image cannot be pulled, and verifies that (G3)', async () => {
    const world = newWorld();
    world.deployer.breakImage(world.v2.digest, 'pull');
    const before = world.deployer.host('host-1').running.get('web');
    const report = await promote(world);
    expect(report).toMatchObject({ outcome: 'rolled_back', exitCode: 3, rollback: { restarted: false }, hostsChanged: [], detail: 'pull_failed' });
    expect(world.deployer.host('host-1').running.get('web')).toEqual(before);
    expect(world.deployer.count('stop')).toBe(0);
    expect(outsideOf(world)).toMatchObject({ channel: 'v1' });
  });

  it('says no_rollback_target when the first deployment fails, and leaves it for diagnosis (G5)', async () => {
    const world = newWorld({ running: null });
    world.deployer.breakImage(world.v2.digest, 'health');
    const report = await promote(world);
    expect(report).toMatchObject({ status: 'failed', outcome: 'no_rollback_target', exitCode: 5 });
    expect(world.deployer.count('stop')).toBe(0);
  });

  it('says deployment_failed when nothing was changed and nothing ran before (G3)', async () => {
    const world = newWorld({ running: null });
    world.deployer.breakImage(world.v2.digest, 'pull');
    expect(await promote(world)).toMatchObject({ outcome: 'deployment_failed', exitCode: 1 });
  });

  it('says rollback_failed when the previous image does not start either (R77)', async () => {
    const world = newWorld();
    world.deployer.breakImage(world.v2.digest, 'health');
    world.deployer.breakImage(world.v1.digest, 'start');
    const report = await promote(world);
    expect(report).toMatchObject({ status: 'failed', outcome: 'rollback_failed', exitCode: 5, error: { code: 'start_failed' } });
    // What is to be typed now stands in the report, and reaches whoever is on call.
    const manual = { 'host-1': ['# on host-1', `start web production.example/shop/web@${world.v1.digest}`] };
    expect(report.rollback?.manual).toEqual(manual);
    expect(world.notifier.delivered.at(-1)).toMatchObject({ type: 'promotion.rollback_ended', severity: 'critical', data: { manual } });
  });

  it('says rollback_incomplete when the previous image runs and is unhealthy (R80)', async () => {
    const world = newWorld();
    world.probe.answers = () => false;
    expect(await promote(world)).toMatchObject({ outcome: 'rollback_incomplete', exitCode: 5 });
    expect(outsideOf(world)).toMatchObject({ channel: 'v1' });
  });

  it('does not roll back where that is switched off, and says that a person is needed (R28)', async () => {
    const world = newWorld({ environment: { rollback: { automatic: false } } });
    world.deployer.breakImage(world.v2.digest, 'health');
    expect(await promote(world)).toMatchObject({ outcome: 'deployment_failed', exitCode: 5, hostsChanged: ['host-1'] });
    expect(outsideOf(world)).toMatchObject({ channel: 'v2' });
  });

  it('names the switch when nothing is said of tests, and of signatures (G12, G17)', async () => {
    const { tests: _tests, ...untested } = newWorld().environment;
    const world = newWorld({ environment: { tests: undefined as never } });
    expect(await promote(world)).toMatchObject({ outcome: 'tests_failed', detail: 'tests_missing', error: { message: expect.stringContaining('off') as unknown } });
    expect(untested).toBeDefined();
    const unsigned = newWorld({ environment: { checks: {} } });
    expect(await promote(unsigned)).toMatchObject({ outcome: 'validation_failed', error: { message: expect.stringContaining('off') as unknown } });
  });

  it('does not pass on tests of another image, failed tests or old ones (R3, G13)', async () => {
    for (const [report, code] of [[{ digests: ['sha256:other'] }, 'tests_other_image'], [{ passed: false }, 'tests_failed'], [{ finishedAt: 0 }, 'tests_stale']] as const) {
      const world = newWorld();
      world.tests.report = report;
      expect(await promote(world)).toMatchObject({ outcome: 'tests_failed', detail: code, exitCode: 1 });
      expect(world.production.effects).toEqual([]);
    }
  });
});

describe('the copy loop (G1, R16–R20)', () => {
  const away = failure('registry_unavailable', 'the registry is away', { retryable: true });

  for (const [times, outcome] of [[1, 'completed'], [2, 'completed'], [3, 'max_retries'], [4, 'max_retries']] as const) {
    it(`makes three attempts in all: ${String(times)} failures end in ${outcome}`, async () => {
      const world = newWorld();
      world.production.fail('writeManifest', { error: away, times });
      const report = await promote(world);
      expect(report).toMatchObject({ outcome });
      expect(world.production.count('writeManifest')).toBe(outcome === 'completed' ? times + 1 : 3);
    });
  }

  it('obeys the wait that the registry asked for, as a stored deadline (R18)', async () => {
    const world = newWorld();
    world.production.fail('writeManifest', { error: { ...away, retryAfterMs: 42_000 } });
    const report = await promote(world);
    const failed = [];
    for await (const record of (await world.promoter.open(report.id))._unsafeUnwrap().events()) if (record._unsafeUnwrap().type === 'step.failed') failed.push(record._unsafeUnwrap());
    expect(Number(failed[0]?.data['retryAt']) - Number(failed[0]?.at)).toBe(42_000);
  });

  it('makes one attempt when the cause is permanent, and ends by the same way (R18)', async () => {
    const world = newWorld();
    world.production.fail('writeManifest', { error: failure('registry_denied', 'no') });
    expect(await promote(world)).toMatchObject({ outcome: 'max_retries', detail: 'registry_denied' });
    expect(world.production.count('writeManifest')).toBe(1);
  });
});

describe('tags (R21–R24, G6)', () => {
  it('refuses an immutable tag that names another digest, and production is untouched', async () => {
    const world = newWorld();
    world.production.put(productionRepository, world.v1, 'v2');
    expect(await promote(world)).toMatchObject({ outcome: 'registry_error', detail: 'tag_conflict', exitCode: 1 });
    expect(outsideOf(world)).toMatchObject({ channel: 'v1', hosts: ['host-1: v1 running, pinned v1'] });
  });

  it('puts channel tags back when a read-back fails, and only where they name ours', async () => {
    const world = newWorld();
    world.production.fail('resolve', { error: failure('registry_denied', 'no'), nth: 4 });
    const report = await promote(world);
    expect(report.outcome).toBe('registry_error');
    expect(outsideOf(world)).toMatchObject({ channel: 'v1' });
  });
});

describe('approval (R10–R14, G14)', () => {
  it('waits, is recorded by another process, and goes on when resumed', async () => {
    const world = newWorld({ approval: true });
    const report = await promote(world);
    expect(report).toMatchObject({ status: 'pending', outcome: null, exitCode: 4, waitingFor: { for: 'approval' } });
    expect(world.production.effects).toEqual([]);
    const other = world.promoterOn(memoryStore(world.state));
    expect((await other.approve(report.id, { actor: 'bob', knownBy: 'test', planHash: 'sha256:stale' }))._unsafeUnwrapErr().code).toBe('plan_changed');
    (await other.approve(report.id, { actor: 'bob', knownBy: 'test' }))._unsafeUnwrap();
    const resumed = (await (await other.resume(report.id))._unsafeUnwrap().outcome())._unsafeUnwrap();
    expect(resumed).toMatchObject({ outcome: 'completed' });
    expect(world.notifier.delivered.map(({ type }) => type)).toContain('promotion.approval_requested');
  });

  it('is rejected by one rejection, with nothing touched', async () => {
    const world = newWorld({ approval: true });
    const { id } = await promote(world);
    (await world.promoter.reject(id, { actor: 'bob' }))._unsafeUnwrap();
    const report = (await (await world.promoter.resume(id))._unsafeUnwrap().outcome())._unsafeUnwrap();
    expect(report).toMatchObject({ status: 'failed', outcome: 'approval_rejected', exitCode: 1 });
    expect(world.production.effects).toEqual([]);
    expect((await world.promoter.approve(id, { actor: 'bob' }))._unsafeUnwrapErr().code).toBe('promotion_over');
  });

  it('expires, also while no process is there; a decision after that is refused (R13)', async () => {
    const world = newWorld({ approval: true });
    const { id } = await promote(world);
    world.clock.jump(3_600_001);
    expect((await world.promoter.approve(id, { actor: 'bob' }))._unsafeUnwrapErr().code).toBe('decision_not_awaited');
    const report = (await (await world.promoter.resume(id))._unsafeUnwrap().outcome())._unsafeUnwrap();
    expect(report).toMatchObject({ outcome: 'approval_expired', exitCode: 1 });
  });

  it('counts when it came in time, however late somebody resumes', async () => {
    const world = newWorld({ approval: true });
    const { id } = await promote(world);
    (await world.promoter.approve(id, { actor: 'bob' }))._unsafeUnwrap();
    world.clock.jump(10 ** 9);
    world.tests.report = {};
    expect((await (await world.promoter.resume(id))._unsafeUnwrap().outcome())._unsafeUnwrap()).toMatchObject({ outcome: 'completed' });
  });

  it('is asked anew when production changed after it was given (G14)', async () => {
    const world = newWorld({ approval: true });
    const { id } = await promote(world);
    (await world.promoter.approve(id, { actor: 'bob' }))._unsafeUnwrap();
    world.deployer.host('host-1').running.set('web', { image: 'production.example/shop/web@sha256:hotfix', state: 'running' });
    const report = (await (await world.promoter.resume(id))._unsafeUnwrap().outcome())._unsafeUnwrap();
    expect(report).toMatchObject({ status: 'pending', waitingFor: { for: 'approval' } });
    (await world.promoter.approve(id, { actor: 'bob' }))._unsafeUnwrap();
    expect((await (await world.promoter.resume(id))._unsafeUnwrap().outcome())._unsafeUnwrap()).toMatchObject({ outcome: 'completed' });
  });

  it('may not be given by who asked for the promotion, unless that is allowed', async () => {
    const world = newWorld({ environment: { approval: {} } });
    const { id } = await promote(world);
    expect((await world.promoter.approve(id, { actor: 'ann' }))._unsafeUnwrapErr().code).toBe('approval_refused');
    expect((await world.promoter.approve(id, { actor: 'bob' })).isOk()).toBe(true);
  });
});

describe('one environment, several promotions (G15)', () => {
  it('lets one write at a time; the other waits, says for whom, and goes on when that has ended', async () => {
    const world = newWorld({ approval: true });
    const first = await promote(world);
    const second = await promote(world);
    (await world.promoter.approve(first.id, { actor: 'bob' }))._unsafeUnwrap();
    // The first is cut off in the middle: it holds the environment, and nobody drives it.
    world.deployer.before('pin', () => { throw new Error('the process is killed here'); });
    const stop = new AbortController();
    world.deployer.before('pull', () => { stop.abort(); });
    (await (await world.promoter.resume(first.id, { signal: stop.signal }))._unsafeUnwrap().outcome())._unsafeUnwrap();
    (await world.promoter.approve(second.id, { actor: 'bob' }))._unsafeUnwrap();
    const held = (await (await world.promoter.resume(second.id))._unsafeUnwrap().outcome())._unsafeUnwrap();
    expect(held).toMatchObject({ status: 'pending', exitCode: 4, waitingFor: { for: 'hold' } });
    expect(held.waitingFor?.reason).toContain(first.id);
  });

  it('joins the promotion of the same trigger, and begins another for other images (R1)', async () => {
    const world = newWorld({ approval: true });
    const one = (await world.promoter.promote({ ...ask, key: 'run-7' }))._unsafeUnwrap();
    (await one.outcome())._unsafeUnwrap();
    const two = (await world.promoter.promote({ ...ask, key: 'run-7' }))._unsafeUnwrap();
    expect([two.id, two.joined]).toEqual([one.id, true]);
    const three = (await world.promoter.promote({ ...ask, key: 'run-7', images: 'staging.example/shop/web:v1' }))._unsafeUnwrap();
    expect(three.id).not.toBe(one.id);
    (await two.outcome())._unsafeUnwrap();
    (await three.outcome())._unsafeUnwrap();
  });
});

describe('a rollback that was asked for (G19, G23)', () => {
  it('returns to the last verified release before the present one, moves the channel, and exits with 0', async () => {
    const world = newWorld();
    await promote(world, { images: 'staging.example/shop/web:v1' });
    const second = await promote(world);
    const rollback = (await world.promoter.rollback({ ...ask, reason: 'customers complain' }))._unsafeUnwrap();
    const report = (await rollback.outcome())._unsafeUnwrap();
    expect(report).toMatchObject({ kind: 'rollback', outcome: 'rolled_back', exitCode: 0 });
    expect(second.outcome).toBe('completed');
    expect(outsideOf(world)).toEqual({ channel: 'v1', version: 'v2', hosts: ['host-1: v1 running, pinned v1'] });
  });

  it('says so when there is nothing to return to', async () => {
    const world = newWorld();
    expect((await world.promoter.rollback(ask))._unsafeUnwrapErr().code).toBe('previous_missing');
  });
});

describe('notifications (R94, R104, G20)', () => {
  it('never change the result: a notifier that is down is recorded, tried once more at the end, and resent under the same id', async () => {
    const world = newWorld();
    world.deployer.breakImage(world.v2.digest, 'health');
    world.notifier.fail('notify', { error: failure('notification_failed', 'the receiver is down'), times: 100 });
    const report = await promote(world);
    expect(report).toMatchObject({ outcome: 'rolled_back' });
    expect(report.undelivered.length).toBe(3);
    const tries = world.notifier.calls.map(({ notice }) => notice.id);
    expect(tries.length).toBeGreaterThan(new Set(tries).size);
  });

  it('that a channel does not want are not recorded as delivered', async () => {
    const world = newWorld();
    const only = Object.assign(world.notifier, { wants: ({ type }: { readonly type: string }) => type === 'promotion.completed' });
    const report = await promote(world);
    expect(only.delivered.map(({ type }) => type)).toEqual(['promotion.completed']);
    const notes = [];
    for await (const record of (await world.promoter.open(report.id))._unsafeUnwrap().events()) if (record._unsafeUnwrap().type === 'note.delivery') notes.push(record);
    expect(notes.length).toBe(1);
  });

  it('of a rollback come at its start and at its end, not together (R104)', async () => {
    const world = newWorld();
    world.deployer.breakImage(world.v2.digest, 'health');
    let startedBeforeStop = false;
    world.deployer.before('restorePin', () => {
      startedBeforeStop = world.notifier.delivered.some(({ type }) => type === 'promotion.rollback_started');
    });
    await promote(world);
    expect(startedBeforeStop).toBe(true);
  });
});

describe('adapters of any make', () => {
  it('may be frozen', async () => {
    const world = newWorld();
    const frozen = { ...world.environment, target: Object.freeze(world.production), deployer: Object.freeze(world.deployer) };
    const promoter = createPromoter({ store: memoryStore(world.state), environments: { production: frozen }, clock: world.clock, leaseMs: 10 ** 12 });
    expect((await (await promoter.promote(ask))._unsafeUnwrap().outcome())._unsafeUnwrap()).toMatchObject({ outcome: 'completed' });
  });

  it('may be classes with private fields', async () => {
    const world = newWorld();
    class Shop {
      readonly #inner = world.deployer;
      readonly name = 'shop';
      hosts = (...of: Parameters<Deployer['hosts']>) => this.#inner.hosts(...of);
      preflight(...of: Parameters<Deployer['preflight']>) { return this.#inner.preflight(...of); }
      current(...of: Parameters<Deployer['current']>) { return this.#inner.current(...of); }
      lock(...of: Parameters<Deployer['lock']>) { return this.#inner.lock(...of); }
      pull(...of: Parameters<Deployer['pull']>) { return this.#inner.pull(...of); }
      pin(...of: Parameters<Deployer['pin']>) { return this.#inner.pin(...of); }
      restart(...of: Parameters<Deployer['restart']>) { return this.#inner.restart(...of); }
      health(...of: Parameters<Deployer['health']>) { return this.#inner.health(...of); }
      proof(...of: Parameters<Deployer['proof']>) { return this.#inner.proof(...of); }
      stop(...of: Parameters<Deployer['stop']>) { return this.#inner.stop(...of); }
      forceStop(...of: Parameters<Deployer['forceStop']>) { return this.#inner.forceStop(...of); }
      restorePin(...of: Parameters<Deployer['restorePin']>) { return this.#inner.restorePin(...of); }
      commit(...of: Parameters<Deployer['commit']>) { return this.#inner.commit(...of); }
    }
    const promoter = createPromoter({ store: memoryStore(world.state), environments: { production: { ...world.environment, deployer: new Shop() } }, clock: world.clock, leaseMs: 10 ** 12 });
    expect((await (await promoter.promote(ask))._unsafeUnwrap().outcome())._unsafeUnwrap()).toMatchObject({ outcome: 'completed' });
  });
});

describe('bad input', () => {
  it('is refused before anything is created: environment, reference, promotion', async () => {
    const { promoter } = newWorld();
    expect((await promoter.promote({ environment: 'prod' }))._unsafeUnwrapErr()).toMatchObject({ code: 'environment_unknown', message: expect.stringContaining('production') as unknown });
    expect((await promoter.promote({ ...ask, images: 'staging.example/Shop:v2' }))._unsafeUnwrapErr().code).toBe('reference_invalid');
    expect((await promoter.promote({ ...ask, images: 'staging.example/shop/web:v9' }))._unsafeUnwrapErr().code).toBe('manifest_not_found');
    expect((await promoter.status('01ARZ3NDEKTSV4RRFFQ69G5FAV'))._unsafeUnwrapErr().code).toBe('promotion_unknown');
    expect((await promoter.history())._unsafeUnwrap()).toEqual({ promotions: [], unreadable: [] });
  });
});
