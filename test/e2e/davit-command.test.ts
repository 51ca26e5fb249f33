import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PromotionReport } from '@davit/core';
import { skipWithout } from '@davit/real-services';
import { startBench, tools, web, type Bench } from './bench.js';
import { davitFor, journalOf, type Command, type Ended } from './command.js';
import { secretsIn } from './hunt.js';
import { openShop, type Shop } from './shop.js';

describe.skipIf(skipWithout(...tools))('the davit command, with real registries, a real engine and a real sshd', () => {
  let bench: Bench;
  let shop: Shop;
  let davit: Command;

  beforeAll(async () => {
    bench = await startBench();
    await Promise.all([
      // It does not end by itself when it is asked to, so that its replacement takes seconds.
      bench.image('web', 'v1', web('v1', { command: ['sh', '-c', 'trap "" TERM; httpd -f -p 8080 -h /www & while :; do wait; done'] })),
      bench.image('web', 'v2', web('v2')),
      bench.image('web', 'crashing', web('crashing', { command: ['sh', '-c', 'echo no such database >&2; exit 3'] })),
    ]);
    shop = await openShop(bench);
    shop.write('compose.yaml', shop.composeFile().replace('stop_grace_period: 1s', 'stop_grace_period: 8s'));
    davit = davitFor(bench, shop);
  }, 240_000);
  afterAll(async () => {
    davit.dispose();
    await shop.dispose();
    await bench.stop();
  });

  const containersOf = async (service: string): Promise<readonly string[]> => (await bench.engine.docker(['ps', '-aq', '--filter', `label=com.docker.compose.project=${shop.name}`, '--filter', `label=com.docker.compose.service=${service}`])).stdout.split('\n').filter((id) => id !== '');
  const reference = (tag: string): string => `${bench.staging.host}/team/web:${tag}`;

  /** The one document on standard output, of a command that gave nothing away. */
  function documentOf({ stdout, stderr }: Ended): PromotionReport & { readonly next: readonly string[] } {
    expect(secretsIn(stdout + stderr)).toEqual([]);
    expect(stdout.endsWith('}\n')).toBe(true);
    // A second document after the first would not parse.
    return JSON.parse(stdout) as PromotionReport & { readonly next: readonly string[] };
  }

  it('promotes, waits with exit code 4, is approved and goes on, with one JSON document each time', async () => {
    const asked = await davit.run(['promote', reference('v1'), '--to', 'production', '--actor', 'ann', '--json'], { APPROVAL: 'on' });
    expect(asked).toMatchObject({ code: 4 });
    const waiting = documentOf(asked);
    expect(waiting).toMatchObject({ status: 'pending', outcome: null, exitCode: 4, waitingFor: { for: 'approval' } });

    const own = await davit.run(['approve', waiting.id, '--actor', 'ann', '--json'], { APPROVAL: 'on' });
    expect(own).toMatchObject({ code: 1 });
    expect(documentOf(own)).toMatchObject({ error: { code: 'approval_refused' }, exitCode: 1 });

    const approved = await davit.run(['approve', waiting.id, '--plan', waiting.waitingFor?.planHash ?? '', '--actor', 'bob', '--json'], { APPROVAL: 'on' });
    expect(approved).toMatchObject({ code: 0 });
    documentOf(approved);
    const resumed = await davit.run(['resume', waiting.id, '--json'], { APPROVAL: 'on' });
    expect(resumed).toMatchObject({ code: 0 });
    expect(documentOf(resumed)).toMatchObject({ id: waiting.id, status: 'completed', outcome: 'completed', exitCode: 0, hostsChanged: ['app1'] });
    expect(await shop.page()).toBe('web v1\n');
  });

  it('is killed in the middle of a restart, and resumed by a fresh process: same end, and the new container is started once (G21)', async () => {
    const since = String(Math.floor(Date.now() / 1000));
    const running = davit.start(['promote', reference('v2'), '--to', 'production', '--json']);
    const last = () => journalOf(shop.storeDirectory).at(-1);
    while (running.process.exitCode === null && !(last()?.type === 'step.started' && last()?.data['step'] === 'deployment.restart')) await sleep(20);
    const id = last()?.promotion ?? '';
    // Compose makes the new container beside the old one, which is then told to end and takes its eight seconds.
    while (running.process.exitCode === null && (await containersOf('web')).length < 2) await sleep(20);
    running.process.kill('SIGKILL');
    await once(running.process, 'exit');
    expect(await running.ended).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    expect(last()).toMatchObject({ promotion: id, type: 'step.started', data: { step: 'deployment.restart' } });

    const resumed = await davit.run(['resume', id, '--json']);
    expect(resumed).toMatchObject({ code: 0 });
    expect(documentOf(resumed)).toMatchObject({ id, status: 'completed', outcome: 'completed', exitCode: 0, hostsChanged: ['app1'] });
    expect(await shop.page()).toBe('web v2\n');
    expect(await shop.container('web')).toMatchObject({ status: 'running', reference: documentOf(resumed).images[0]?.image });
    const events = (await bench.engine.docker(['events', '--since', since, '--until', String(Math.ceil(Date.now() / 1000)), '--filter', 'type=container', '--filter', `label=com.docker.compose.project=${shop.name}`, '--format', '{{.Action}} {{index .Actor.Attributes "name"}}'])).stdout;
    // What was half made and never ran was cleared away; the old one ended once, the new one was started once and stands alone.
    const happened = (action: string): number => events.split('\n').filter((line) => line.startsWith(`${action} `)).length;
    expect({ died: happened('die'), started: happened('start'), left: (await containersOf('web')).length }).toEqual({ died: 1, started: 1, left: 1 });
    // One notice each, although two processes took part.
    expect(bench.receiver.of(id).map(({ type }) => type)).toEqual(['promotion.started', 'promotion.completed']);
    // Nothing of an earlier step was done again.
    const steps = journalOf(shop.storeDirectory).filter(({ promotion, type }) => promotion === id && type === 'step.started').map(({ data }) => `${String(data['step'])} ${String(data['turn'])}/${String(data['attempt'])}`);
    expect(steps.filter((step) => !step.endsWith(' 1/1'))).toEqual(['deployment.restart 1/2']);
  });

  it('ends with exit code 3 when it rolled back, and says on standard error what was wrong with the image', async () => {
    const ended = await davit.run(['promote', reference('crashing'), '--to', 'production', '--json']);
    expect(ended).toMatchObject({ code: 3 });
    expect(documentOf(ended)).toMatchObject({ status: 'rolled_back', outcome: 'rolled_back', exitCode: 3, error: { code: 'service_unhealthy' } });
    expect(ended.stderr).toContain('no such database');
    expect(await shop.page()).toBe('web v2\n');
  });

  it('goes back by hand, and lists what became of all', async () => {
    const back = await davit.run(['rollback', '--to', 'production', '--reason', 'customers complain', '--json']);
    expect(back).toMatchObject({ code: 0 });
    expect(documentOf(back)).toMatchObject({ kind: 'rollback', outcome: 'rolled_back', exitCode: 0 });
    expect(await shop.page()).toBe('web v1\n');
    expect(await shop.channel()).toBe(await bench.staging.digestOf('team/web', 'v1'));
    const history = await davit.run(['history', '--to', 'production', '--json']);
    expect(history).toMatchObject({ code: 0 });
    expect((JSON.parse(history.stdout) as { readonly promotions: readonly PromotionReport[] }).promotions.map(({ outcome }) => outcome)).toEqual(['rolled_back', 'rolled_back', 'completed', 'completed']);
  });
});
