/**
 * Runs the davit command as a user would, and shows what it prints.
 * @module
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const command = join(dirname(createRequire(import.meta.url).resolve('@davit/cli/package.json')), 'dist/davit.js');

/** Resolves with the exit code. `last`: only so many of the last lines that begin with a time are shown. */
export function davit(args: readonly string[], env: Readonly<Record<string, string>>, last?: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { cwd: top, env: { ...process.env, ...env }, stdio: ['ignore', last === undefined ? 'inherit' : 'pipe', 'inherit'] });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    // Whoever ends the demo ends the command first, which gives its lease back; then the demo cleans up.
    const end = (signal: NodeJS.Signals): void => void child.kill(signal);
    for (const signal of endings) process.on(signal, end);
    child.on('error', reject);
    child.on('close', (code) => {
      if (last !== undefined) process.stdout.write(`${output.split('\n').filter((line) => line.startsWith('20')).slice(-last).join('\n')}\n`);
      for (const signal of endings) process.off(signal, end);
      resolve(code ?? 1);
    });
  });
}
