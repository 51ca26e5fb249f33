/**
 * One command in a process group of its own, so that it can be ended together with everything that it started.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { causeOf, systemClock, type Clock } from '@davit/core';
import { OutputTail } from './output-tail.js';

export interface CommandRun {
  /** A text is given to the shell; a list is a program and its arguments, without a shell. */
  readonly command: string | readonly string[];
  readonly cwd: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export type CommandEnd =
  | { readonly end: 'exited'; readonly exitCode: number; readonly tail: string }
  | { readonly end: 'killed'; readonly by: string; readonly tail: string }
  | { readonly end: 'timeout' | 'aborted'; readonly tail: string }
  | { readonly end: 'not_started'; readonly cause: { readonly code?: string; readonly message: string } };

/** How long a command may tidy up after SIGTERM. Milliseconds; on an abort the caller must have its answer within a second. */
const graceMs = { timeout: 5000, aborted: 500 } as const;
/** How long the output may stay open after the command ended, because something in the background still has it. */
const drainMs = 1000;

export async function runCommand(run: CommandRun): Promise<CommandEnd> {
  if (run.signal.aborted) return { end: 'aborted', tail: '' };
  const [program = '', ...parameters] = typeof run.command === 'string' ? [run.command] : run.command;
  const tail = new OutputTail();
  let child: ChildProcess;
  try {
    child = spawn(program, parameters, {
      cwd: run.cwd,
      env: run.env,
      shell: typeof run.command === 'string',
      stdio: ['ignore', 'pipe', 'pipe'],
      // Leader of a new group, outside of this process's: Ctrl-C reaches it through the signal only.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
  } catch (thrown) {
    // Some refusals of the system are thrown, others come as an event.
    return { end: 'not_started', cause: causeOf(thrown) };
  }
  // Without a free file descriptor there are no streams at all.
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => { tail.add(chunk); });

  const over = new AbortController();
  const failed = new Promise<CommandEnd>((resolve) => {
    child.once('error', (error) => { resolve({ end: 'not_started', cause: causeOf(error) }); });
  });
  const closed = new Promise<void>((resolve) => { child.once('close', () => { resolve(); }); });
  const exited = new Promise<() => CommandEnd>((resolve) => {
    child.once('exit', (exitCode, by) => {
      resolve(() => (exitCode === null ? { end: 'killed', by: by ?? 'unknown', tail: tail.text() } : { end: 'exited', exitCode, tail: tail.text() }));
    });
  });
  const ended = Promise.race([failed, exited.then(async (read) => {
    await Promise.race([closed, systemClock.sleep(drainMs, over.signal)]);
    return read();
  })]);
  const stopped = new Promise<'aborted'>((resolve) => {
    run.signal.addEventListener('abort', () => { resolve('aborted'); }, { once: true, signal: over.signal });
  });
  const timeout = run.clock.sleep(run.timeoutMs, over.signal).then(() => 'timeout' as const);

  try {
    const first = await Promise.race([ended, stopped, timeout]);
    if (typeof first !== 'string') return first;
    if (child.pid !== undefined) await endGroup(child.pid, graceMs[first], exited);
    return { end: first, tail: tail.text() };
  } finally {
    over.abort();
    // Something in the background may hold the other ends; nobody reads them any more.
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

/** SIGTERM for the group, and SIGKILL for whatever of it is left after the grace time. In real time: processes know no other. */
async function endGroup(leader: number, grace: number, exited: Promise<unknown>): Promise<void> {
  signalGroup(leader, 'SIGTERM');
  const deadline = Date.now() + grace;
  while (Date.now() < deadline && signalGroup(leader, 0)) await systemClock.sleep(20);
  signalGroup(leader, 'SIGKILL');
  // A process in an uninterruptible wait does not end even so; it must not hold the promotion.
  await Promise.race([exited, systemClock.sleep(250)]);
}

/** False where no process of the group is left. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    // Windows has no groups: there only the command itself can be ended.
    process.kill(process.platform === 'win32' ? leader : -leader, signal);
    return true;
  } catch {
    return false;
  }
}
