/**
 * Runs scripts on this machine.
 *
 * Each script has a session of its own: it is not reached by a Ctrl-C on the terminal, and goes to its end when this
 * process dies, just as over SSH. The environment is not this process's: what a CI job has exported must not win over the
 * project's `.env`.
 * @module
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { err, failure, ok, ResultAsync, type DeployerError, type Result } from '@davit/core';
import { bootCommand, frame } from '../boot.js';
import { interrupted } from '../errors.js';
import { letGo, type Held, type Output, type RunOptions, type Shell } from '../shell.js';
import { Collector, heldOutput, resultOf, type Ended } from '../transport.js';

const kept = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'];

export function localEnvironment(from: NodeJS.ProcessEnv): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of kept) {
    const value = from[name];
    if (value !== undefined) chosen[name] = value;
  }
  return chosen;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

interface Running {
  readonly child: Child;
  readonly stdout: Collector;
  readonly stderr: Collector;
  readonly ended: Promise<Ended & { readonly spawnError?: Error }>;
}

function start(command: readonly string[], environment: Record<string, string>): Running {
  const [program, ...args] = command;
  const child = spawn(program ?? 'sh', args, { detached: true, cwd: '/', env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
  const stdout = new Collector();
  const stderr = new Collector();
  child.stdout.on('data', (chunk: Buffer) => { stdout.add(chunk); });
  child.stderr.on('data', (chunk: Buffer) => { stderr.add(chunk); });
  // A script that ends without reading all of its input is judged by what it says, not by our broken pipe.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ended & { readonly spawnError?: Error }>((resolve) => {
    child.once('error', (spawnError) => { resolve({ code: null, stdout: '', stderr: '', spawnError }); });
    child.once('close', (code) => { resolve({ code, stdout: stdout.text(), stderr: stderr.text() }); });
  });
  return { child, stdout, stderr, ended };
}

function endGroup({ child }: Running): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch {
    // It has ended already.
  }
}

const cannotStart = (host: string, cause: Error): DeployerError => failure('command_failed', `${host}: a shell cannot be started: ${cause.message}`, { host, cause });

export function localShell(host: string, environment: Record<string, string> = localEnvironment(process.env)): Shell {
  const holding = new Set<Held>();

  const run = async (script: string, { signal, timeoutMs }: RunOptions): Promise<Result<Output, DeployerError>> => {
    if (signal.aborted) return err(interrupted(host));
    const running = start(bootCommand(timeoutMs), environment);
    let stop = (): void => undefined;
    const asked = new Promise<null>((resolve) => {
      stop = () => {
        endGroup(running);
        resolve(null);
      };
      signal.addEventListener('abort', stop, { once: true });
    });
    running.child.stdin.end(frame(script));
    const ended = await Promise.race([running.ended, asked]);
    signal.removeEventListener('abort', stop);
    if (ended === null) return err(interrupted(host));
    return ended.spawnError === undefined ? resultOf(host, ended, timeoutMs) : err(cannotStart(host, ended.spawnError));
  };

  const hold = async (script: string, { signal, timeoutMs }: RunOptions): Promise<Result<Held | Output, DeployerError>> => {
    if (signal.aborted) return err(interrupted(host));
    const running = start(bootCommand(null), environment);
    running.child.stdin.write(frame(script));
    let alive = true;
    void running.ended.then(() => { alive = false; });
    const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const settled = await new Promise<Output | null>((resolve) => {
      const look = (): void => {
        const output = heldOutput(running.stdout.text(), running.stderr.text());
        if (output !== null) resolve(output);
      };
      running.child.stdout.on('data', look);
      void running.ended.then(() => { resolve(null); });
      within.addEventListener('abort', () => {
        endGroup(running);
        resolve(null);
      }, { once: true });
    });
    if (signal.aborted) return err(interrupted(host));
    if (settled === null) {
      const ended = await running.ended;
      return ended.spawnError === undefined ? resultOf(host, within.aborted ? { ...ended, code: 124 } : ended, timeoutMs) : err(cannotStart(host, ended.spawnError));
    }
    const one: Held = {
      output: settled,
      get alive() {
        return alive;
      },
      release: async () => {
        holding.delete(one);
        if (alive) running.child.stdin.end(`${letGo}\n`);
        await running.ended;
      },
    };
    holding.add(one);
    return ok(one);
  };

  return {
    run: (script, options) => new ResultAsync(run(script, options)),
    hold: (script, options) => new ResultAsync(hold(script, options)),
    close: async () => {
      await Promise.all([...holding].map((one) => one.release()));
    },
  };
}
