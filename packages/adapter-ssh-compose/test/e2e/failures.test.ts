import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HostFailure, HostRelease } from '@davit/core';
import { skipWithout } from '@davit/real-services';
import type { ComposeDeployer } from '../../src/index.js';
import { account, by, call, fault, must, release, server, sleeper, startBench, tools, type Bench, type Project } from './bench.js';

describe.skipIf(skipWithout(...tools))('what goes wrong for real', () => {
  let bench: Bench;
  let images: Record<'good' | 'other' | 'crash' | 'lateCrash' | 'unhealthy' | 'noProgram' | 'worker', string>;
  let project: Project;

  beforeAll(async () => {
    bench = await startBench();
    images = {
      good: await bench.image('web', server('good')),
      other: await bench.image('web', server('other')),
      crash: await bench.image('web', { files: { '/v': 'crash' }, command: ['sh', '-c', 'echo no configuration for the queue >&2; exit 3'] }),
      lateCrash: await bench.image('web', { files: { '/v': 'late' }, command: ['sh', '-c', 'sleep 1; echo lost the database >&2; exit 4'] }),
      unhealthy: await bench.image('web', { ...sleeper('unhealthy'), healthcheck: '--interval=1s --retries=1 CMD sh -c "echo probe says no; exit 1"' }),
      noProgram: await bench.image('web', { files: { '/v': 'none' }, command: ['/no/such/program'] }),
      worker: await bench.image('worker', sleeper('good')),
    };
  });
  afterAll(async () => {
    await bench.stop();
  });
  const cleanups: (() => void)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) cleanup();
    await project.dispose();
  });

  const credentials = (password = account.password) => [{ registry: bench.registry.host, username: account.user, password }];

  /** Up to the restart; the first failure on the way. */
  async function attempt(deployer: ComposeDeployer, of: HostRelease, promotion = 'one'): Promise<HostFailure | undefined> {
    const lock = await must(deployer.lock('host', by(promotion)));
    try {
      const result = await deployer
        .pull('host', of, credentials(), by(promotion))
        .andThen(() => deployer.pin('host', of, by(promotion)))
        .andThen(() => deployer.restart('host', of, by(promotion)))
        .andThen(() => deployer.health('host', of, by(promotion)))
        .andThen(() => deployer.commit('host', of, by(promotion)));
      return result.isErr() ? result.error : undefined;
    } finally {
      await lock.release();
    }
  }
  const listen = (port: number): Promise<Server> =>
    new Promise((resolve) => {
      const one = createServer().listen(port, '127.0.0.1', () => { resolve(one); });
      cleanups.push(() => one.close());
    });

  describe('a release that does not become healthy (R59, R62)', () => {
    it.each([
      ['ssh', 'crash', 'service_unhealthy', 'no configuration for the queue'],
      ['local', 'lateCrash', 'service_unhealthy', 'lost the database'],
      ['local', 'unhealthy', 'service_unhealthy', 'probe says no'],
      ['ssh', 'noProgram', 'start_failed', '/no/such/program'],
    ] as const)('%s: %s is %s, with the evidence', async (way, image, code, words) => {
      project = await bench.project();
      project.write('compose.yaml', `name: ${project.name}\nservices:\n  web: { image: "web:none", restart: always, init: ${String(image !== 'noProgram')}, stop_grace_period: 1s }\n`);
      const error = await attempt(project.deployer(way), release({ web: images[image] }));
      expect(error).toMatchObject({ code, service: 'web', host: 'host', retryable: false });
      expect(error?.evidence).toContain(words);
      if (code === 'start_failed') expect(error?.changed).toBe(true);
    });
  });

  describe('an image that cannot be pulled leaves everything as it is (R53, G3)', () => {
    it('because no registry has it, because of the password, or because the registry is down; but not when it is there', async () => {
      project = await bench.project();
      const deployer = project.deployer('ssh');
      await attempt(deployer, release({ web: images.good }), 'first');
      const files = () => readdirSync(project.directory).filter((name) => name !== '.davit').map((name) => [name, readFileSync(join(project.directory, name), 'utf8')]);
      const before = [files(), await project.compose(['ps', '-aq'])];
      const lock = await must(deployer.lock('host', by('second')));
      const missing = release({ web: images.other.replace(/@.*/, `@sha256:${'0'.repeat(64)}`) });
      expect(await fault(deployer.pull('host', missing, credentials(), by('second')))).toMatchObject({ code: 'pull_failed', actual: 'not_found', changed: false, retryable: false });

      const wrong = await fault(deployer.pull('host', release({ web: images.other }), credentials('planted-wrong-password'), by('second')));
      expect(wrong).toMatchObject({ code: 'pull_failed', actual: 'auth', changed: false, retryable: false });
      expect(JSON.stringify(wrong)).not.toContain('planted');
      expect(await fault(deployer.pull('host', release({ web: images.other }), [], by('second')))).toMatchObject({ code: 'pull_failed', actual: 'auth' });

      const nowhere = release({ web: images.other.replace(/^[^/]*/, '127.0.0.1:1') });
      expect(await fault(deployer.pull('host', nowhere, credentials(), by('second')))).toMatchObject({ code: 'pull_failed', actual: 'network', changed: false, retryable: true });
      expect((await must(deployer.pull('host', release({ web: images.good }), credentials('planted-wrong-password'), by('second')))).changed).toBe(false);
      await lock.release();
      expect([files(), await project.compose(['ps', '-aq'])]).toEqual(before);
    });
  });

  describe('a port that somebody else holds', () => {
    it('is refused in preflight, naming port and holder; appearing later, it fails the start', async () => {
      project = await bench.project();
      const deployer = project.deployer('ssh');
      const of = release({ web: images.good });
      const foreign = await listen(project.port);
      const refused = await fault(deployer.preflight('host', of, call()));
      expect(refused).toMatchObject({ code: 'port_in_use', port: project.port, service: 'web', changed: false });
      expect(refused.message).toContain(`pid ${String(process.pid)}`);
      await new Promise((resolve) => foreign.close(resolve));
      await must(deployer.preflight('host', of, call()));

      await listen(project.port);
      const failed = await attempt(deployer, of);
      expect(failed).toMatchObject({ code: 'port_in_use', port: project.port, service: 'web', changed: true });
      expect(failed?.holder).toContain(`pid ${String(process.pid)}`);
    });

    it('is named as a container where it is one; its own container is in nobody’s way', async () => {
      project = await bench.project();
      const deployer = project.deployer('local');
      await bench.engine.importBusybox('other:1');
      await bench.engine.docker(['run', '-d', '--name', `squatter-${project.name}`, '-p', `127.0.0.1:${String(project.port)}:1`, 'other:1']);
      expect(await fault(deployer.preflight('host', release({ web: images.good }), call()))).toMatchObject({ code: 'port_in_use', holder: `container squatter-${project.name}` });
      await bench.engine.docker(['rm', '-f', `squatter-${project.name}`]);
      expect(await attempt(deployer, release({ web: images.good }))).toBeUndefined();
      await must(deployer.preflight('host', release({ web: images.other }), call()));
    });
  });

  describe('a project that differs from what runs in more than the image', () => {
    it('is refused in preflight, also by what an env_file says, until it is brought up by itself', async () => {
      project = await bench.project();
      const compose = (environment: string): void => {
        project.write('compose.yaml', `name: ${project.name}\nservices:\n  web: { image: "web:none", init: true, stop_grace_period: 1s, env_file: [app.env], environment: { A: "${environment}" }, deploy: { replicas: 2 }, build: . }\n`);
      };
      project.write('app.env', 'FROM_FILE=1\n');
      compose('1');
      const deployer = project.deployer('local');
      expect(await attempt(deployer, release({ web: images.good }))).toBeUndefined();
      await must(deployer.preflight('host', release({ web: images.other }), call()));

      compose('2');
      expect(await fault(deployer.preflight('host', release({ web: images.other }), call()))).toMatchObject({ code: 'project_differs', service: 'web', changed: false });
      compose('1');
      project.write('app.env', 'FROM_FILE=2\n');
      expect((await fault(deployer.preflight('host', release({ web: images.other }), call()))).code).toBe('project_differs');
      await project.compose(['up', '-d', '--no-build']);
      await must(deployer.preflight('host', release({ web: images.other }), call()));
    });
  });

  describe('a project that cannot be used', () => {
    it('is refused with Compose’s words, the names it has, or the directory', async () => {
      project = await bench.project();
      const deployer = project.deployer('ssh');
      expect(await fault(deployer.preflight('host', release({ wbe: images.good }), call()))).toMatchObject({ code: 'service_unknown', service: 'wbe', expected: ['web', 'worker'] });
      const before = readdirSync(project.directory);
      const lock = await must(deployer.lock('host', by('one')));
      expect(await fault(deployer.pin('host', release({ wbe: images.good }), by('one')))).toMatchObject({ code: 'service_unknown', changed: false });
      await lock.release();
      expect(readdirSync(project.directory).filter((name) => name !== '.davit')).toEqual(before);

      project.write('compose.yaml', `name: ${project.name}\nservices:\n  web: { imagee: x }\n`);
      expect(await fault(deployer.preflight('host', release({ web: images.good }), call()))).toMatchObject({ code: 'project_invalid', message: expect.stringContaining('imagee') as string });
      project.write('compose.yaml', `name: ${project.name}\nservices:\n  web: { image: "\${MISSING:?is not set}" }\n`);
      expect(await fault(deployer.preflight('host', release({ web: images.good }), call()))).toMatchObject({ code: 'project_invalid', message: expect.stringContaining('is not set') as string });

      for (const way of ['ssh', 'local'] as const) {
        const elsewhere = project.deployer(way, { project: { directory: join(project.directory, 'none') } });
        expect((await fault(elsewhere.preflight('host', release({ web: images.good }), call()))).code).toBe('project_invalid');
        expect((await fault(elsewhere.lock('host', by('one')))).code).toBe('project_invalid');
      }
    });

    it('is refused when the pin was changed by hand: nobody’s settings are written over (R56)', async () => {
      project = await bench.project();
      const deployer = project.deployer('local');
      const lock = await must(deployer.lock('host', by('one')));
      project.write('compose.promoted.yaml', 'services: { web: { environment: { A: "1" } } }\n');
      expect(await fault(deployer.preflight('host', release({ web: images.good }), call()))).toMatchObject({ code: 'pin_failed', path: 'compose.promoted.yaml' });
      expect(await fault(deployer.pin('host', release({ web: images.good }), by('one')))).toMatchObject({ code: 'pin_failed', changed: false });
      expect(readFileSync(join(project.directory, 'compose.promoted.yaml'), 'utf8')).toContain('"1"');
      expect(existsSync(join(project.directory, '.env'))).toBe(false);
      await lock.release();
    });
  });

  describe('a full disk', () => {
    it('is refused in preflight, and in the middle of pinning leaves the old files as they were', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'davit-full-'));
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', directory]).status).toBe(0);
      cleanups.push(() => {
        spawnSync('umount', ['-l', directory]);
        rmSync(directory, { recursive: true });
      });
      project = await bench.project({ directory });
      const deployer = project.deployer('ssh');
      expect(await attempt(deployer, release({ web: images.good }), 'first')).toBeUndefined();
      const strict = project.deployer('ssh', { minimumFree: { project: 2 ** 30, images: 0 } });
      expect(await fault(strict.preflight('host', release({ web: images.other }), call()))).toMatchObject({ code: 'host_disk_full', changed: false });

      const lock = await must(deployer.lock('host', by('second')));
      await must(deployer.pull('host', release({ web: images.other }), credentials(), by('second')));
      const files = () => ['compose.promoted.yaml', '.env', '.davit/releases.jsonl'].map((name) => readFileSync(join(directory, name), 'utf8'));
      const before = files();
      spawnSync('sh', ['-c', `head -c 200000 /dev/zero >${directory}/ballast; ls -A ${directory} >/dev/null`]);
      expect(await fault(deployer.pin('host', release({ web: images.other }), by('second')))).toMatchObject({ code: 'host_disk_full', changed: false });
      expect(await fault(deployer.commit('host', release({ web: images.good }), by('second')))).toMatchObject({ code: 'host_disk_full', changed: false });
      expect(files()).toEqual(before);
      expect(readdirSync(directory).filter((name) => name.startsWith('.davit.'))).toEqual([]);
      rmSync(join(directory, 'ballast'));
      expect((await must(deployer.pin('host', release({ web: images.other }), by('second')))).changed).toBe(true);
      await lock.release();
    });
  });

  describe('a registry password (G24)', () => {
    it.each(['ssh', 'local'] as const)('is on the command line of no process, and in no file afterwards (%s)', async (way) => {
      project = await bench.project();
      const deployer = project.deployer(way);
      const encoded = Buffer.from(`${account.user}:${account.password}`).toString('base64');
      const seen: string[] = [];
      let pulls = 0;
      let watching = true;
      const watch = (async () => {
        while (watching) {
          for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
            try {
              const text = readFileSync(`/proc/${pid}/cmdline`, 'latin1') + readFileSync(`/proc/${pid}/environ`, 'latin1');
              if (text.includes('pull\0--quiet')) pulls += 1;
              if (text.includes(account.password) || text.includes(encoded)) seen.push(text);
            } catch {
              // It has ended.
            }
          }
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })();
      expect(await attempt(deployer, release({ web: images.good }))).toBeUndefined();
      watching = false;
      await watch;
      expect(pulls).toBeGreaterThan(0);
      expect(seen).toEqual([]);
      expect(deployer.secrets()).toContain(account.password);

      const places = [project.directory, bench.engine.env.DOCKER_CONFIG, '/dev/shm', join(homedir(), '.docker')].filter((place) => existsSync(place));
      const found = places.flatMap((place) => readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)))
        .filter((path) => statSync(path).size < 2 ** 20)
        .filter((path) => [account.password, encoded].some((secret) => readFileSync(path, 'latin1').includes(secret)));
      expect(found).toEqual([]);
      expect(readFileSync(bench.sshd.logFile, 'utf8')).not.toContain(account.password);
    });
  });

  it('nothing at all where Docker does not answer', async () => {
    project = await bench.project();
    mkdirSync(join(project.directory, 'empty'));
    const deployer = project.deployer('local', { docker: { host: `unix://${project.directory}/none.sock`, config: bench.engine.env.DOCKER_CONFIG } });
    expect(await fault(deployer.preflight('host', release({ web: images.good }), call()))).toMatchObject({ code: 'docker_unavailable', retryable: true, changed: false });
    const bare = project.deployer('local', { docker: { host: bench.engine.env.DOCKER_HOST, config: join(project.directory, 'empty'), command: 'docker' } });
    const error = await bare.preflight('host', release({ web: images.good }), call());
    // Where the machine has a plugin of its own for everybody it is found all the same.
    if (error.isErr()) expect(error.error.code).toBe('compose_unavailable');
  });
});
