/**
 * Processes: whose they are, how they end, what they leave behind as evidence (R50, R57–R62, R71–R73).
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError, type HostRelease } from '@davit/core';
import { memoryRegistry } from '@davit/core/testing';
import { processDeployer } from '@davit/example-process-deployer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify, isAlive } from '../src/process-identity.js';
import { ServiceProcess } from '../src/service-process.js';
import { application, ask, by, call, deploy, fixture, freePorts, host, listen, must, processesBelow, refused, type Fixture } from './fixture.js';

let f: Fixture;
beforeEach(async () => {
  f = await fixture();
});
afterEach(async () => {
  await f.dispose();
});

/** Up to the point where it is restarted; the lock stays. */
async function prepare(release: HostRelease, promotion: string, deployer = f.deployer()): Promise<ReturnType<typeof f.deployer>> {
  await must(deployer.lock(host, by(promotion)));
  await must(deployer.pull(host, release, [], by(promotion)));
  await must(deployer.pin(host, release, by(promotion)));
  return deployer;
}

describe('an application', () => {
  it('runs in its files, with the image\'s variables and the service\'s, and with nothing of this process\'s own', async () => {
    process.env['DAVIT_PLANTED'] = 'secret';
    try {
      const image = await f.image('1', { config: { Entrypoint: ['node', '/app/server.js'], Cmd: ['--flag'], Env: ['VERSION=1', 'FROM_IMAGE=yes'], WorkingDir: '/app' } });
      await deploy(f.deployer({ services: { web: { port: f.ports.web, healthPath: '/up', env: { FROM_SERVICE: 'yes' } } } }), f.release(image), 'p');
      const { version, env, args, cwd } = await ask(f.ports.web);
      expect({ version, args }).toEqual({ version: '1', args: ['--flag'] });
      expect(env).toMatchObject({ PORT: String(f.ports.web), FROM_IMAGE: 'yes', FROM_SERVICE: 'yes', DAVIT_IMAGE: image, DAVIT_SERVICE: 'web' });
      expect(Object.keys(env).sort()).toEqual(['DAVIT_IMAGE', 'DAVIT_SERVICE', 'FROM_IMAGE', 'FROM_SERVICE', 'PATH', 'PORT', 'VERSION']);
      expect(cwd.endsWith('/root/app')).toBe(true);
    } finally {
      delete process.env['DAVIT_PLANTED'];
    }
  });

  it('is replaced by another image; the one before has ended, and the log keeps both', async () => {
    const deployer = f.deployer();
    await deploy(deployer, f.release(await f.image('1')), 'one');
    const first = await ask(f.ports.web);
    await deploy(deployer, f.release(await f.image('2')), 'two');
    const second = await ask(f.ports.web);
    expect([first.version, second.version]).toEqual(['1', '2']);
    expect(await processesBelow(f.directory)).toEqual([second.pid]);
    expect(await readFile(join(f.directory, 'host', 'logs', 'web.log'), 'utf8')).toBe('listening as 1\nlistening as 2\n');
  });

  it('that is one of two services is left alone when only the other changes', async () => {
    const deployer = f.deployer();
    const worker = await f.image('w');
    await deploy(deployer, f.release(await f.image('1'), worker), 'one');
    const before = await ask(f.ports.worker);
    await deploy(deployer, f.release(await f.image('2'), worker), 'two');
    expect((await ask(f.ports.worker)).pid).toBe(before.pid);
    expect((await ask(f.ports.web)).version).toBe('2');
  });
});

describe('an application that does not start', () => {
  it('is start_failed, with its exit code and its own words, not with those of the one before (R59)', async () => {
    await deploy(f.deployer(), f.release(await f.image('1')), 'one');
    const release = f.release(await f.image('2', { files: { 'app/server.js': 'console.error("no database"); process.exit(7)' } }));
    const deployer = await prepare(release, 'two');
    const error = await refused(deployer.restart(host, release, by('two')));
    expect(error).toMatchObject({ code: 'start_failed', service: 'web', exitCode: 7, changed: true, evidence: 'no database' });
    expect((await must(deployer.current(host, release, call()))).services).toEqual([{ service: 'web', state: 'stopped', image: release.services[0]?.image }]);
  });

  it('leaves the first service on the new image and says that the host was changed', async () => {
    const crash = await f.image('2', { files: { 'app/server.js': 'process.exit(1)' } });
    const release = f.release(await f.image('1'), crash);
    const deployer = await prepare(release, 'p');
    expect(await refused(deployer.restart(host, release, by('p')))).toMatchObject({ code: 'start_failed', service: 'worker', changed: true });
    expect((await ask(f.ports.web)).version).toBe('1');
  });

  it('because it is not what is pinned is refused before anything is stopped', async () => {
    await deploy(f.deployer(), f.release(await f.image('1')), 'one');
    const { pid } = await ask(f.ports.web);
    const deployer = f.deployer();
    await must(deployer.lock(host, by('two')));
    expect(await refused(deployer.restart(host, f.release(await f.image('2')), by('two')))).toMatchObject({ code: 'start_failed', changed: false });
    expect((await ask(f.ports.web)).pid).toBe(pid);
  });
});

describe('an application that is not healthy', () => {
  it('is service_unhealthy when it answers badly, as soon as its time is over (R62)', async () => {
    const release = f.release(await f.image('ill'));
    const deployer = await prepare(release, 'p', f.deployer({ healthTimeoutMs: 300 }));
    await must(deployer.restart(host, release, by('p')));
    const error = await refused(deployer.health(host, release, call()));
    expect(error).toMatchObject({ code: 'service_unhealthy', service: 'web', evidence: 'listening as ill' });
    expect(error.message).toContain('500');
  });

  it('is service_unhealthy at once when its process ends, however long it may take to become healthy', async () => {
    const release = f.release(await f.image('1', { files: { 'app/server.js': `${application} setTimeout(() => { console.log('out of memory'); process.exit(9) }, 1500)` } }));
    const deployer = await prepare(release, 'p', f.deployer({ healthTimeoutMs: 10 * 60_000, healthIntervalMs: 2 * 60_000 }));
    await must(deployer.restart(host, release, by('p')));
    expect(await refused(deployer.health(host, release, call()))).toMatchObject({ code: 'service_unhealthy', evidence: expect.stringContaining('out of memory') as string });
  });

  it('is no longer waited for when the process is asked to stop', async () => {
    const release = f.release(await f.image('ill'));
    const deployer = await prepare(release, 'p');
    await must(deployer.restart(host, release, by('p')));
    const stop = new AbortController();
    const asked = deployer.health(host, release, { signal: stop.signal });
    stop.abort();
    expect((await refused(asked)).code).toBe('interrupted');
  });
});

describe('a port that somebody else holds', () => {
  it('is refused in preflight, by its number (R50)', async () => {
    const holder = await listen(f.ports.web);
    expect(await refused(f.deployer().preflight(host, f.release(await f.image('1')), call()))).toMatchObject({ code: 'port_in_use', port: f.ports.web, service: 'web', changed: false });
    await new Promise((resolve) => holder.close(resolve));
  });

  it('is no fault where the holder is the service itself', async () => {
    await deploy(f.deployer(), f.release(await f.image('1')), 'one');
    expect((await must(f.deployer().preflight(host, f.release(await f.image('2')), call()))).warnings).toEqual([]);
  });

  it('is named when it is taken after that, and the stranger\'s answer is not taken for the application\'s', async () => {
    const release = f.release(await f.image('1'));
    const deployer = await prepare(release, 'p');
    const holder = await listen(f.ports.web);
    expect(await refused(deployer.restart(host, release, by('p')))).toMatchObject({ code: 'port_in_use', port: f.ports.web, changed: true });
    await new Promise((resolve) => holder.close(resolve));
  });
});

describe('an application that does not end when it is asked to', () => {
  const stubborn = `${application} process.on('SIGTERM', () => console.log('not yet'))`;

  it('survives a stop, and is named; force ends it (R72, R73)', async () => {
    const release = f.release(await f.image('1', { files: { 'app/server.js': stubborn } }), await f.image('w'));
    const deployer = f.deployer({ stopGraceMs: 300 });
    await deploy(deployer, release, 'one');
    await must(deployer.lock(host, by('two')));
    expect(await must(deployer.stop(host, ['web', 'worker'], by('two')))).toEqual({ survivors: ['web'] });
    expect(await must(deployer.forceStop(host, ['web', 'worker'], by('two')))).toEqual({ survivors: [] });
    expect(await processesBelow(f.directory)).toEqual([]);
  });

  it('is ended by force when another image is to run', async () => {
    const deployer = f.deployer({ stopGraceMs: 300 });
    await deploy(deployer, f.release(await f.image('1', { files: { 'app/server.js': stubborn } })), 'one');
    await deploy(deployer, f.release(await f.image('2')), 'two');
    expect((await ask(f.ports.web)).version).toBe('2');
    expect(await processesBelow(f.directory)).toHaveLength(1);
  });

  it('ends together with what it has started', async () => {
    const release = f.release(await f.image('1', { files: { 'app/server.js': `${application} require('node:child_process').spawn('sleep', ['1000'])` } }));
    await deploy(f.deployer(), release, 'one');
    expect(await processesBelow(f.directory)).toHaveLength(2);
    const deployer = f.deployer();
    await must(deployer.lock(host, by('two')));
    await must(deployer.stop(host, ['web'], by('two')));
    while ((await processesBelow(f.directory)).length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });
});

describe('a process that a dead deployer had started, and that signs in late', () => {
  it('leaves by itself where another run is wanted by now', async () => {
    const release = f.release(await f.image('1'));
    await deploy(f.deployer(), release, 'one');
    const { pid } = await ask(f.ports.web);
    const service = join(f.directory, 'host', 'services', 'web');
    const late = join(service, 'runs', `${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}.json`);
    const script = join(f.directory, 'late.cjs');
    await writeFile(script, 'setInterval(() => {}, 1000)');
    const launch = (run: string) => spawn(process.execPath, ['--import', join(import.meta.dirname, '..', 'launcher.mjs'), script], { env: { DAVIT_RUN: run, DAVIT_RUN_IMAGE: 'x@y', DAVIT_RUN_FILE: late, DAVIT_WANTED_FILE: join(service, 'wanted.json') } });
    const [exitCode] = (await once(launch('00000000-0000-0000-0000-000000000000'), 'exit')) as [number];
    expect(exitCode).toBe(0);
    expect((await ask(f.ports.web)).pid).toBe(pid);
    // The same process stays where it is the wanted one.
    const { run } = JSON.parse(await readFile(join(service, 'wanted.json'), 'utf8')) as { run: string };
    const wanted = launch(run);
    while (!isAlive(JSON.parse(await readFile(late, 'utf8')) as never)) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(wanted.exitCode).toBeNull();
    wanted.kill('SIGKILL');
    await once(wanted, 'exit');
  });

  it('is not taken for the one that was started after it', async () => {
    // It signs in, stays for a moment and leaves, while the wanted one has not signed in yet.
    const service = new ServiceProcess('web', join(f.directory, 'host', 'services'), join(f.directory, 'host', 'logs'));
    const runs = join(f.directory, 'host', 'services', 'web', 'runs');
    await mkdir(runs, { recursive: true });
    const child = spawn('sleep', ['1000']);
    await once(child, 'spawn');
    await writeFile(join(runs, '00000000-0000-0000-0000-000000000001.json'), JSON.stringify({ ...identify(child.pid ?? 0), image: 'x@y' }));
    await writeFile(join(runs, '..', 'wanted.json'), JSON.stringify({ run: '00000000-0000-0000-0000-000000000002', image: 'x@y', logOffset: 0 }));
    expect(await service.startStatus()).toEqual({ state: 'starting' });
    expect(await service.status()).toMatchObject({ state: 'running', isWanted: false });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await service.startStatus()).toEqual({ state: 'starting' });
  });

  it('is seen and ended where it signed in before, whichever run is wanted', async () => {
    const release = f.release(await f.image('1'));
    await deploy(f.deployer(), release, 'one');
    // The deployer died right after it wrote which run it wants next.
    const wanted = join(f.directory, 'host', 'services', 'web', 'wanted.json');
    await writeFile(wanted, JSON.stringify({ run: '00000000-0000-0000-0000-000000000000', image: 'x@y', logOffset: 0 }));
    const deployer = f.deployer();
    expect((await must(deployer.current(host, release, call()))).services[0]).toMatchObject({ state: 'running', image: release.services[0]?.image });
    await must(deployer.lock(host, by('two')));
    expect(await must(deployer.stop(host, ['web'], by('two')))).toEqual({ survivors: [] });
    expect(await processesBelow(f.directory)).toEqual([]);
    expect(JSON.parse(await readFile(wanted, 'utf8'))).toMatchObject({ run: null });
  });
});

describe('the number of a process', () => {
  it('is not trusted without its start time: another process that was given the number is left alone', async () => {
    const release = f.release(await f.image('1'));
    await deploy(f.deployer(), release, 'one');
    const { pid } = await ask(f.ports.web);
    // The application has ended, and its number belongs to a stranger now.
    const stranger = spawn('sleep', ['1000'], { detached: true });
    await once(stranger, 'spawn');
    process.kill(pid, 'SIGKILL');
    const runs = join(f.directory, 'host', 'services', 'web', 'runs');
    const [run = ''] = await readdir(runs);
    const signedIn = JSON.parse(await readFile(join(runs, run), 'utf8')) as object;
    await writeFile(join(runs, run), JSON.stringify({ ...signedIn, pid: stranger.pid }));
    const deployer = f.deployer();
    const state = await must(deployer.current(host, release, call()));
    expect(state.services).toEqual([{ service: 'web', state: 'stopped', image: release.services[0]?.image }]);
    expect(state.drift.join()).toContain('web runs nothing');
    await must(deployer.lock(host, by('two')));
    await must(deployer.forceStop(host, ['web'], by('two')));
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    stranger.kill('SIGKILL');
    await once(stranger, 'exit');
  });

  it('is identified the same from inside and from outside, and not after its end', async () => {
    const ourselves = identify(process.pid);
    expect(ourselves !== undefined && isAlive(ourselves)).toBe(true);
    const child = spawn('sleep', ['1000']);
    await once(child, 'spawn');
    const identity = identify(child.pid ?? 0);
    if (identity === undefined) throw new Error('the child is not seen');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(identity)).toBe(false);
    expect(identify(2 ** 22 + 1)).toBeUndefined();
  });
});

describe('proof', () => {
  it('fails when the process does not work in the files of its digest (R66)', async () => {
    const release = f.release(await f.image('1'));
    const deployer = f.deployer();
    await deploy(deployer, release, 'one');
    const { pid } = await ask(f.ports.web);
    const other = f.release(await f.image('2'));
    const runs = join(f.directory, 'host', 'services', 'web', 'runs');
    const [run = ''] = await readdir(runs);
    const signedIn = JSON.parse(await readFile(join(runs, run), 'utf8')) as object;
    await writeFile(join(runs, run), JSON.stringify({ ...signedIn, pid, image: other.services[0]?.image }));
    expect(await refused(deployer.proof(host, other, call()))).toMatchObject({ code: 'digest_not_running', service: 'web' });
  });
});

describe('the lock', () => {
  it('of a process that has ended is free for another promotion, that of one that lives is not (R25)', async () => {
    const child = spawn('sleep', ['1000']);
    await once(child, 'spawn');
    const identity = identify(child.pid ?? 0);
    const lock = join(f.directory, 'host', 'lock');
    await mkdir(lock, { recursive: true });
    await writeFile(join(lock, '00000001.json'), JSON.stringify({ holder: { promotion: 'one', fence: 3, process: identity, token: 't' }, fences: [['one', 3]] }));
    const deployer = f.deployer();
    expect(await refused(deployer.lock(host, by('two')))).toMatchObject({ code: 'host_locked', holder: 'one', retryable: true, changed: false });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const taken = await must(deployer.lock(host, by('two')));
    expect((await refused(deployer.pin(host, f.release('x@y'), by('one', 3)))).code).toBe('host_fenced');
    await taken.release();
    expect((await refused(deployer.lock(host, by('one', 2)))).code).toBe('host_fenced');
  });

  it('is given to exactly one of many who want it', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => f.deployer().lock(host, by(`promotion ${String(at)}`))));
    expect(answers.filter((answer) => answer.isOk())).toHaveLength(1);
    for (const answer of answers) if (answer.isErr()) expect(answer.error.code).toBe('host_locked');
  });
});

describe('commit', () => {
  it('keeps the images that a rollback needs, and removes the others', async () => {
    const deployer = f.deployer();
    const images: string[] = [];
    for (const version of ['1', '2', '3', '4']) {
      const image = await f.image(version);
      images.push(image);
      await deploy(deployer, f.release(image), `promotion ${version}`);
    }
    const kept = await readdir(join(f.directory, 'host', 'images'));
    expect(kept.sort()).toEqual(images.slice(2).map((image) => image.slice(image.indexOf('@') + 1).replace(':', '-')).sort());
    const { previous } = await must(deployer.current(host, f.release(images[3] ?? ''), call()));
    expect(previous).toEqual(f.release(images[2] ?? ''));
  });
});

describe('a directory that cannot be used', () => {
  it('is project_invalid, and says why', async () => {
    await writeFile(join(f.directory, 'host'), 'a file');
    const release = f.release(await f.image('1'));
    for (const asked of [f.deployer().preflight(host, release, call()), f.deployer().lock(host, by('p'))]) {
      expect(await refused(asked)).toMatchObject({ code: 'project_invalid', message: expect.stringMatching(/EEXIST|ENOTDIR/) as string });
    }
  });
});

describe('options', () => {
  it.each([
    [{ directory: '' }, 'directory'],
    [{ services: {} }, 'services'],
    [{ services: { '../x': { port: 1 } } }, 'services'],
    [{ services: { web: { port: 0 } } }, 'services.web.port'],
    [{ services: { web: { port: 1 }, api: { port: 1 } } }, 'services.api.port'],
    [{ services: { web: { port: 1, healthPath: 'up' } } }, 'services.web.healthPath'],
    [{ stopGraceMs: 0 }, 'stopGraceMs'],
  ])('are checked at once: %j', (wrong, field) => {
    const options = { directory: '/nowhere', registry: memoryRegistry(), services: { web: { port: 1 } }, ...wrong };
    expect(() => processDeployer(options)).toThrow(expect.objectContaining({ field }) as Error);
    expect(() => processDeployer(options)).toThrow(ConfigurationError);
  });

  it('name the only host; any other is refused', async () => {
    const [port = 0] = await freePorts(1);
    const deployer = processDeployer({ directory: f.directory, registry: memoryRegistry(), services: { web: { port } }, host: 'here' });
    expect(await must(deployer.hosts(call()))).toEqual(['here']);
    expect((await refused(deployer.current('elsewhere', { services: [] }, call()))).code).toBe('host_unreachable');
  });
});
