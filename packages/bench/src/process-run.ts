/**
 * Runs a program and measures it from outside: wall time, processor time, and the most memory it ever held. Linux only.
 * @module
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Figures {
  readonly wallMs: number;
  /** Of the process itself, user and system. Null where it was over before it could be looked at, or is not one process. */
  readonly cpuMs: number | null;
  readonly peakMb: number | null;
}

const ticksPerSecond = 100;
const lookEveryMs = 4;

/** Rejects with the end of what the program wrote where its exit code is not 0. */
export async function measured(program: string, parameters: readonly string[], env: NodeJS.ProcessEnv): Promise<Figures> {
  const started = performance.now();
  const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => { said = (said + piece.toString()).slice(-2000); });
  let cpuMs: number | null = null;
  let peakMb: number | null = null;
  const look = (): void => {
    try {
      // The name in brackets may hold spaces: what follows the last bracket is plain.
      const fields = readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
      cpuMs = ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
      const high = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(child.pid)}/status`, 'utf8'));
      if (high !== null) peakMb = Number(high[1]) / 1024;
    } catch {
      // It has ended.
    }
  };
  const looking = setInterval(look, lookEveryMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  }).finally(() => { clearInterval(looking); });
  const wallMs = performance.now() - started;
  if (code !== 0) throw new Error(`${program} ${parameters.join(' ')} ended with ${String(code)}:\n${said}`);
  return { wallMs, cpuMs, peakMb };
}
