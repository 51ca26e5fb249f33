import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PromotionReport } from '@davit/core';
import { skipWithout } from '@davit/real-services';
import { startBench, tools, web, type Bench } from './bench.js';
import { secretsIn, secretsUnder } from './hunt.js';
import { openShop, type Shop } from './shop.js';

describe.skipIf(skipWithout(...tools))('a good promotion, with real registries, a real engine and a real sshd', () => {
  let bench: Bench;
  let shop: Shop;
  let first: PromotionReport;
  let second: PromotionReport;
  let v2: string;

  beforeAll(async () => {
    bench = await startBench();
    await Promise.all([bench.image('web', 'v1', web('v1')), bench.image('web', 'v2', web('v2'))]);
    // v2 is for two platforms, so that what is promoted is an index.
    await bench.index('web', 'v2');
    v2 = (await bench.staging.digestOf('team/web', 'v2')) ?? '';
    shop = await openShop(bench);
    first = await shop.promote('v1');
    second = await shop.promote('v2');
  }, 240_000);
  afterAll(async () => {
    await shop.dispose();
    await bench.stop();
  });

  it('completes, first where nothing ran, then from v1 to v2 (R32, R84, G5)', async () => {
    expect(first).toMatchObject({ status: 'completed', outcome: 'completed', exitCode: 0, changed: true, hostsChanged: ['app1'] });
    expect(second).toMatchObject({ status: 'completed', outcome: 'completed', exitCode: 0, changed: true, hostsChanged: ['app1'], error: null, compensationFailed: null, undelivered: [] });
    expect(await shop.page()).toBe('web v2\n');
  });

  it('leaves a container that runs the promoted digest, as the engine itself says (R66)', async () => {
    const wanted = `${bench.production.host}/${shop.repository('web')}@${v2}`;
    expect(second.images).toMatchObject([{ name: 'web', digest: v2, image: wanted }]);
    const container = await shop.container('web');
    expect(container).toMatchObject({ status: 'running', reference: wanted });
    expect((await bench.engine.docker(['image', 'inspect', '--format', '{{.Id}}', wanted])).stdout.trim()).toBe(container?.image);
    // The pin makes it so for a plain `docker compose up -d` too, which therefore changes nothing.
    await shop.compose('up', '-d', '--pull', 'never');
    expect(await shop.container('web')).toEqual(container);
  });

  it('leaves the very same manifest bytes in the production registry, as skopeo reads them (R16, R17, R22)', async () => {
    const bytes = await bench.staging.manifest('team/web', 'v2');
    expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(v2);
    const repository = shop.repository('web');
    for (const reference of [v2, 'v2', 'production']) expect(await bench.production.manifest(repository, reference)).toBe(bytes);
    const platforms = (JSON.parse(bytes) as { readonly manifests: readonly { readonly digest: string }[] }).manifests;
    expect(platforms).toHaveLength(2);
    for (const { digest } of platforms) expect(await bench.production.manifest(repository, digest)).toBe(await bench.staging.manifest('team/web', digest));
    expect(await bench.production.digestOf(repository, 'v1')).toBe(first.images[0]?.digest);
  });

  it('tells what happened in signed notices, whose ids name their records (R94, G20)', () => {
    const notices = bench.receiver.of(second.id);
    expect(notices.map(({ type }) => type)).toEqual(['promotion.started', 'promotion.completed']);
    expect(notices.every(({ isSigned }) => isSigned)).toBe(true);
    const records = notices.map(({ id }) => /^(.*)_(\d+)$/.exec(id)?.slice(1) ?? []);
    expect(records.map(([promotion]) => promotion)).toEqual([second.id, second.id]);
    expect(Number(records[0]?.[1])).toBeLessThan(Number(records[1]?.[1]));
    expect(notices.at(-1)?.data).toMatchObject({ environment: 'production', status: 'completed', outcome: 'completed', images: [{ digest: v2 }], hosts: ['app1'] });
  });

  it('leaves no planted secret in journal, host files, Docker configuration, notices or reports (R95)', () => {
    const journal = secretsUnder(shop.storeDirectory);
    expect(journal).toMatchObject({ found: [] });
    expect(journal.files).toBeGreaterThan(first.records + second.records);
    const project = secretsUnder(shop.directory, (path) => path === join(shop.directory, 'settings.env'));
    expect(project).toMatchObject({ found: [] });
    expect(project.files).toBeGreaterThan(3);
    expect(secretsUnder(bench.engine.env.DOCKER_CONFIG)).toMatchObject({ found: [] });
    // Where a pull keeps its login while it runs.
    expect(secretsUnder('/dev/shm')).toMatchObject({ found: [] });
    expect(secretsIn(readFileSync(bench.sshd.logFile, 'utf8'))).toEqual([]);
    expect(bench.receiver.received.flatMap(({ body }) => secretsIn(body))).toEqual([]);
    expect(secretsIn(JSON.stringify([first, second]))).toEqual([]);
  });

  it('is unchanged when the same is promoted again, and leaves the container alone (G18)', async () => {
    const before = await shop.snapshot();
    const again = await shop.promote('v2');
    expect(again).toMatchObject({ status: 'completed', outcome: 'unchanged', exitCode: 0, changed: false, hostsChanged: [] });
    expect(again.id).not.toBe(second.id);
    expect(await shop.snapshot()).toEqual(before);
    expect(bench.receiver.of(again.id).map(({ type }) => type)).toEqual(['promotion.started', 'promotion.completed']);
  });

  it('waits for an approval that another process gives, and completes in a third one (R12, R13, R82, G14)', async () => {
    const other = await openShop(bench);
    const waiting = await other.promote('v1', { approval: {} });
    expect(waiting).toMatchObject({ status: 'pending', outcome: null, exitCode: 4, waitingFor: { for: 'approval' }, changed: false });
    expect(await other.channel()).toBeNull();
    expect(await other.container('web')).toBeNull();
    expect(bench.receiver.of(waiting.id).at(-1)).toMatchObject({ type: 'promotion.approval_requested', isSigned: true, data: { planHash: waiting.waitingFor?.planHash } });

    const planHash = waiting.waitingFor?.planHash ?? '';
    expect((await other.promoter({ approval: {} }).approve(waiting.id, { actor: 'ann', planHash }))._unsafeUnwrapErr()).toMatchObject({ code: 'approval_refused' });
    const approved = (await other.promoter({ approval: {} }).approve(waiting.id, { actor: 'bob', knownBy: 'test', planHash, comment: 'looks good' }))._unsafeUnwrap();
    expect(approved).toMatchObject({ outcome: null });
    // To approve is to say so, and no more.
    expect(await other.channel()).toBeNull();

    const resumed = (await other.promoter({ approval: {} }).resume(waiting.id))._unsafeUnwrap();
    expect((await resumed.outcome())._unsafeUnwrap()).toMatchObject({ id: waiting.id, status: 'completed', outcome: 'completed', exitCode: 0 });
    expect(await other.page()).toBe('web v1\n');
    expect(bench.receiver.of(waiting.id).map(({ type }) => type)).toEqual(['promotion.started', 'promotion.approval_requested', 'promotion.approval_decided', 'promotion.completed']);
    await other.dispose();
  });

  it('finds v1 again after a rollback by hand, with the production registry gone (R67, R69, G19, G23)', async () => {
    await bench.production.pause();
    const begun = (await shop.promoter().rollback({ environment: 'production', actor: 'ann', reason: 'customers complain' }))._unsafeUnwrap();
    const report = (await begun.outcome())._unsafeUnwrap();
    // The host keeps its images by names of ours. Only the tags, which live in the registry, could not follow.
    expect(report).toMatchObject({ kind: 'rollback', status: 'rolled_back', outcome: 'rolled_back', exitCode: 0, rollback: { restarted: true } });
    expect(await shop.page()).toBe('web v1\n');
    expect(await shop.container('web')).toMatchObject({ status: 'running', reference: first.images[0]?.image });
    expect(report.compensationFailed).toMatchObject({ code: 'registry_unreachable' });
    expect(bench.receiver.of(report.id).map(({ type }) => type)).toEqual(['promotion.rollback_started', 'promotion.rollback_ended', 'promotion.compensation_failed']);
    await bench.production.resume();
    expect(await shop.channel()).toBe(v2);
  });
});
