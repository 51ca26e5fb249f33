import { mkdtemp, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import type { BasicAuthOptions } from '@davit/registry-server';
import { afterEach, describe, expect, it } from 'vitest';
import { newStage, program, type Stage } from './davit.js';

const password = 'planted-registry-password';
const accounts: BasicAuthOptions = { kind: 'basic', users: [{ name: 'ci', password }] };

let stage: Stage | undefined;
let directory: string | undefined;
afterEach(async () => {
  await stage?.end();
  stage = undefined;
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  directory = undefined;
});

describe('secrets', { timeout: 120_000 }, () => {
  it('reach neither output, journal nor any file, in no encoding, on good and bad ways (R95)', async () => {
    stage = await newStage({ target: `dockerRegistry({ credentials: { username: 'ci', password: '${password}' } })` }, { production: { auth: accounts } });
    const { davit, reference, breakVersion, written, directory: place } = stage;
    await breakVersion('1.4.2', 'start');
    const all = [
      await davit('promote', '--to', 'production'),
      await davit('promote', reference('1.4.2'), '--to', 'production', '--json'),
      await davit('status'),
      await davit('history', '--json'),
      await davit('promote', `${stage.production.host}/shop/web:nope`, '--to', 'production'),
    ];
    expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 3, 0, 0, 1]);
    await rm(join(place, 'davit.config.mjs'));
    const said = `${all.map(({ out, err }) => out + err).join('\n')}\n${await written()}`;
    const forms = [password, Buffer.from(password).toString('base64'), Buffer.from(`ci:${password}`).toString('base64'), 'planted-secret-token'];
    expect(said.split('\n').filter((line) => forms.some((form) => line.includes(form)))).toEqual([]);
    // Nor does evidence of others move the cursor.
    expect(said).not.toContain('\u001b[2J');
    expect(said).toContain('Cannot find module');
  });

  it('in the error of a configuration that throws them are not shown', async () => {
    stage = await newStage();
    await writeFile(join(stage.directory, 'davit.config.mjs'), 'throw new Error("cannot log in to https://ci:planted-in-a-url@registry.example")');
    const ended = await stage.davit('history');
    expect(ended.exitCode).toBe(2);
    expect(ended.err).toContain('cannot log in');
    expect(ended.out + ended.err).not.toContain('planted-in-a-url');
  });
});

describe('loading', { timeout: 120_000 }, () => {
  // Names of functions, which the bundle keeps: each stands for a part that is not for everything.
  const machine = ['createPromoter', 'createMachine', 'fileStore'];
  const client = ['createRegistryClient', 'copyImage', 'validateImage'];
  const others = ['deleteVersion', 'MockAgent', 'createJiti'];

  /** What the files of the command hold that were loaded where coverage was written to. */
  async function loadedInto(directory: string): Promise<string> {
    const files = await readdir(join(directory, 'coverage'));
    const reports = await Promise.all(files.map(async (file) => JSON.parse(await readFile(join(directory, 'coverage', file), 'utf8')) as { result: { url: string }[] }));
    const urls = reports.flatMap(({ result }) => result.map(({ url }) => url)).filter((url) => url.startsWith('file:'));
    const elsewhere = urls.filter((url) => !url.includes('/cli/dist/'));
    expect(elsewhere).toEqual([]);
    return (await Promise.all(urls.map((url) => readFile(new URL(url), 'utf8')))).join('\n');
  }

  const among = (text: string, names: readonly string[]): readonly string[] => names.filter((name) => new RegExp(`\\b${name}\\b`).test(text));

  it('looks for parts that the command has', async () => {
    const dist = join(program, '..');
    const scripts = (await readdir(dist)).filter((file) => file.endsWith('.js'));
    const all = (await Promise.all(scripts.map((file) => readFile(join(dist, file), 'utf8')))).join('\n');
    expect(among(all, [...machine, ...client, ...others])).toEqual([...machine, ...client, ...others]);
  });

  it.each([['--version'], ['--help'], ['help promote']])('davit %s loads neither the machine nor a registry client', async (words) => {
    directory = await mkdtemp(join(tmpdir(), 'davit-coverage-'));
    const { status } = spawnSync(process.execPath, [program, ...words.split(' ')], { cwd: directory, env: { ...process.env, NODE_V8_COVERAGE: join(directory, 'coverage') } });
    expect(status).toBe(0);
    const loaded = await loadedInto(directory);
    expect(loaded).toContain('runProgram');
    expect(among(loaded, [...machine, ...client, ...others])).toEqual([]);
  });

  it.each([
    ['copyImage', 'copy', 'FROM', 'TO:1.4.1'],
    ['copyImage', 'copy', 'FROM', 'TO:1.4.1', '--dry-run', '--json'],
    ['validateImage', 'validate', 'FROM', '--signature', 'off'],
  ])('what needs %s (davit %s %s) loads neither machine, promoter, stores, GitHub, proxies nor jiti', async (needed, ...words) => {
    stage = await newStage();
    directory = await mkdtemp(join(tmpdir(), 'davit-coverage-'));
    const given = words.map((word) => word.replace('FROM', stage!.reference('1.4.1')).replace('TO', `${stage!.production.host}/copied/web`));
    const ended = await stage.start(given, { NODE_V8_COVERAGE: join(directory, 'coverage') }).ended;
    expect(ended.exitCode, ended.err).toBe(0);
    const loaded = await loadedInto(directory);
    expect(among(loaded, ['createRegistryClient', needed])).toEqual(['createRegistryClient', needed]);
    expect(among(loaded, [...machine, ...others])).toEqual([]);
  });

  it('reads a configuration in TypeScript that imports the packages by name', async () => {
    stage = await newStage();
    const { directory: place, staging, production } = stage;
    await rm(join(place, 'davit.config.mjs'));
    await mkdir(join(place, 'node_modules/@davit'), { recursive: true });
    for (const name of ['core', 'cli', 'adapter-docker-registry']) await symlink(join(import.meta.dirname, '../../..', name), join(place, 'node_modules/@davit', name));
    await writeFile(
      join(place, 'davit.config.ts'),
      `import { dockerRegistry } from '@davit/adapter-docker-registry';
import { defineConfig, type DavitConfig } from '@davit/cli';
import { scriptedDeployer } from '@davit/core/testing';
const config: DavitConfig = { environments: { production: {
  target: dockerRegistry(),
  deployer: scriptedDeployer({ hosts: { 'app-1': null } }),
  release: { web: { from: '${staging.host}/shop/web:1.4.1', to: '${production.host}/shop/web' } },
} } };
export default defineConfig(config);
`,
    );
    expect(await stage.json('plan', '--to', 'production')).toMatchObject({ exitCode: 0, document: { plan: { images: [{ name: 'web' }] } } });
    expect(await readdir(place)).not.toContain('.davit');
  });

  it('brings the licences of what is in it', async () => {
    const licences = await readFile(join(program, '../third-party.txt'), 'utf8');
    for (const name of ['commander', 'neverthrow', 'undici', 'xstate']) expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, 'm'));
  });
});
