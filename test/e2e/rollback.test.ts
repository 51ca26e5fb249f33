import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PromotionReport } from '@davit/core';
import { skipWithout } from '@davit/real-services';
import { startBench, tools, web, worker, type Bench } from './bench.js';
import { secretsIn, secretsUnder } from './hunt.js';
import { before, openShop, type Container, type Shop } from './shop.js';

/** Starts, says why it cannot go on, and ends; the engine starts it again and again. */
const crashing = (words: string): readonly string[] => ['sh', '-c', `echo ${words} >&2; exit 3`];

describe.skipIf(skipWithout(...tools))('a bad promotion, with real registries, a real engine and a real sshd', () => {
  let bench: Bench;
  let shop: Shop;
  let v1: string;

  beforeAll(async () => {
    bench = await startBench();
    await Promise.all([
      bench.engine.importBusybox('local/database:1', worker('1')),
      bench.image('web', 'v1', web('v1')),
      bench.image('web', 'v2', web('v2')),
      bench.image('web', 'crashing', web('crashing', { command: crashing('no such database') })),
      bench.image('web', 'unwell', web('unwell', { healthcheck: '--interval=1s --retries=2 CMD sh -c "echo queue is full; exit 1"' })),
      bench.image('web', 'wrong', web('wrong', { files: { '/www/ready': 'not yet\n' } })),
      bench.image('web', 'gone', web('gone')),
      bench.image('web', 'late', web('late', { command: crashing('no such bucket') })),
      bench.image('worker', 'v1', worker('v1')),
      bench.image('worker', 'crashing', worker('crashing', crashing('no such queue'))),
    ]);
    shop = await openShop(bench);
    expect(await shop.promote('v1')).toMatchObject({ error: null, outcome: 'completed' });
    v1 = (await bench.staging.digestOf('team/web', 'v1')) ?? '';
  }, 240_000);
  afterAll(async () => {
    await shop.dispose();
    await bench.stop();
  });

  /** Production is on v1 again: what runs, what answers, what tags and host files say; and nothing secret stayed anywhere. */
  async function expectBackOnV1(report: PromotionReport, was: Container | null, tag: string): Promise<void> {
    const now = await shop.container('web');
    expect(now).toMatchObject({ status: 'running', reference: was?.reference, image: was?.image });
    expect(await shop.page()).toBe('web v1\n');
    expect(await shop.page('/ready')).toBe('ready\n');
    expect(await shop.channel()).toBe(v1);
    expect(await bench.production.digestOf(shop.repository('web'), tag)).toBe(report.images[0]?.digest);
    expect(JSON.parse(shop.read('.davit/current.json'))).toMatchObject({ services: { web: { image: was?.reference } } });
    expect(shop.read('compose.promoted.yaml')).toContain(v1);
    expect(shop.read('compose.promoted.yaml')).not.toContain(report.images[0]?.digest);
    expect(secretsIn(JSON.stringify(report))).toEqual([]);
    expect([...secretsUnder(shop.storeDirectory).found, ...secretsUnder(shop.directory, (path) => path.endsWith('settings.env')).found, ...secretsUnder('/dev/shm').found]).toEqual([]);
  }

  for (const [what, tag, code, said] of [
    ['crashes in a loop', 'crashing', 'service_unhealthy', 'no such database'],
    ['fails its health check', 'unwell', 'service_unhealthy', 'queue is full'],
    ['answers wrongly at its endpoint', 'wrong', 'endpoint_failed', 'not yet'],
  ] as const) {
    it(`returns to the previous image when the new one ${what} (R28–R35, R62, R65, R81, G7)`, async () => {
      const was = await shop.container('web');
      const report = await shop.promote(tag);
      expect(report).toMatchObject({ status: 'rolled_back', outcome: 'rolled_back', exitCode: 3, detail: code, failureKind: 'verdict', hostsChanged: ['app1'], rollback: { restarted: true, to: { app1: { web: was?.reference } } }, compensationFailed: null });
      expect(`${report.error?.message ?? ''} ${report.error?.evidence ?? ''}`).toContain(said);
      await expectBackOnV1(report, was, tag);
      const notices = bench.receiver.of(report.id);
      expect(notices.map(({ type }) => type)).toEqual(['promotion.started', 'promotion.rollback_started', 'promotion.rollback_ended']);
      expect(notices.every(({ isSigned }) => isSigned)).toBe(true);
      // The same image is not tried again by accident (R31).
      expect(await shop.promote(tag)).toMatchObject({ outcome: 'refused', detail: 'image_quarantined', exitCode: 1, changed: false });
    });
  }

  it('changes nothing on the host when the image is gone from the registry at the pull, and verifies what runs (G3, R53)', async () => {
    const was = await shop.snapshot();
    const gone = (await bench.staging.digestOf('team/web', 'gone')) ?? '';
    const deployer = before(shop.deployer(), 'pull', () => bench.production.remove(shop.repository('web'), gone));
    const report = await shop.promote('gone', { deployer });
    expect(report).toMatchObject({ status: 'rolled_back', outcome: 'rolled_back', exitCode: 3, detail: 'pull_failed', hostsChanged: [], rollback: { restarted: false } });
    expect(await shop.snapshot()).toMatchObject({ containers: was.containers, files: was.files });
    expect(await shop.page()).toBe('web v1\n');
    // This registry drops the tags of a manifest with it, and a tag that no longer names ours is left alone (G7).
    expect(await shop.channel()).toBeNull();
  });

  it('returns to the previous image although the production registry went down meanwhile, and says what it could not put back (R69, R24)', async () => {
    const was = await shop.container('web');
    const deployer = before(shop.deployer(), 'health', () => bench.production.pause());
    const report = await shop.promote('late', { deployer });
    await bench.production.resume();
    expect(report).toMatchObject({ status: 'rolled_back', outcome: 'rolled_back', exitCode: 3, detail: 'service_unhealthy', compensationFailed: { code: 'registry_unreachable' } });
    expect(await shop.container('web')).toMatchObject({ status: 'running', reference: was?.reference, image: was?.image });
    expect(await shop.page()).toBe('web v1\n');
    expect(await shop.channel()).toBe(report.images[0]?.digest);
    const notices = bench.receiver.of(report.id);
    expect(notices.map(({ type }) => type)).toEqual(['promotion.started', 'promotion.rollback_started', 'promotion.rollback_ended', 'promotion.compensation_failed']);
    expect(notices.at(-1)?.data).toMatchObject({ severity: 'critical' });
  });

  it('returns web and worker to their previous images when the worker crashes in a loop, and no other service (R71, R86)', async () => {
    const both = await openShop(bench, { images: ['web', 'worker'] });
    both.write('compose.yaml', `${both.composeFile()}  database:\n    image: local/database:1\n`);
    await both.compose('up', '-d', 'database');
    expect(await both.promote('v1')).toMatchObject({ error: null, outcome: 'completed', exitCode: 0 });
    const [webWas, workerWas, database] = [await both.container('web'), await both.container('worker'), await both.container('database')];

    const report = await both.promote({ web: 'v2', worker: 'crashing' });
    expect(report).toMatchObject({ status: 'rolled_back', outcome: 'rolled_back', exitCode: 3, detail: 'service_unhealthy', rollback: { restarted: true, to: { app1: { web: webWas?.reference, worker: workerWas?.reference } } } });
    expect(report.error?.message).toContain('worker');
    expect(report.error?.evidence).toContain('no such queue');
    expect(await both.container('web')).toMatchObject({ status: 'running', reference: webWas?.reference, image: webWas?.image });
    expect(await both.container('worker')).toMatchObject({ status: 'running', reference: workerWas?.reference, image: workerWas?.image });
    expect(await both.container('database')).toEqual(database);
    expect(await both.page()).toBe('web v1\n');
    expect(await both.channel('web')).toBe(await bench.staging.digestOf('team/web', 'v1'));
    expect(await both.channel('worker')).toBe(await bench.staging.digestOf('team/worker', 'v1'));
    await both.dispose();
  });

  it('says no_rollback_target when the first deployment fails, and completes with a good image after that (G5, R70)', async () => {
    const fresh = await openShop(bench);
    const failed = await fresh.promote('crashing');
    expect(failed).toMatchObject({ status: 'failed', outcome: 'no_rollback_target', exitCode: 5, detail: 'service_unhealthy', hostsChanged: ['app1'] });
    expect(failed.error?.message).toMatch(/nothing ran before this promotion \(the deployment had failed: .*web.* (restarts again and again|was restarted)/);
    // The new container stays for whoever looks for the reason.
    expect((await fresh.container('web'))?.reference).toBe(failed.images[0]?.image);
    expect(bench.receiver.of(failed.id).at(-1)).toMatchObject({ type: 'promotion.rollback_ended', data: { severity: 'critical', outcome: 'no_rollback_target' } });

    expect(await fresh.promote('v1')).toMatchObject({ status: 'completed', outcome: 'completed', exitCode: 0 });
    expect(await fresh.page()).toBe('web v1\n');
    expect(await fresh.container('web')).toMatchObject({ status: 'running', reference: `${bench.production.host}/${fresh.repository('web')}@${v1}` });
    await fresh.dispose();
  });
});
