import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tar } from '@davit/registry-server';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../running-server.js';

const run = promisify(execFile);

it('is unpacked by tar to the same files, with their modes', async () => {
  const directory = await temporaryDirectory();
  const long = `${'directory/'.repeat(12)}${'f'.repeat(90)}.txt`;
  const archive = tar({ 'a.txt': 'a', '/app/bin/run.sh': { content: '#!/bin/sh\n', mode: 0o755 }, 'app/empty': '', 'app/block': 'x'.repeat(512), 'app/more': Buffer.alloc(1000, 7), [long]: 'deep', 'ünïcode': 'ü' }, 1_700_000_000);
  await writeFile(join(directory, 'a.tar'), archive);
  await mkdir(join(directory, 'out'));
  await run('tar', ['-xf', join(directory, 'a.tar'), '-C', join(directory, 'out')]);
  const read = (path: string): Promise<string> => readFile(join(directory, 'out', path), 'utf8');
  expect([await read('a.txt'), await read('app/empty'), await read('app/block'), await read(long), await read('ünïcode')]).toEqual(['a', '', 'x'.repeat(512), 'deep', 'ü']);
  expect((await readFile(join(directory, 'out/app/more'))).equals(Buffer.alloc(1000, 7))).toBe(true);
  const script = await stat(join(directory, 'out/app/bin/run.sh'));
  expect([script.mode & 0o777, script.mtimeMs]).toEqual([0o755, 1_700_000_000_000]);
  expect((await run('tar', ['-tf', join(directory, 'a.tar')])).stdout.split('\n').filter((name) => name.startsWith('app'))).toEqual(['app/', 'app/bin/', 'app/bin/run.sh', 'app/empty', 'app/block', 'app/more']);
});

it('is the same for the same files', () => {
  expect(tar({ a: '1' }).equals(tar({ a: '1' }))).toBe(true);
  expect(tar({}).equals(Buffer.alloc(1024))).toBe(true);
});

it.each(['../up', 'a/../b', '', '/', '.'])('refuses the path %j', (path) => {
  expect(() => tar({ [path]: '' })).toThrow('not a path for an image');
});

it('refuses a path that no header can hold', () => {
  expect(() => tar({ ['n'.repeat(101)]: '' })).toThrow('too long');
  expect(() => tar({ [`${'p'.repeat(156)}/n`]: '' })).toThrow('too long');
});
