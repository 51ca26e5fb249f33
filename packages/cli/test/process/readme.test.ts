import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushImage, startRegistryServer } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { commandWords } from '../../src/usage/command-words.js';
import { runProgram } from '../../src/usage/program.js';
import { fakeProcess } from '../surroundings.js';
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

  it('shows of the documents about images what they hold', async () => {
    const server = await startRegistryServer();
    try {
      const [image, other] = [await pushImage(server, { repository: 'shop/web', tag: '1', platforms: ['linux/amd64'] }), await pushImage(server, { repository: 'shop/web', tag: '2' })];
      const to = `${server.host}/copied:stable`;
      const document = async (...words: readonly string[]): Promise<string> => {
        const here = fakeProcess([...words, '--json']);
        await runProgram(here);
        return here.out();
      };
      await document('copy', other.reference, to);
      const documents = {
        'copy --dry-run': await document('copy', image.reference, to, '--dry-run', '--if-tag-exists', 'allow-move'),
        copy: await document('copy', image.reference, to, '--if-tag-exists', 'allow-move'),
        validate: await document('validate', image.reference, '--signature', 'off'),
        inspect: await document('inspect', image.reference),
      };
      for (const [command, text] of Object.entries(documents)) {
        const row = readme.split('\n').find((line) => line.startsWith(`| \`${command}\` | \`{`))?.split(' | ')[1] ?? '';
        const names = [...row.slice(0, row.indexOf('`', 1)).matchAll(/[{,]\s*"(\w+)"/g)].map((match) => match[1]!);
        expect(names.length, command).toBeGreaterThan(4);
        expect([command, names.filter((name) => !text.includes(`"${name}":`))]).toEqual([command, []]);
      }
    } finally {
      await server.close();
    }
  });

  it('names every command', () => {
    for (const name of Object.keys(commandWords)) expect(readme).toContain(`\`davit ${name}`);
  });
});
