/**
 * How a script gets into a shell and its result out again.
 *
 * The command line is constant: nothing of a deployment shows in a process list. The script follows on standard input
 * with its length, so that the rest of standard input stays free and a script that was cut off is not mistaken for a
 * whole one. It runs under `timeout`, because a client that dies does not stop it. The last line is a sentinel with the
 * exit code; where it is missing the transport failed and nothing is known.
 * @module
 */
import { quoteAll } from './quote.js';

// No quotes, backslashes or exclamation marks in it: the login shell that sees it first may be any.
const readAndRun = 'IFS= read -r n && s=$(head -c "$n") || exit 1; echo "__PID=${PPID}__"; (eval "$s"); r=$?; echo; echo "__RC=${r}__"';

/** Seconds between the polite signal and the last one. */
const killAfterSeconds = 10;

/** The arguments that run a script of standard input: for a time-out in milliseconds, or for as long as it likes. */
export function bootCommand(timeoutMs: number | null): readonly string[] {
  const shell = ['sh', '-c', readAndRun];
  return timeoutMs === null ? shell : ['timeout', '-k', String(killAfterSeconds), String(Math.ceil(timeoutMs / 1000)), ...shell];
}

/** The same as one line for a remote login shell. */
export function bootLine(timeoutMs: number | null): string {
  return quoteAll(bootCommand(timeoutMs));
}

/** The script as it goes to standard input: defined as a whole before any of it runs. */
export function frame(script: string): Buffer {
  const body = Buffer.from(`davit() {\nset -eu\n${script}\n}\ndavit\n`);
  return Buffer.concat([Buffer.from(`${String(body.byteLength)}\n`), body]);
}

// The line end before it is ours: a script need not end its last line.
const sentinel = /\n__RC=(\d+)__\n*$/;
const opening = /^__PID=(\d+)__\n/;

/** The exit code of a finished script, and what it wrote; null where the sentinel is missing. */
export function readOutput(stdout: string): { readonly rc: number; readonly stdout: string } | null {
  const end = sentinel.exec(stdout);
  if (end === null) return null;
  return { rc: Number(end[1]), stdout: stdout.slice(0, end.index).replace(opening, '') };
}

/** The process group to signal, once the shell has said so. Without `timeout` around it, it is the parent's. */
export function readGroup(stdout: string): number | null {
  const start = opening.exec(stdout);
  return start === null ? null : Number(start[1]);
}

/** Exit codes of `timeout` itself: the limit was reached, or the last signal was needed. */
export const timedOut = (code: number | null): boolean => code === 124 || code === 137;
