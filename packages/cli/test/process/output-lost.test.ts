import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { pushImage, startRegistryServer } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { program } from './davit.js';

/** The command with its standard output on a disk that is full. */
async function onFullDisk(...words: readonly string[]) {
  const full = await open('/dev/full', 'w');
  try {
    const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', full.fd, 'pipe'], env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' } });
    let err = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, err };
  } finally {
    await full.close();
  }
}

describe('an answer that cannot be written', { timeout: 120_000 }, () => {
  it.each([['inspect', 'IMAGE', '--json'], ['inspect', 'IMAGE'], ['--help']])('is no success, and says why: davit %s %s', async (...words) => {
    const server = await startRegistryServer();
    try {
      const image = await pushImage(server, { repository: 'shop/web', tag: '1' });
      const { exitCode, err } = await onFullDisk(...words.map((word) => word.replace('IMAGE', image.reference)));
      expect(exitCode).toBe(1);
      expect(err).toMatch(/^davit: standard output could not be written.*ENOSPC/m);
    } finally {
      await server.close();
    }
  });

  it('leaves the code of what failed as it is', async () => {
    const { exitCode, err } = await onFullDisk('inspect', 'a:b:c', '--json');
    expect(exitCode).toBe(2);
    expect(err).toContain('[reference_invalid]');
    expect(err).toContain('ENOSPC');
  });
});
