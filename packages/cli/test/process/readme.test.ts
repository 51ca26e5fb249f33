import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandWords } from '../../src/usage/command-words.js';
import { program } from './davit.js';

const packages = join(import.meta.dirname, '../../..');
const readme = await readFile(join(packages, 'cli/README.md'), 'utf8');

describe('the README', { timeout: 120_000 }, () => {
  it('has a configuration that can be loaded', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'davit-readme-'));
    try {
      await mkdir(join(directory, 'node_modules/@davit'), { recursive: true });
      for (const name of ['core', 'cli', 'adapter-docker-registry', 'adapter-ssh-compose', 'checks']) await symlink(join(packages, name), join(directory, 'node_modules/@davit', name));
      await writeFile(join(directory, 'davit.config.ts'), /```ts\n([\s\S]*?)```/.exec(readme)![1]!);
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'status', '--json'], { cwd: directory, encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, expect.not.stringContaining('✖')]);
      expect(JSON.parse(stdout)).toMatchObject({ environments: [{ name: 'production', holder: null, current: null, open: [] }] });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('names every command', () => {
    for (const name of Object.keys(commandWords)) expect(readme).toContain(`\`davit ${name}`);
  });
});
