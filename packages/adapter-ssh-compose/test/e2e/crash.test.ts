import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HostRelease } from '@davit/core';
import { skipWithout } from '@davit/real-services';
import type { ComposeDeployer } from '../../src/index.js';
import { account, by, call, fault, must, quickHealth, release, server, sleeper, startBench, tools, type Bench, type Project, type Way } from './bench.js';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(skipWithout(...tools))('deaths in the middle (G21)', () => {
  let bench: Bench;
  let web: readonly [string, string, string];
  let worker: string;
  let project: Project;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    if (!existsSync(new URL('../../dist/index.js', import.meta.url))) throw new Error('the package is not built; `npm test` builds it first');
    bench = await startBench();
    // Deaf to SIGTERM, so that replacing it takes as long as its time of grace.
    const deaf = { ...sleeper('deaf'), command: ['sh', '-c', "trap '' TERM; while :; do sleep 1; done"] };
    web = [await bench.image('web', deaf), await bench.image('web', server('two')), await bench.image('web', server('three'))];
    worker = await bench.image('worker', sleeper('one'));
  });
  afterAll(async () => {
    await bench.stop();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await project.dispose();
  });

  const credentials = () => [{ registry: bench.registry.host, username: account.user, password: account.password }];
  const slow = (): string => `name: ${project.name}\nservices:\n  web: { image: "web:none", stop_grace_period: 4s, ports: ["127.0.0.1:${String(project.port)}:8080"] }\n  worker: { image: "worker:none", init: true, stop_grace_period: 1s }\n`;
  const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${String(project.port)}/`)).text();
  const names = async (): Promise<readonly string[]> => (await bench.engine.docker(['ps', '-a', '--format', '{{.Names}} {{.State}}', '--filter', `label=com.docker.compose.project=${project.name}`])).stdout.split('\n').filter((line) => line !== '');

  async function bringUp(deployer: ComposeDeployer, of: HostRelease, promotion: string, fence = 1): Promise<void> {
    await must(deployer.pull('host', of, credentials(), by(promotion, fence)));
    await must(deployer.pin('host', of, by(promotion, fence)));
    await must(deployer.restart('host', of, by(promotion, fence)));
    await must(deployer.health('host', of, by(promotion, fence)));
    await must(deployer.proof('host', of, by(promotion, fence)));
  }
  async function deploy(deployer: ComposeDeployer, of: HostRelease, promotion: string): Promise<void> {
    const lock = await must(deployer.lock('host', by(promotion)));
    await bringUp(deployer, of, promotion);
    await must(deployer.commit('host', of, by(promotion)));
    await lock.release();
  }

  /** The driver as a process of its own. */
  function drive(way: Way, of: HostRelease, claim: { promotion: string; fence: number }, wait?: string) {
    const common = { project: { directory: project.directory }, health: quickHealth, minimumFree: { images: 0, project: 0 } };
    const options =
      way === 'local'
        ? { name: 'host', docker: { host: bench.engine.env.DOCKER_HOST, config: bench.engine.env.DOCKER_CONFIG }, ...common }
        : { hosts: [{ name: 'host', address: bench.sshd.host, port: bench.sshd.port }], ssh: { user: bench.sshd.user, privateKeyFile: bench.sshd.userKeyPath, hostKey: { knownHosts: bench.sshd.knownHostsPath } }, ...common };
    const child = spawn(process.execPath, [fileURLToPath(new URL('driver.mjs', import.meta.url)), JSON.stringify({ way, options, release: of, credentials: credentials(), claim: { environment: 'production', ...claim }, wait })], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const seen: string[] = [];
    const reader = createInterface({ input: child.stdout });
    reader.on('line', (line) => seen.push(line));
    return {
      child,
      seen,
      until: async (line: string | RegExp): Promise<void> => {
        while (!seen.some((one) => (typeof line === 'string' ? one === line : line.test(one)))) {
          if (seen.includes('end')) throw new Error(`the driver ended without ${String(line)}: ${seen.join(', ')}`);
          await sleep(20);
        }
      },
    };
  }

  /** Until Compose is in the middle of replacing a container. */
  async function untilReplacing(): Promise<void> {
    while (!(await names()).some((name) => /^[0-9a-f]{12}_/.test(name))) await sleep(50);
  }

  for (const way of ['ssh', 'local'] as const satisfies readonly Way[]) {
    it(`a client that is killed during "up" leaves a host that the next driver of the promotion takes over and finishes (${way})`, async () => {
      project = await bench.project();
      project.write('compose.yaml', slow());
      const deployer = project.deployer(way);
      await deploy(deployer, release({ web: web[0], worker }), 'first');
      const workerId = await project.compose(['ps', '-q', '--no-trunc', 'worker']);

      const driver = drive(way, release({ web: web[1], worker }), { promotion: 'second', fence: 1 });
      await driver.until('begins restart');
      await untilReplacing();
      driver.child.kill('SIGKILL');

      const next = release({ web: web[1], worker });
      const lock = await must(deployer.lock('host', by('second', 2)));
      const state = await must(deployer.current('host', next, call()));
      expect(state.previous?.services).toEqual(release({ web: web[0], worker }).services);
      await bringUp(deployer, next, 'second', 2);
      await must(deployer.commit('host', next, by('second', 2)));
      await lock.release();
      expect(await page()).toBe('two');
      expect((await names()).filter((name) => /^[0-9a-f]{12}_/.test(name))).toEqual([]);
      expect(await project.compose(['ps', '-q', '--no-trunc', 'worker'])).toBe(workerId);
    });

    it(`a client that is stopped and continued after another one took over changes nothing (${way}; SIGSTOP)`, async () => {
      project = await bench.project();
      const frozen = drive(way, release({ web: web[2], worker }), { promotion: 'one', fence: 1 }, 'pin');
      await frozen.until('waits pin');
      frozen.child.kill('SIGSTOP');

      const deployer = project.deployer(way);
      const lock = await must(deployer.lock('host', by('one', 2)));
      await bringUp(deployer, release({ web: web[1], worker }), 'one', 2);
      const before = [await names(), readFileSync(join(project.directory, 'compose.promoted.yaml'), 'utf8')];
      frozen.child.kill('SIGCONT');
      frozen.child.stdin?.write('go on\n');
      await frozen.until('failed pin host_fenced');
      expect([await names(), readFileSync(join(project.directory, 'compose.promoted.yaml'), 'utf8')]).toEqual(before);
      // The lock is still ours.
      await must(deployer.commit('host', release({ web: web[1], worker }), by('one', 2)));
      await lock.release();
      expect(await page()).toBe('two');
    });
  }

  it('a Compose that is killed while it replaces a container is run again, over what it left', async () => {
    project = await bench.project();
    project.write('compose.yaml', slow());
    const deployer = project.deployer('local');
    await deploy(deployer, release({ web: web[0], worker }), 'first');
    const next = release({ web: web[1], worker });
    const lock = await must(deployer.lock('host', by('second')));
    await must(deployer.pull('host', next, credentials(), by('second')));
    await must(deployer.pin('host', next, by('second')));
    const restarting = deployer.restart('host', next, by('second'));
    await untilReplacing();
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('compose') && readlinkSync(`/proc/${pid}/cwd`) === project.directory && !readlinkSync(`/proc/${pid}/exe`).endsWith('sh')) process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    expect(await fault(restarting)).toMatchObject({ changed: true });
    expect((await names()).some((name) => /^[0-9a-f]{12}_/.test(name))).toBe(true);
    expect((await must(deployer.restart('host', next, by('second')))).changed).toBe(true);
    await must(deployer.health('host', next, by('second')));
    await lock.release();
    expect(await page()).toBe('two');
  });

  it('a connection that is cut during "up" is an unknown outcome; the same driver goes on over a new one', async () => {
    project = await bench.project();
    project.write('compose.yaml', slow());
    const deployer = project.deployer('ssh');
    await deploy(deployer, release({ web: web[0], worker }), 'first');
    const next = release({ web: web[1], worker });
    const lock = await must(deployer.lock('host', by('second')));
    await must(deployer.pull('host', next, credentials(), by('second')));
    await must(deployer.pin('host', next, by('second')));
    const restarting = deployer.restart('host', next, by('second'));
    await untilReplacing();
    await bench.sshd.dropConnections();
    const lost = await fault(restarting);
    expect(lost).toMatchObject({ code: 'host_connection_lost', retryable: true });
    expect(lost.changed).toBeUndefined();
    await must(deployer.restart('host', next, by('second')));
    await must(deployer.health('host', next, by('second')));
    await must(deployer.commit('host', next, by('second')));
    await lock.release();
    expect(await page()).toBe('two');
    await deploy(deployer, release({ web: web[2], worker }), 'third');
  });

  it('an interrupted "up" answers within a second and is ended on the host', async () => {
    project = await bench.project();
    project.write('compose.yaml', slow());
    const deployer = project.deployer('ssh');
    await deploy(deployer, release({ web: web[0], worker }), 'first');
    const next = release({ web: web[1], worker });
    const lock = await must(deployer.lock('host', by('second')));
    await must(deployer.pull('host', next, credentials(), by('second')));
    await must(deployer.pin('host', next, by('second')));
    const controller = new AbortController();
    const restarting = deployer.restart('host', next, { ...by('second'), signal: controller.signal });
    await untilReplacing();
    controller.abort();
    expect((await fault(restarting)).code).toBe('interrupted');
    // The way back waits for the command that was ended, not beside it.
    expect(await must(deployer.stop('host', ['web'], by('second')))).toEqual({ survivors: [] });
    await must(deployer.restorePin('host', release({ web: web[0], worker }), by('second')));
    await must(deployer.restart('host', release({ web: web[0], worker }), by('second')));
    await must(deployer.health('host', release({ web: web[0], worker }), by('second')));
    await must(deployer.proof('host', release({ web: web[0], worker }), by('second')));
    await lock.release();
  });
});
