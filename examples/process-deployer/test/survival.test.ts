/**
 * A deployer that is killed with SIGKILL: the application goes on, and the next deployer finds it (G21).
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'tsup';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, by, call, deploy, fixture, host, must, processesBelow, type Fixture } from './fixture.js';

const top = join(import.meta.dirname, '..');
const built = join(top, 'dist.test');
let f: Fixture;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  // One file with all in it, made from the sources, beside the launcher as the package has it.
  await mkdir(built, { recursive: true });
  await copyFile(join(top, 'launcher.mjs'), join(built, 'launcher.mjs'));
  const entry = { child: join(import.meta.dirname, 'deploy-loop.ts') };
  const banner = { js: "import { createRequire as davitRequire } from 'node:module'; const require = davitRequire(import.meta.url);" };
  await build({ entry, outDir: join(built, 'dist'), config: false, format: 'esm', outExtension: () => ({ js: '.mjs' }), noExternal: [/.*/], banner, dts: false, silent: true, esbuildOptions: (options) => void (options.conditions = ['@davit/source']) });
}, 60_000);
afterAll(async () => {
  await rm(built, { recursive: true, force: true });
});

beforeEach(async () => {
  f = await fixture();
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await f.dispose();
});

/** Deploys in another process; `until` decides by what it says when it is killed. */
async function deployAndKill(image: string, fence: number, until: (step: string) => boolean, laterMs = 0): Promise<readonly string[]> {
  const child = spawn(process.execPath, [join(built, 'dist', 'child.mjs'), join(f.directory, 'host'), String(f.ports.web), image, String(fence)], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const said: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (step) => {
    said.push(step);
    if (until(step)) setTimeout(() => child.kill('SIGKILL'), laterMs);
  });
  await Promise.all([once(child, 'exit'), once(reader, 'close')]);
  children.delete(child);
  return said;
}

const web = (deployer = f.deployer()) => ({ deployer, current: async (image: string) => (await must(deployer.current(host, f.release(image), call()))).services[0] });

describe('an application', () => {
  it('outlives the deployer that started it, and the next one leaves it alone', async () => {
    const image = await f.image('1');
    expect(await deployAndKill(image, 1, (step) => step === 'health')).not.toContain('done');
    const { pid, version } = await ask(f.ports.web);
    expect(version).toBe('1');
    expect(await web().current(image)).toEqual({ service: 'web', state: 'running', image });
    await deploy(f.deployer(), f.release(image), 'p', 2);
    expect((await ask(f.ports.web)).pid).toBe(pid);
    // Another promotion finds it as well, and is not kept out by the lock of the dead.
    await deploy(f.deployer(), f.release(image), 'another');
    expect((await ask(f.ports.web)).pid).toBe(pid);
  });
});

describe('a deployer that is killed anywhere', () => {
  it('leaves a host that the next one brings to the new release, with exactly one process of it', async () => {
    const [one, two] = [await f.image('1'), await f.image('2')];
    await deploy(f.deployer(), f.release(one), 'first');
    let fence = 1;
    const reached = new Set<string>();
    for (const step of ['pull', 'pin', 'restart', 'health', 'commit']) {
      for (const laterMs of step === 'restart' ? [0, 15, 40, 70, 110] : [0]) {
        const said = await deployAndKill(two, fence++, (name) => name === step, laterMs);
        expect(said.join()).not.toContain('failed');
        reached.add(said.at(-1) ?? '');
        const { current, deployer } = web();
        const found = await current(two);
        expect([one, two]).toContain(found?.image);
        const as = by('p', fence++);
        const lock = await must(deployer.lock(host, as));
        await must(deployer.pull(host, f.release(two), [], as));
        await must(deployer.pin(host, f.release(two), as));
        await must(deployer.restart(host, f.release(two), as));
        await must(deployer.health(host, f.release(two), as));
        await must(deployer.proof(host, f.release(two), as));
        const { pid, version } = await ask(f.ports.web);
        expect(version).toBe('2');
        // A process that the dead deployer had just started has left by itself, or is this one.
        while ((await processesBelow(f.directory)).length > 1) await new Promise((resolve) => setTimeout(resolve, 5));
        expect(await processesBelow(f.directory)).toEqual([pid]);
        await must(deployer.pull(host, f.release(one), [], as));
        await must(deployer.restorePin(host, f.release(one), as));
        await must(deployer.restart(host, f.release(one), as));
        await lock.release();
      }
    }
    expect(reached.size).toBeGreaterThan(3);
  }, 120_000);
});
