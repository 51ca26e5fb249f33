/**
 * Runs a program to its end and keeps what it wrote.
 * @module
 */
import { spawn } from 'node:child_process';

export interface RunOptions {
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** Default 120 000. The program is killed after it, and `code` is null. */
  readonly timeoutMs?: number;
  /** Default true: an exit code other than 0 rejects with what the program wrote to stderr. */
  readonly check?: boolean;
}

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program without a shell. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { cwd: options.cwd, env: { ...process.env, ...options.env }, timeout: options.timeoutMs ?? 120_000, killSignal: 'SIGKILL', stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
    child.once('error', reject);
    child.once('close', (code) => {
      const result = { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
      if (code !== 0 && options.check !== false) reject(new Error(`${program} ${args.join(' ')} ended with ${String(code)}\n${result.stderr}${result.stdout}`));
      else resolve(result);
    });
  });
}
