/**
 * Is that number still the process that it was? Numbers are given again, start times are not.
 * @module
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, as the system writes it. */
  readonly start: string;
}

/** The identity of a process that runs now; undefined where none has that number. */
export function identify(pid: number): ProcessIdentity | undefined {
  const start = startOf(pid);
  return start === undefined ? undefined : { pid, start };
}

/** Whether it still runs. A process that has ended but whose parent has not noticed does not. */
export function isAlive({ pid, start }: ProcessIdentity): boolean {
  return startOf(pid) === start;
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // The second field is the program's name and may hold anything; the last bracket ends it. Then state is the 1st, the start time the 20th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return hasEnded(pid, fields[0]) ? undefined : `${boot} ${fields[19] ?? ''}`;
  } catch {
    return process.platform === 'linux' ? undefined : startByPs(pid);
  }
}

/** A process whose first thread has ended may have others that still hold its port. */
function hasEnded(pid: number, state: string | undefined): boolean {
  if (state === 'X') return true;
  return state === 'Z' && readdirSync(`/proc/${String(pid)}/task`).length <= 1;
}

/** Where there is no /proc. */
function startByPs(pid: number): string | undefined {
  try {
    const [state = '', ...start] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split(/\s+/);
    return state.startsWith('Z') ? undefined : start.join(' ');
  } catch {
    return undefined;
  }
}
