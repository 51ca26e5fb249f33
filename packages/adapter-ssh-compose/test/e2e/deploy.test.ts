import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HostChange, HostRelease } from '@davit/core';
import { skipWithout } from '@davit/real-services';
import type { ComposeDeployer } from '../../src/index.js';
import { account, by, call, must, release, server, sleeper, startBench, tools, type Bench, type Project, type Way } from './bench.js';

describe.skipIf(skipWithout(...tools))('deploying for real', () => {
  let bench: Bench;
  let web: readonly [string, string, string];
  let worker: readonly [string, string];
  let project: Project;

  beforeAll(async () => {
    bench = await startBench();
    web = [await bench.image('web', server('one')), await bench.image('web', server('two')), await bench.image('web', server('three'))];
    worker = [await bench.image('worker', sleeper('one')), await bench.image('worker', sleeper('two'))];
  });
  afterAll(async () => {
    await bench.stop();
  });
  afterEach(async () => {
    await project.dispose();
  });

  const credentials = () => [{ registry: bench.registry.host, username: account.user, password: account.password }];
  const pulled = (deployer: ComposeDeployer, of: HostRelease, promotion: string) => must(deployer.pull('host', of, credentials(), by(promotion)));

  async function deploy(deployer: ComposeDeployer, of: HostRelease, promotion: string): Promise<HostChange> {
    const lock = await must(deployer.lock('host', by(promotion)));
    try {
      await pulled(deployer, of, promotion);
      await must(deployer.pin('host', of, by(promotion)));
      const restarted = await must(deployer.restart('host', of, by(promotion)));
      await must(deployer.health('host', of, by(promotion)));
      await must(deployer.proof('host', of, by(promotion)));
      await must(deployer.commit('host', of, by(promotion)));
      return restarted;
    } finally {
      await lock.release();
    }
  }

  const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${String(project.port)}/`)).text();
  const ids = () => project.compose(['ps', '-aq', '--no-trunc']);
  const tags = async (): Promise<readonly string[]> => (await bench.engine.docker(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'])).stdout.split('\n').filter((line) => line.startsWith('davit-keep/')).sort();

  for (const way of ['ssh', 'local'] as const satisfies readonly Way[]) {
    it(`serves the new version, keeps the rest of .env, and survives a plain "docker compose up" by hand (${way}; R54, R57)`, async () => {
      project = await bench.project();
      const secret = 'DATABASE_PASSWORD="p#$é"\n\n # indented comment\nLAST=1';
      writeFileSync(join(project.directory, '.env'), secret, { mode: 0o640 });
      const deployer = project.deployer(way);
      const { warnings } = await must(deployer.preflight('host', release({ web: web[0], worker: worker[0] }), call()));
      expect(warnings).toEqual(['there is no previous release to return to if this one fails']);
      await deploy(deployer, release({ web: web[0], worker: worker[0] }), 'first');
      expect(await page()).toBe('one');
      expect((await must(deployer.preflight('host', release({ web: web[1], worker: worker[1] }), call()))).warnings).toEqual([]);
      await deploy(deployer, release({ web: web[1], worker: worker[1] }), 'second');
      expect(await page()).toBe('two');

      const environment = readFileSync(join(project.directory, '.env'), 'utf8');
      expect(environment.startsWith(secret)).toBe(true);
      expect(environment).toContain('COMPOSE_FILE=compose.yaml:compose.promoted.yaml\n');
      expect(statSync(join(project.directory, '.env')).mode & 0o777).toBe(0o640);

      const before = await ids();
      await project.compose(['up', '-d']);
      expect(await ids()).toBe(before);
      const current = JSON.parse(readFileSync(join(project.directory, '.davit/current.json'), 'utf8')) as { services: Record<string, { image: string; promotion: string }> };
      expect(current.services['web']).toMatchObject({ image: web[1], promotion: 'second', environment: 'production' });
      expect(readFileSync(join(project.directory, '.davit/releases.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
    });
  }

  it('touches the services of the release and no others, whose pins stay too (G9)', async () => {
    project = await bench.project();
    const deployer = project.deployer('local');
    await deploy(deployer, release({ web: web[0], worker: worker[0] }), 'first');
    const workerId = await project.compose(['ps', '-q', '--no-trunc', 'worker']);
    await deploy(deployer, release({ web: web[1] }), 'second');
    expect(await project.compose(['ps', '-q', '--no-trunc', 'worker'])).toBe(workerId);
    expect(readFileSync(join(project.directory, 'compose.promoted.yaml'), 'utf8')).toContain(worker[0]);
    expect((await must(deployer.current('host', release({ web: web[2] }), call()))).previous?.services).toEqual([{ service: 'web', image: web[1] }]);
  });

  it('starts what the services need where it does not run, waits for jobs, and does neither a second time (R57)', async () => {
    project = await bench.project();
    await bench.engine.importBusybox('helper:1');
    project.write(
      'compose.yaml',
      `name: ${project.name}
services:
  database: { image: "helper:1", init: true, stop_grace_period: 1s }
  migrate:
    image: worker:none
    command: [sh, -c, "echo run >>/out/runs"]
    volumes: ["./out:/out"]
    depends_on: [database]
  web:
    image: web:none
    init: true
    stop_grace_period: 1s
    ports: ["127.0.0.1:${String(project.port)}:8080"]
    depends_on: { migrate: { condition: service_completed_successfully }, database: { condition: service_started } }
`,
    );
    const deployer = project.deployer('ssh', { project: { directory: project.directory, jobs: ['migrate'] } });
    const one = release({ migrate: worker[0], web: web[0] });
    await deploy(deployer, one, 'first');
    expect(await page()).toBe('one');
    const database = await project.compose(['ps', '-q', '--no-trunc', 'database']);
    expect(database).not.toBe('');
    const runs = () => readFileSync(join(project.directory, 'out/runs'), 'utf8').length / 4;
    expect(runs()).toBe(1);
    expect((await deploy(deployer, one, 'again')).changed).toBe(false);
    expect(runs()).toBe(1);
    await deploy(deployer, release({ migrate: worker[1], web: web[1] }), 'second');
    expect(await page()).toBe('two');
    expect(runs()).toBe(2);
    expect(await project.compose(['ps', '-q', '--no-trunc', 'database'])).toBe(database);
    const state = await must(deployer.current('host', release({ migrate: worker[0], web: web[2] }), call()));
    expect(state.services.map((service) => service.state)).toEqual(['running', 'running']);
  });

  it('returns to an image that was built on the host and that no registry knows (R68)', async () => {
    project = await bench.project();
    await bench.engine.importBusybox('web:none', server('built here'));
    await bench.engine.importBusybox('worker:none', sleeper('built here'));
    await project.compose(['up', '-d']);
    const deployer = project.deployer('ssh');
    const next = release({ web: web[0], worker: worker[0] });
    const { previous } = await must(deployer.current('host', next, call()));
    expect(previous?.services.map(({ image }) => image)).toEqual([expect.stringMatching(/^davit-keep\/.*\/web:id-[0-9a-f]{64}$/), expect.stringMatching(/^davit-keep\/.*\/worker:id-/)]);
    if (previous === undefined) throw new Error('nothing to return to');
    await deploy(deployer, next, 'first');
    // Whoever cleans up takes the user's tags, not ours.
    await bench.engine.docker(['image', 'rm', 'web:none', 'worker:none']);
    await bench.engine.docker(['image', 'prune', '-f']);
    const lock = await must(deployer.lock('host', by('back')));
    expect((await must(deployer.pull('host', previous, [], by('back')))).changed).toBe(false);
    expect(await must(deployer.stop('host', ['web', 'worker'], by('back')))).toEqual({ survivors: [] });
    await must(deployer.restorePin('host', previous, by('back')));
    await must(deployer.restart('host', previous, by('back')));
    await must(deployer.health('host', previous, by('back')));
    await must(deployer.proof('host', previous, by('back')));
    await lock.release();
    expect(await page()).toBe('built here');
  });

  it('keeps as many previous images as asked for, lets go of older ones, and needs no registry to go back (R32, G10)', async () => {
    project = await bench.project();
    const deployer = project.deployer('local', { keepPrevious: 1 });
    await bench.engine.importBusybox('worker:none', sleeper('none'));
    for (const [n, image] of web.entries()) await deploy(deployer, release({ web: image }), `p${String(n)}`);
    expect(await tags()).toEqual([web[1], web[2]].map((image) => `davit-keep/${project.name}/web:${image.slice(image.indexOf('@') + 1).replace(':', '-')}`).sort());
    await expect(bench.engine.docker(['image', 'inspect', web[0]])).rejects.toThrow();
    await bench.engine.docker(['image', 'prune', '-f']);

    const { previous } = await must(deployer.current('host', release({ web: web[2] }), call()));
    expect(previous?.services).toEqual([{ service: 'web', image: web[1] }]);
    if (previous === undefined) throw new Error('nothing to return to');
    const lock = await must(deployer.lock('host', by('back')));
    // No credentials, so nothing could be pulled.
    expect((await must(deployer.pull('host', previous, [], by('back')))).changed).toBe(false);
    await must(deployer.stop('host', ['web'], by('back')));
    await must(deployer.restorePin('host', previous, by('back')));
    await must(deployer.restart('host', previous, by('back')));
    await must(deployer.health('host', previous, by('back')));
    await must(deployer.proof('host', previous, by('back')));
    await must(deployer.commit('host', previous, by('back')));
    await lock.release();
    expect(await page()).toBe('two');
  });

  it('works on files that are named in the options, and leaves .env alone then', async () => {
    project = await bench.project();
    project.write('extra.yaml', 'services: { web: { environment: { EXTRA: "1" } } }\n');
    const deployer = project.deployer('ssh', { project: { directory: project.directory, files: ['compose.yaml', 'extra.yaml'], stateDirectory: join(project.directory, 'state') } });
    await deploy(deployer, release({ web: web[0] }), 'first');
    expect(await page()).toBe('one');
    expect(() => statSync(join(project.directory, '.env'))).toThrow();
    expect(() => statSync(join(project.directory, '.davit'))).toThrow();
    expect((await must(deployer.preflight('host', release({ web: web[1] }), call()))).warnings).toEqual([]);
    expect((await bench.engine.docker(['exec', (await bench.engine.docker(['ps', '-q', '--filter', `label=com.docker.compose.project=${project.name}`])).stdout.trim(), 'env'])).stdout).toContain('EXTRA=1');
  });

  it('tells of what somebody did by hand (drift)', async () => {
    project = await bench.project();
    const deployer = project.deployer('local');
    await deploy(deployer, release({ web: web[0] }), 'first');
    await pulledByHand(web[1]);
    project.write('compose.promoted.yaml', readFileSync(join(project.directory, 'compose.promoted.yaml'), 'utf8').replace(web[0], web[1]));
    await project.compose(['up', '-d', 'web']);
    const state = await must(deployer.current('host', release({ web: web[2] }), call()));
    expect(state.drift).toEqual([`web runs ${web[1]}; the ledger says ${web[0]} (promotion first)`]);
    expect(state.previous?.services).toEqual([{ service: 'web', image: web[1] }]);
    expect(state.verified).toMatchObject({ promotion: 'first', services: [{ service: 'web', image: web[0] }] });
  });

  async function pulledByHand(image: string): Promise<void> {
    const lock = await must(project.deployer('local').lock('host', by('hand')));
    await pulled(project.deployer('local'), release({ web: image }), 'hand');
    await lock.release();
  }
});
