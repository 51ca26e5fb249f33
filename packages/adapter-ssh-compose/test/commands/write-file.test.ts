import { chmodSync, existsSync, lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { put, putFunction, unchanged, unchangedFunction } from '../../src/commands/write-file.js';
import { quote } from '../../src/quote.js';

describe('replacing a file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'davit-put-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });
  const path = (name: string): string => join(directory, name);
  const run = (script: string) => spawnSync('sh', ['-euc', `umask 077\n${putFunction}\n${unchangedFunction}\n${script}`], { encoding: 'utf8' });

  it('writes any bytes, with the mode that a new file should have', () => {
    const bytes = Buffer.from([0, 255, 10, 13, 39, 36, 96]);
    expect(run(put(quote(path('a b')), '644', bytes)).status).toBe(0);
    expect(readFileSync(path('a b'))).toEqual(bytes);
    expect(statSync(path('a b')).mode & 0o777).toBe(0o644);
    expect(run(put(quote(path('empty')), '600', Buffer.alloc(0))).status).toBe(0);
    expect(readFileSync(path('empty')).byteLength).toBe(0);
  });

  it('keeps the mode of a file that is there, and leaves nothing else behind', () => {
    writeFileSync(path('f'), 'old');
    chmodSync(path('f'), 0o640);
    expect(run(put(quote(path('f')), '644', Buffer.from('new'))).status).toBe(0);
    expect(readFileSync(path('f'), 'utf8')).toBe('new');
    expect(statSync(path('f')).mode & 0o777).toBe(0o640);
    expect(readdirSync(directory)).toEqual(['f']);
  });

  it('refuses to write through a symbolic link', () => {
    writeFileSync(path('target'), 'old');
    symlinkSync(path('target'), path('link'));
    const { status, stderr } = run(put(quote(path('link')), '644', Buffer.from('new')));
    expect(status).not.toBe(0);
    expect(stderr).toContain('symbolic link');
    expect(readFileSync(path('target'), 'utf8')).toBe('old');
    expect(lstatSync(path('link')).isSymbolicLink()).toBe(true);
  });

  it('keeps the old file when what arrived is not what was sent', () => {
    writeFileSync(path('f'), 'old');
    const text = put(quote(path('f')), '644', Buffer.from('all of the new content'));
    const cut = text.slice(0, -8);
    expect(run(cut).status).not.toBe(0);
    expect(readFileSync(path('f'), 'utf8')).toBe('old');
    expect(readdirSync(directory)).toEqual(['f']);
  });

  // A tmpfs is the smallest disk there is; not every root may mount one.
  const canMount = (): boolean => {
    const probe = mkdtempSync(join(tmpdir(), 'davit-mount-'));
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', probe]);
    if (status === 0) spawnSync('umount', [probe]);
    rmSync(probe, { recursive: true });
    return status === 0;
  };

  it.runIf(canMount())('keeps the old file on a full disk, and says so in words', () => {
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', directory]).status).toBe(0);
    try {
      writeFileSync(path('f'), 'old');
      const { status, stderr } = run(put(quote(path('f')), '644', Buffer.alloc(64 * 1024, 'x')));
      expect(status).not.toBe(0);
      expect(stderr).toContain('No space left on device');
      expect(readFileSync(path('f'), 'utf8')).toBe('old');
      expect(readdirSync(directory)).toEqual(['f']);
    } finally {
      spawnSync('umount', [directory]);
    }
  });

  it('knows whether a file still is as it was read', () => {
    writeFileSync(path('f'), 'old');
    expect(run(unchanged(quote(path('f')), Buffer.from('old'))).status).toBe(0);
    expect(run(unchanged(quote(path('f')), Buffer.from('older'))).status).not.toBe(0);
    expect(run(unchanged(quote(path('f')), null)).status).not.toBe(0);
    expect(run(unchanged(quote(path('none')), null)).status).toBe(0);
    expect(run(unchanged(quote(path('none')), Buffer.from('x'))).status).not.toBe(0);
    expect(existsSync(path('none'))).toBe(false);
  });
});
