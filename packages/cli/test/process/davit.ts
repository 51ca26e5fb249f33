/**
 * The built command as a child process, with two registries in this one and hosts in a file: several processes see the same.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pushImage, startRegistryServer, type PushedImage, type RegistryServer } from '@davit/registry-server';
import { runProgram } from '../../src/usage/program.js';
import { fakeProcess } from '../surroundings.js';

const cli = join(import.meta.dirname, '../..');
export const program = join(cli, 'dist/davit.js');
const fixtures = join(cli, 'test/fixtures');

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Resolves when standard output or error has these words; rejects when the process ended without. */
  says(words: string | RegExp): Promise<void>;
  readonly ended: Promise<Ended>;
}

export interface Stage {
  readonly directory: string;
  readonly staging: RegistryServer;
  readonly production: RegistryServer;
  /** By version: 1.4.1, 1.4.2 and 1.5.0. */
  readonly images: Readonly<Record<string, PushedImage>>;
  reference(version: string): string;
  start(words: readonly string[], environment?: Readonly<Record<string, string>>): Running;
  davit(...words: readonly string[]): Promise<Ended>;
  /** With `--json`; `document` is what stands on standard output. */
  json(...words: readonly string[]): Promise<Ended & { readonly document: Readonly<Record<string, unknown>> }>;
  /** The same inside this process, which takes a tenth of the time: for what needs no process of its own. */
  inProcess(...words: readonly string[]): Promise<Ended & { readonly document: Readonly<Record<string, unknown>> }>;
  /** Makes every image of this version misbehave on the hosts. */
  breakVersion(version: string, fault: 'pull' | 'start' | 'health'): Promise<void>;
  /** Makes the deployer wait in a method, until it is told to go on. */
  hold(method: string, how?: 'hold' | 'deaf'): Promise<() => Promise<void>>;
  /** Everything that was written below the directory, as one text. */
  written(): Promise<string>;
  end(): Promise<void>;
}

export interface StageOptions {
  /** What the configuration says of `approval`, as source text. Default: off. */
  readonly approval?: string;
  readonly hosts?: readonly string[];
  /** More options of the environment, as source text. */
  readonly more?: string;
  readonly target?: string;
}

export async function newStage({ approval = '{ off: "a test" }', hosts = ['app-1'], more = '', target = 'dockerRegistry({ dockerConfig: false })' }: StageOptions = {}, servers: { readonly production?: Parameters<typeof startRegistryServer>[0] } = {}): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'davit-cli-'));
  const staging = await startRegistryServer();
  const production = await startRegistryServer(servers.production);
  const images: Record<string, PushedImage> = {};
  for (const version of ['1.4.1', '1.4.2', '1.5.0']) images[version] = await pushImage(staging, { repository: 'shop/web', tag: version });
  await writeFile(
    join(directory, 'davit.config.mjs'),
    `import { defineConfig, dockerRegistry, fileDeployer } from ${JSON.stringify(join(fixtures, 'kit.mjs'))};
export default defineConfig({ environments: { production: {
  source: dockerRegistry({ dockerConfig: false }),
  target: ${target},
  deployer: fileDeployer({ file: ${JSON.stringify(join(directory, 'hosts/hosts.json'))}, hosts: ${JSON.stringify(hosts)} }),
  release: { web: { from: '${staging.host}/shop/web:1.4.1', to: '${production.host}/shop/web' } },
  tests: { off: 'a test' },
  checks: { signature: { off: 'a test' } },
  approval: ${approval},
  ${more}
} } });
`,
  );
  const running = new Set<ChildProcess>();
  const hostsFile = join(directory, 'hosts/hosts.json');
  await mkdir(dirname(hostsFile));
  await writeFile(hostsFile, JSON.stringify({ faults: {}, hosts: {}, calls: [] }));

  const start = (words: readonly string[], environment: Readonly<Record<string, string>> = {}): Running => {
    const child = spawn(process.execPath, [program, ...words], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '', HOME: directory, ...environment } });
    running.add(child);
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
    const ended = once(child, 'close').then(([exitCode, signal]): Ended => {
      running.delete(child);
      return { exitCode: exitCode as number | null, signal: signal as NodeJS.Signals | null, ...said };
    });
    const says = (wanted: string | RegExp): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const all = said.out + said.err;
          if (typeof wanted === 'string' ? all.includes(wanted) : wanted.test(all)) resolve();
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        void ended.then(() => reject(new Error(`it ended without saying ${String(wanted)}:\n${said.out}\n${said.err}`)));
        look();
      });
    return { child, says, ended };
  };
  const davit = (...words: readonly string[]): Promise<Ended> => start(words).ended;

  return {
    directory,
    staging,
    production,
    images,
    reference: (version) => `${staging.host}/shop/web:${version}`,
    start,
    davit,
    json: async (...words) => {
      const ended = await davit(...words, '--json');
      return { ...ended, document: JSON.parse(ended.out) as Readonly<Record<string, unknown>> };
    },
    inProcess: async (...words) => {
      const here = fakeProcess([...words, '--json'], { directory });
      const exitCode = await runProgram(here);
      return { exitCode, signal: null, out: here.out(), err: here.err(), document: JSON.parse(here.out()) as Readonly<Record<string, unknown>> };
    },
    breakVersion: async (version, fault) => {
      const state = JSON.parse(await readFile(hostsFile, 'utf8')) as { faults: Record<string, string> };
      state.faults[images[version]?.digest ?? ''] = fault;
      await writeFile(hostsFile, JSON.stringify(state));
    },
    hold: async (method, how = 'hold') => {
      await writeFile(join(directory, 'hosts', `${how}-${method}`), '');
      return () => rm(join(directory, 'hosts', `${how}-${method}`), { force: true });
    },
    written: async () => {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true });
      const texts = await Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')));
      return texts.join('\n');
    },
    end: async () => {
      for (const child of running) child.kill('SIGKILL');
      await Promise.all([staging.close(), production.close()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
