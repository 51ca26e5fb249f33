/**
 * Names a process as the holder of a lease, so that another process of the same machine can tell whether it still lives.
 * After a crash nobody has to wait for the lease of a process that is certainly dead.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** `host/pid/start/nonce`. The start time tells a process from a later one with the same number. */
export function processOwner(): string {
  return [machine(), process.pid, startOf(process.pid) ?? 'unknown', randomBytes(4).toString('hex')].join('/');
}

/** True only where it is certain: a process of this machine, which no longer runs. */
export function ownerIsGone(owner: string): boolean {
  const [host, pid, start] = owner.split('/');
  if (host !== machine() || pid === undefined || !/^[0-9]+$/.test(pid) || start === undefined) return false;
  if (start !== 'unknown') {
    const now = startOf(Number(pid));
    // Without /proc nothing is certain.
    return startOf(process.pid) !== undefined && now !== start;
  }
  return false;
}

/** The machine and its process numbers: containers may share a name and a volume, and count their processes apart. */
function machine(): string {
  try {
    return `${hostname()}:${/[0-9]+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''}`;
  } catch {
    return hostname();
  }
}

/** When a process started, in the kernel's own units and boot; undefined where that cannot be known, or it does not run. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // The name may hold spaces and brackets; what follows the last bracket does not. Field 22 is the start time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    return `${boot}-${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
}
