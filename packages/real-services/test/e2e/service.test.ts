import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { skipWithout } from '@davit/real-services';

const starter = fileURLToPath(new URL('starter.mjs', import.meta.url));
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.skipIf(skipWithout('docker-registry'))('a service', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('ends with its parent when that dies of %s, and takes its directory with it', async (signal) => {
    const parent = spawn(process.execPath, [starter], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const { pid, logFile } = JSON.parse(line.toString()) as { pid: number; logFile: string };
    expect(alive(pid)).toBe(true);
    expect(existsSync(logFile)).toBe(true);

    parent.kill(signal);
    await expect.poll(() => existsSync(dirname(logFile)), { timeout: 20_000 }).toBe(false);
    expect(alive(pid)).toBe(false);
  });
});
