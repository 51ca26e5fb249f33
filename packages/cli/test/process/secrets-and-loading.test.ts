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
  /** The modules that a run of the command loaded. */
  async function loadedBy(...words: readonly string[]): Promise<readonly string[]> {
    directory = await mkdtemp(join(tmpdir(), 'davit-coverage-'));
    const { status } = spawnSync(process.execPath, [program, ...words], { cwd: directory, env: { ...process.env, NODE_V8_COVERAGE: join(directory, 'coverage') } });
    expect(status).toBe(0);
    return covered(directory);
  }

  async function covered(directory: string): Promise<readonly string[]> {
    const files = await readdir(join(directory, 'coverage'));
    const reports = await Promise.all(files.map(async (file) => JSON.parse(await readFile(join(directory, 'coverage', file), 'utf8')) as { result: { url: string }[] }));
    return reports.flatMap(({ result }) => result.map(({ url }) => url));
  }

  it.each([['--version'], ['--help'], ['help promote']])('davit %s loads neither core, xstate nor a registry client', async (words) => {
    const loaded = await loadedBy(...words.split(' '));
    expect(loaded.some((url) => url.includes('/cli/dist/'))).toBe(true);
    expect(loaded.filter((url) => /xstate|\/core\/dist|undici|adapter-|jiti/.test(url))).toEqual([]);
  });

  it.each([
    ['copy', 'FROM', 'TO:1.4.1'],
    ['copy', 'FROM', 'TO:1.4.1', '--dry-run', '--json'],
    ['validate', 'FROM', '--signature', 'off'],
  ])('davit %s %s loads what images need: neither machine, promoter, stores, hosts nor jiti', async (...words) => {
    stage = await newStage();
    directory = await mkdtemp(join(tmpdir(), 'davit-coverage-'));
    const given = words.map((word) => word.replace('FROM', stage!.reference('1.4.1')).replace('TO', `${stage!.production.host}/copied/web`));
    const ended = await stage.start(given, { NODE_V8_COVERAGE: join(directory, 'coverage') }).ended;
    expect(ended.exitCode, ended.err).toBe(0);
    const loaded = await covered(directory);
    expect(loaded.some((url) => url.includes('/core/dist/images.js'))).toBe(true);
    expect(loaded.filter((url) => /xstate|\/core\/dist\/(index|machine|testing)|ssh2|jiti|undici\/(index|lib\/(web|mock|cache|interceptor))|packages\/(adapter-ghcr|adapter-ssh|checks|notifier)/.test(url))).toEqual([]);
    // What the entry of the machine shares with the others is a chunk without it.
    const texts = await Promise.all(loaded.filter((url) => url.includes('/core/dist/')).map((url) => readFile(new URL(url), 'utf8')));
    expect(texts.filter((text) => /createPromoter|from "xstate"|src\/(machine|promoter|runner|journal|steps)\//.test(text))).toEqual([]);
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

  it('runs as CommonJS too', () => {
    const { status, stdout } = spawnSync(process.execPath, [program.replace(/\.js$/, '.cjs'), '--version'], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, '0.0.0\n']);
  });
});
