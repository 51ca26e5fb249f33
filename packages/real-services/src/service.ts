/**
 * A server process with a temporary directory, both gone when they are stopped or when this process dies, however it
 * dies: the server runs under a small guardian that reads a pipe which only this process holds open.
 * @module
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tool } from './tools.js';

export interface ServiceOptions {
  /** Names the temporary directory and what is said about the service. */
  readonly name: string;
  /** Program (an absolute path) and arguments. */
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Made by `serviceDirectory()`; removed with all that is in it when the service has ended. */
  readonly directory: string;
  /** Asked every 50 ms, with what the server has written so far, until it says yes. A port that answers is no proof: it may be another server's. */
  readonly ready: (log: string) => boolean | Promise<boolean>;
  /** Default 60 000. */
  readonly readyTimeoutMs?: number;
  /** Between the polite signal and SIGKILL; default 20 s. */
  readonly graceSeconds?: number;
  /** Shell lines that the guardian runs before it ends the server (`$pid`), for what the server would leave behind. */
  readonly before?: string;
  /** Shell lines that the guardian runs after the server has ended, before the directory is removed. */
  readonly after?: string;
}

export interface Service {
  /** Of the server itself. */
  readonly pid: number;
  /** What the server wrote to stdout and stderr. Gone with the directory. */
  readonly logFile: string;
  /** Ends the server and waits until it and its directory are gone. May be called again. */
  readonly stop: () => Promise<void>;
}

/** A new directory that only this user can enter. */
export const serviceDirectory = (name: string): string => mkdtempSync(join(tmpdir(), `davit-${name}-`));

// Descriptor 3 is the pipe; whichever ends first, the server or the pipe's other end, lets `wait -n` return. Signals
// to the group of the test runner (Ctrl-C) do not reach the guardian, which is in a session of its own. What it prints
// is the server's pid at once, and the end of the log when all is over.
const guardian = `
trap '' INT TERM HUP
log=$1 directory=$2 grace=$3 before=$4 after=$5; shift 5
exec 3<&0 </dev/null
"$@" >>"$log" 2>&1 3<&- &
pid=$!
echo "$pid"
exec 4>&1 >/dev/null 2>&1
cat <&3 4>&- & pipe=$!
wait -n "$pid" "$pipe"
kill "$pipe"
eval "$before"
kill -CONT "$pid"; kill -TERM "$pid"
for (( i = 0; i < grace * 20; i++ )); do kill -0 "$pid" || break; sleep 0.05; done
kill -KILL "$pid"; wait "$pid"
eval "$after"
tail -c 4000 "$log" >&4
rm -rf "$directory"
`;

/** Starts the server and resolves when it is ready; rejects with the end of its log when it ends or takes too long. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const logFile = join(options.directory, `${options.name}.log`);
  closeSync(openSync(logFile, 'a', 0o600));
  const settings = [logFile, options.directory, String(options.graceSeconds ?? 20), options.before ?? '', options.after ?? ''];
  const child = spawn(tool('bash'), ['-c', guardian, 'guardian', ...settings, ...options.command], {
    cwd: options.directory,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...options.env },
  });
  const state: { running: boolean } = { running: true };
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      state.running = false;
      resolve();
    };
    child.once('error', end);
    child.once('close', end);
  });
  let printed = '';
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => { printed += chunk.toString(); });

  const written = (): string => {
    try {
      return readFileSync(logFile, 'utf8');
    } catch {
      // The server has ended, and the guardian has removed its directory.
      return '';
    }
  };
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };

  const deadline = Date.now() + (options.readyTimeoutMs ?? 60_000);
  for (;;) {
    if (state.running && printed.includes('\n') && (await options.ready(written()))) return { pid: Number.parseInt(printed, 10), logFile, stop };
    if (!state.running || Date.now() > deadline) {
      const what = state.running ? 'is not ready in time' : 'ended before it was ready';
      await stop();
      throw new Error(`${options.name} ${what}:\n${printed.replace(/^\d+\n/, '')}`);
    }
    await sleep(50);
  }
}
