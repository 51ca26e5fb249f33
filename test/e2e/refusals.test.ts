import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dockerRegistry } from '@davit/adapter-docker-registry';
import type { EnvironmentOptions } from '@davit/core';
import { freePort, skipWithout } from '@davit/real-services';
import { planted, startBench, tools, web, type Bench } from './bench.js';
import { secretsIn, secretsUnder } from './hunt.js';
import { before, openShop, type Shop } from './shop.js';

describe.skipIf(skipWithout(...tools))('what stands in the way, with real registries, a real engine and a real sshd', () => {
  let bench: Bench;
  let shop: Shop;
  const holders: ChildProcess[] = [];

  /** A process of its own that listens on a port, as a stranger's program would. */
  async function hold(port: number): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['-e', `require('node:net').createServer().listen(${String(port)}, '127.0.0.1', () => process.stdout.write('held'))`], { stdio: ['ignore', 'pipe', 'ignore'] });
    holders.push(child);
    await once(child.stdout, 'data');
    return child;
  }
  async function release(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  beforeAll(async () => {
    bench = await startBench();
    await Promise.all([bench.image('web', 'v1', web('v1')), bench.image('web', 'v2', web('v2'))]);
    shop = await openShop(bench);
    expect(await shop.promote('v1')).toMatchObject({ error: null, outcome: 'completed' });
  }, 240_000);
  afterEach(async () => {
    await Promise.all(holders.splice(0).map(release));
  });
  afterAll(async () => {
    await shop.dispose();
    await bench.stop();
  });

  it('refuses in preflight what would publish a port that another process holds, and names both (R50, G3)', async () => {
    const port = await freePort();
    const holder = await hold(port);
    shop.write('compose.yaml', shop.composeFile({ ports: [port] }));
    const was = await shop.snapshot();
    const report = await shop.promote('v2');
    expect(report).toMatchObject({ status: 'rolled_back', outcome: 'rolled_back', exitCode: 3, detail: 'port_in_use', failureKind: 'technical', hostsChanged: [], rollback: { restarted: false } });
    expect(report.error?.message).toContain(String(port));
    expect(report.error?.message).toContain(`pid ${String(holder.pid)}`);
    expect(await shop.snapshot()).toEqual(was);
    expect(await shop.page()).toBe('web v1\n');
    shop.write('compose.yaml', shop.composeFile());
  });

  it('leaves an empty project empty when the port of the first deployment is held (R50, G3)', async () => {
    const fresh = await openShop(bench);
    const holder = await hold(fresh.port);
    const was = await fresh.snapshot();
    const report = await fresh.promote('v1');
    expect(report).toMatchObject({ status: 'failed', outcome: 'deployment_failed', exitCode: 1, detail: 'port_in_use', hostsChanged: [] });
    expect(report.error?.message).toContain(`port ${String(fresh.port)}`);
    expect(report.error?.message).toContain(`pid ${String(holder.pid)}`);
    expect(await fresh.snapshot()).toMatchObject({ containers: was.containers, files: was.files });
    await fresh.dispose();
  });

  it('refuses a project that differs from what runs in more than the image, untouched (R50)', async () => {
    shop.write('compose.yaml', shop.composeFile({ lines: ['environment: [MODE=fast]'] }));
    const was = await shop.snapshot();
    const report = await shop.promote('v2');
    expect(report).toMatchObject({ status: 'rolled_back', outcome: 'rolled_back', exitCode: 3, detail: 'project_differs', failureKind: 'verdict', hostsChanged: [], rollback: { restarted: false } });
    expect(report.error?.message).toContain('web');
    expect(await shop.snapshot()).toEqual(was);
    shop.write('compose.yaml', shop.composeFile());
  });

  it('ends with rollback_failed and exit code 5 when the port is taken only later, and names port and holder (R77)', async () => {
    let holder: ChildProcess | undefined;
    const deployer = before(shop.deployer(), 'restart', async () => {
      await shop.compose('stop', 'web');
      holder = await hold(shop.port);
    });
    const was = await shop.container('web');
    const report = await shop.promote('v2', { deployer });
    expect(report).toMatchObject({ status: 'failed', outcome: 'rollback_failed', exitCode: 5, detail: 'port_in_use', hostsChanged: ['app1'] });
    expect(report.error).toMatchObject({ code: 'port_in_use' });
    expect(report.error?.message).toContain(`port ${String(shop.port)}`);
    expect(report.error?.message).toContain(`pid ${String(holder?.pid)}`);
    expect(bench.receiver.of(report.id).at(-1)).toMatchObject({ type: 'promotion.rollback_ended', data: { severity: 'critical' } });
    expect(await shop.channel()).toBe(await bench.staging.digestOf('team/web', 'v1'));

    // Whoever frees the port gets the release before back with one command.
    if (holder !== undefined) await release(holder);
    const begun = (await shop.promoter().rollback({ environment: 'production', actor: 'ann', reason: 'the port is free again' }))._unsafeUnwrap();
    expect((await begun.outcome())._unsafeUnwrap()).toMatchObject({ kind: 'rollback', outcome: 'rolled_back', exitCode: 0, compensationFailed: null });
    expect(await shop.container('web')).toMatchObject({ status: 'running', reference: was?.reference });
    expect(await shop.page()).toBe('web v1\n');
  });

  describe('at the production registry and the host', () => {
    let scratch: string;
    let victim: Shop;

    beforeAll(async () => {
      scratch = mkdtempSync(join(tmpdir(), 'davit-scratch-'));
      writeFileSync(join(scratch, 'known_hosts'), '');
      victim = await openShop(bench);
    });
    afterAll(async () => {
      await victim.dispose();
      rmSync(scratch, { recursive: true, force: true });
    });

    const ssh = () => ({ user: bench.sshd.user, privateKeyFile: bench.sshd.userKeyPath });
    const cases: readonly { readonly what: string; readonly code: string; readonly outcome: string; readonly says: RegExp; readonly change: () => Promise<Partial<EnvironmentOptions>> }[] = [
      {
        what: 'wrong credentials for production',
        code: 'registry_unauthorized',
        outcome: 'max_retries',
        says: /web.*127\.0\.0\.1:\d+.*(401|unauthorized|credentials)/i,
        change: async () => ({ target: dockerRegistry({ credentials: { username: planted.production.username, password: planted.database }, dockerConfig: false }) }),
      },
      {
        what: 'a host key that is another one',
        code: 'host_key_mismatch',
        outcome: 'refused',
        says: /app1.*SHA256:/,
        change: async () => ({ deployer: victim.deployer({ ssh: { ...ssh(), hostKey: { fingerprint: `SHA256:${'A'.repeat(43)}` } } }) }),
      },
      {
        what: 'a host key that is not known',
        code: 'host_key_unknown',
        outcome: 'refused',
        says: /app1.*SHA256:/,
        change: async () => ({ deployer: victim.deployer({ ssh: { ...ssh(), hostKey: { knownHosts: join(scratch, 'known_hosts') } } }) }),
      },
      {
        what: 'a host whose name is unknown',
        code: 'host_name_unknown',
        outcome: 'refused',
        says: /app1.*nowhere\.invalid/,
        change: async () => ({ deployer: victim.deployer({ hosts: [{ name: 'app1', address: 'nowhere.invalid' }] }) }),
      },
      {
        what: 'a host that refuses the connection',
        code: 'host_refused',
        outcome: 'refused',
        says: /app1/,
        change: async () => ({ deployer: victim.deployer({ hosts: [{ name: 'app1', address: '127.0.0.1', port: await freePort() }] }) }),
      },
    ];
    for (const { what, code, outcome, says, change } of cases) {
      it(`${what}: one clear error with a remedy, nothing half-written, no secret`, async () => {
        const report = await victim.promote('v1', await change());
        expect(report).toMatchObject({ status: 'failed', outcome, exitCode: 1, detail: code, failureKind: 'technical', changed: false, hostsChanged: [] });
        expect(report.error?.message).toMatch(says);
        expect(report.error?.remedy).not.toBe('');
        expect(await bench.production.digestOf(victim.repository('web'), 'production')).toBeNull();
        expect(await victim.container('web')).toBeNull();
        expect(readdirSync(victim.directory).sort()).toEqual(['compose.yaml', 'settings.env']);
        expect(secretsIn(JSON.stringify(report))).toEqual([]);
        expect(secretsUnder(victim.storeDirectory).found).toEqual([]);
      });
    }

    it('wrong credentials for staging, an unknown registry and one that is not there: nothing is begun (R1)', async () => {
      const fresh = await openShop(bench);
      const wrong = fresh.promoter({ source: dockerRegistry({ credentials: { username: planted.staging.username, password: planted.production.password }, dockerConfig: false }) });
      const nowhere = `127.0.0.1:${String(await freePort())}/team/web:v1`;
      for (const [promoter, reference, code] of [
        [wrong, `${bench.staging.host}/team/web:v1`, 'registry_unauthorized'],
        [fresh.promoter(), 'registry.invalid/team/web:v1', 'registry_unreachable'],
        [fresh.promoter(), nowhere, 'registry_unreachable'],
      ] as const) {
        const error = (await promoter.promote({ environment: 'production', images: reference }))._unsafeUnwrapErr();
        expect(error).toMatchObject({ code });
        expect(error.message).toContain(reference.split('/')[0]);
        expect(secretsIn(JSON.stringify(error))).toEqual([]);
      }
      expect(existsSync(join(fresh.storeDirectory, 'promotions'))).toBe(false);
      await fresh.dispose();
    });
  });
});
