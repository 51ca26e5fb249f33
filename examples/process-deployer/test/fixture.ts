/**
 * What the tests of the process deployer have in common: a registry with images of small applications, and a host.
 * @module
 */
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerRegistry } from '@davit/adapter-docker-registry';
import type { Call, Deployer, HostCall, HostRelease, Result, ResultAsync } from '@davit/core';
import { pushImage, startRegistryServer, type PushImageOptions, type RegistryServer } from '@davit/registry-server';
import { processDeployer, type ProcessDeployerOptions } from '@davit/example-process-deployer';

/** Answers with its version and its environment; a little like a real application, it says when it listens. */
export const application = `
const { createServer } = require('node:http');
const { PORT, VERSION } = process.env;
createServer((request, response) => {
  if (request.url === '/up') response.writeHead(VERSION === 'ill' ? 500 : 200).end(VERSION);
  else response.end(JSON.stringify({ version: VERSION, env: process.env, pid: process.pid, args: process.argv.slice(2), cwd: process.cwd() }));
}).listen(Number(PORT), '127.0.0.1', () => console.log('listening as ' + VERSION));
`;

export interface Fixture {
  readonly directory: string;
  readonly registry: RegistryServer;
  readonly ports: Readonly<Record<'web' | 'worker', number>>;
  /** A deployer for the host; each is like one of another process. */
  readonly deployer: (options?: Partial<ProcessDeployerOptions>) => Deployer;
  /** Pushes an image and answers with its name by digest. */
  readonly image: (version: string, options?: Partial<PushImageOptions>) => Promise<string>;
  /** A release of web alone, or of web and worker. */
  readonly release: (web: string, worker?: string) => HostRelease;
  readonly dispose: () => Promise<void>;
}

export async function fixture(): Promise<Fixture> {
  const directory = await mkdtemp(join(tmpdir(), 'davit-processes-'));
  const registry = await startRegistryServer();
  const [web, worker] = await freePorts(2);
  const ports = { web: web ?? 0, worker: worker ?? 0 };
  return {
    directory,
    registry,
    ports,
    deployer: (options = {}) =>
      processDeployer({
        directory: join(directory, 'host'),
        registry: dockerRegistry({ dockerConfig: false, retry: { minDelayMs: 1 } }),
        services: { web: { port: ports.web, healthPath: '/up' }, worker: { port: ports.worker, healthPath: '/up' } },
        healthTimeoutMs: 20_000,
        healthIntervalMs: 20,
        stopGraceMs: 3000,
        ...options,
      }),
    image: async (version, options = {}) => {
      const pushed = await pushImage(registry, { repository: 'team/app', files: { 'app/server.js': application }, config: { Cmd: ['node', 'server.js'], WorkingDir: '/app', Env: [`VERSION=${version}`] }, ...options });
      return pushed.digestReference;
    },
    release: (webImage, workerImage) => ({ services: [{ service: 'web', image: webImage }, ...(workerImage === undefined ? [] : [{ service: 'worker', image: workerImage }])] }),
    dispose: async () => {
      for (const pid of await processesBelow(directory)) process.kill(pid, 'SIGKILL');
      while ((await processesBelow(directory)).length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
      await registry.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Ports that are free now, all different, and not of those that systems give to whoever asks for any. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const server = await listen(port).catch(() => undefined);
    if (server === undefined) continue;
    await new Promise((resolve) => server.close(resolve));
    ports.add(port);
  }
  return [...ports];
}

export function listen(port: number): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => { resolve(server); });
  });
}

/** The processes that work in a directory: what really runs, whatever any file says. */
export async function processesBelow(directory: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => '');
    if (cwd.startsWith(`${directory}/`)) found.push(Number(name));
  }
  return found;
}

export const host = 'local';
export const call = (): Call => ({ signal: new AbortController().signal });
export const by = (promotion: string, fence = 1): HostCall => ({ ...call(), claim: { promotion, environment: 'production', fence } });

export async function must<T>(result: ResultAsync<T, { code: string; message: string; evidence?: string }> | Result<T, { code: string; message: string; evidence?: string }>): Promise<T> {
  const settled = await result;
  if (settled.isErr()) throw new Error(`${settled.error.code}: ${settled.error.message}\n${settled.error.evidence ?? ''}`);
  return settled.value;
}

export async function refused<E>(result: ResultAsync<unknown, E>): Promise<E> {
  const settled = await result;
  if (settled.isOk()) throw new Error(`expected a failure, got ${JSON.stringify(settled.value)}`);
  return settled.error;
}

/** Pull, pin, restart, health, proof and commit, with the lock. */
export async function deploy(deployer: Deployer, release: HostRelease, promotion: string, fence = 1): Promise<void> {
  const as = by(promotion, fence);
  const lock = await must(deployer.lock(host, as));
  await must(deployer.pull(host, release, [], as));
  await must(deployer.pin(host, release, as));
  await must(deployer.restart(host, release, as));
  await must(deployer.health(host, release, as));
  await must(deployer.proof(host, release, as));
  await must(deployer.commit(host, release, as));
  await lock.release();
}

export async function ask(port: number): Promise<{ readonly version: string; readonly env: Readonly<Record<string, string>>; readonly pid: number; readonly args: readonly string[]; readonly cwd: string }> {
  return (await fetch(`http://127.0.0.1:${String(port)}/`)).json() as never;
}
