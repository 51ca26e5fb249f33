/**
 * Who is measured: Davit's command, Davit as a library in a process that runs already, and the tools that people use today.
 * @module
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTools, missing } from '@davit/real-services';
import { measured, type Figures } from './process-run.js';

export interface Contender {
  readonly name: string;
  /** Copies one reference to another, both without TLS and login. */
  copy(source: string, target: string): Promise<Figures>;
  /** Starts and does nothing; undefined where it runs already. */
  readonly start?: () => Promise<Figures>;
  close(): void;
}

const here = dirname(fileURLToPath(import.meta.url));

/** Nobody's own login or configuration may count. */
const emptyHome = (): NodeJS.ProcessEnv => {
  const home = mkdtempSync(join(tmpdir(), 'davit-bench-'));
  return { PATH: process.env['PATH'], HOME: home, DOCKER_CONFIG: home, XDG_RUNTIME_DIR: home };
};

function command(name: string, program: string, copy: (source: string, target: string) => readonly string[], start: readonly string[]): Contender {
  const env = emptyHome();
  return { name, copy: (source, target) => measured(program, copy(source, target), env), start: () => measured(program, start, env), close: () => undefined };
}

/** Without signatures and attestations, which crane, oras and skopeo leave behind, and as it is by default. */
export function davitCommands(): readonly Contender[] {
  const cli = createRequire(import.meta.url).resolve('@davit/cli/package.json');
  const program = join(dirname(cli), 'dist/davit.js');
  const start = [program, '--version'];
  return [
    command('davit', process.execPath, (source, target) => [program, 'copy', '--no-referrers', source, target], start),
    command('davit + referrers', process.execPath, (source, target) => [program, 'copy', source, target], start),
  ];
}

/** Every peer that this machine has; the others are named in a line of their own. */
export function peers(): readonly Contender[] {
  const tools = findTools();
  const known: readonly [name: 'crane' | 'oras' | 'skopeo', copy: (source: string, target: string) => readonly string[], start: readonly string[]][] = [
    ['crane', (source, target) => ['copy', '--insecure', source, target], ['version']],
    ['oras', (source, target) => ['cp', '--from-plain-http', '--to-plain-http', source, target], ['version']],
    ['skopeo', (source, target) => ['--insecure-policy', 'copy', '--all', '--preserve-digests', '--src-tls-verify=false', '--dest-tls-verify=false', `docker://${source}`, `docker://${target}`], ['--version']],
  ];
  return known.flatMap(([name, copy, start]) => {
    const program = tools[name];
    if (program !== undefined) return [command(name, program, copy, start)];
    process.stdout.write(`without ${name}: ${missing(name) ?? ''}\n`);
    return [];
  });
}

/** What the library's process is asked, and what it answers. */
export interface LibraryQuestion {
  readonly source: string;
  readonly target: string;
}

export type LibraryAnswer = { readonly wallMs: number } | { readonly error: string };

/** One process for all copies, as in a program that embeds Davit. */
export function davitLibrary(): Contender {
  let child: ChildProcess | undefined;
  return {
    name: 'davit library',
    copy: async (source, target) => {
      const running = (child ??= fork(join(here, 'library.js'), { env: emptyHome() }));
      const answer = await new Promise<LibraryAnswer>((resolve, reject) => {
        const gone = (): void => { reject(new Error('the library process ended')); };
        running.once('exit', gone);
        running.once('message', (message) => {
          running.off('exit', gone);
          resolve(message as LibraryAnswer);
        });
        running.send({ source, target } satisfies LibraryQuestion);
      });
      if ('error' in answer) throw new Error(answer.error);
      return { wallMs: answer.wallMs, cpuMs: null, peakMb: null };
    },
    close: () => child?.kill(),
  };
}
