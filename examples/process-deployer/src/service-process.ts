/**
 * The processes of one service: started detached, found again by any later deployer, ended with their whole group.
 *
 * What is wanted is written down before it is started, and the process signs in by itself (launcher.mjs). Whoever dies
 * in between, either the process finds that it is not wanted and leaves, or the next deployer sees it here.
 * @module
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { causeOf, systemClock } from '@davit/core';
import { readJson, replaceJson } from './host-files.js';
import type { ImageCommand } from './image-command.js';
import { isAlive, type ProcessIdentity } from './process-identity.js';
import { logTail, openLog } from './process-log.js';

/** What should run. Without a run: nothing, and `image` is what ran last. */
interface Wanted {
  readonly run: string | null;
  readonly image: string;
  readonly logOffset: number;
}

interface Run extends ProcessIdentity {
  readonly run: string;
  readonly image: string;
  /** Where it has ended by itself. */
  readonly exitCode?: number;
}

export type ServiceStatus =
  | { readonly state: 'absent' }
  | { readonly state: 'stopped'; readonly image: string; readonly exitCode?: number }
  /** `isWanted` is false for one that an earlier deployer started, and that ends by itself or has to be ended. */
  | { readonly state: 'running'; readonly image: string; readonly process: ProcessIdentity; readonly isWanted: boolean };

/** How the process that was started last is getting on. */
export type StartStatus = { readonly state: 'starting' | 'running' } | { readonly state: 'ended'; readonly exitCode?: number };

const launcher = fileURLToPath(new URL('../launcher.mjs', import.meta.url));
/** How often a process is looked at while something is awaited of it. In real time: processes know no other. */
const lookMs = 20;

export class ServiceProcess {
  readonly #directory: string;
  readonly #log: string;

  constructor(name: string, servicesDirectory: string, logsDirectory: string) {
    this.#directory = join(servicesDirectory, name);
    this.#log = join(logsDirectory, `${name}.log`);
  }

  async status(): Promise<ServiceStatus> {
    const wanted = await this.#wanted();
    const runs = await this.#runs();
    const alive = runs.filter(isAlive);
    // More than one can live for the moment between a crash and the next deployer.
    const living = alive.find(({ run }) => run === wanted?.run) ?? alive[0];
    if (living !== undefined) return { state: 'running', image: living.image, process: { pid: living.pid, start: living.start }, isWanted: living.run === wanted?.run };
    if (wanted === undefined) return { state: 'absent' };
    const exitCode = runs.find(({ run }) => run === wanted.run)?.exitCode;
    return { state: 'stopped', image: wanted.image, ...(exitCode === undefined ? {} : { exitCode }) };
  }

  /** Starts the application, once the one before is stopped, and leaves it to itself: it outlives this process. The answer is why it could not. */
  async start(image: string, root: string, command: ImageCommand, env: Readonly<Record<string, string>>): Promise<string | undefined> {
    const run = randomUUID();
    await this.#forgetEnded();
    const log = await openLog(this.#log);
    try {
      await replaceJson(this.#wantedFile(), { run, image, logOffset: log.offset } satisfies Wanted);
      const child = spawn(process.execPath, ['--import', launcher, join(root, command.script), ...command.parameters], {
        cwd: join(root, command.workingDirectory),
        // Nothing of this process's own environment but the path: it may hold secrets.
        env: { PATH: process.env['PATH'] ?? '', ...command.env, ...env, DAVIT_RUN: run, DAVIT_RUN_IMAGE: image, DAVIT_RUN_FILE: this.#runFile(run), DAVIT_WANTED_FILE: this.#wantedFile() },
        stdio: ['ignore', log.fd, log.fd],
        // A session of its own: neither Ctrl-C nor the end of this process reaches it.
        detached: true,
      });
      child.unref();
      await once(child, 'spawn');
      return undefined;
    } catch (thrown) {
      return causeOf(thrown).message;
    } finally {
      await log.close();
    }
  }

  /** Looks at the very process that was started last: others may come and go beside it. */
  async startStatus(): Promise<StartStatus> {
    const wanted = await this.#wanted();
    const signedIn = wanted?.run == null ? undefined : await readJson<Omit<Run, 'run'>>(this.#runFile(wanted.run));
    if (signedIn === undefined) return { state: 'starting' };
    if (signedIn.exitCode === undefined && isAlive(signedIn)) return { state: 'running' };
    // It may have written how it ended since it was read.
    const { exitCode } = (await readJson<Omit<Run, 'run'>>(this.#runFile(wanted?.run ?? ''))) ?? signedIn;
    return { state: 'ended', ...(exitCode === undefined ? {} : { exitCode }) };
  }

  /** Asks every process of the service to end, and waits. False where one still lives. */
  async stop(kill: 'SIGTERM' | 'SIGKILL', graceMs: number): Promise<boolean> {
    const wanted = await this.#wanted();
    // First nothing is wanted any more, then it is looked who is there: a process that signs in later leaves by itself.
    if (wanted !== undefined && wanted.run !== null) await replaceJson(this.#wantedFile(), { ...wanted, run: null } satisfies Wanted);
    const alive = (await this.#runs()).filter(isAlive);
    for (const { pid } of alive) signalGroup(pid, kill);
    const deadline = Date.now() + graceMs;
    while (alive.some(isAlive)) {
      if (Date.now() >= deadline) return false;
      await systemClock.sleep(lookMs);
    }
    return true;
  }

  /** What the latest process wrote last. */
  async evidence(): Promise<string> {
    return logTail(this.#log, (await this.#wanted())?.logOffset ?? 0);
  }

  get log(): string {
    return this.#log;
  }

  async #wanted(): Promise<Wanted | undefined> {
    return readJson<Wanted>(this.#wantedFile());
  }

  async #runs(): Promise<readonly Run[]> {
    const runs: Run[] = [];
    for (const name of await readdir(join(this.#directory, 'runs')).catch(() => [])) {
      const run = /^([0-9a-f-]{36})\.json$/.exec(name)?.[1];
      if (run === undefined) continue;
      const signedIn = await readJson<Omit<Run, 'run'>>(this.#runFile(run));
      if (signedIn !== undefined) runs.push({ ...signedIn, run });
    }
    return runs;
  }

  /** Files of processes that have ended say nothing any more once another is started. */
  async #forgetEnded(): Promise<void> {
    await mkdir(join(this.#directory, 'runs'), { recursive: true, mode: 0o700 });
    const alive = new Set((await this.#runs()).filter(isAlive).map(({ run }) => run));
    for (const name of await readdir(join(this.#directory, 'runs'))) {
      if (!alive.has(name.slice(0, 36))) await rm(join(this.#directory, 'runs', name), { force: true });
    }
  }

  #wantedFile(): string {
    return join(this.#directory, 'wanted.json');
  }

  #runFile(run: string): string {
    return join(this.#directory, 'runs', `${run}.json`);
  }
}

/** The application and everything that it started. */
function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // It has ended in this moment.
  }
}
