/**
 * What the end-to-end tests stand on: an engine, a registry and an SSH server, images that behave well or badly, and
 * projects of a web service and a worker that are thrown away after each test.
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Call, DeployerError, HostCall, HostRelease, Result, ResultAsync } from '@davit/core';
import { freePort, startDockerEngine, startDockerRegistry, startSshd, type BusyboxImage, type DockerEngine, type DockerRegistry, type Sshd } from '@davit/real-services';
import { localCompose, sshCompose, type ComposeDeployer, type ComposeOptions } from '../../src/index.js';

export const tools = ['dockerd', 'docker', 'docker-compose', 'docker-registry', 'busybox', 'ip', 'sshd', 'ssh-keygen'] as const;

/** How a deployer reaches the engine. */
export type Way = 'ssh' | 'local';

export const account = { user: 'puller', password: 'planted-registry-password-7391' };

export interface Bench {
  readonly engine: DockerEngine;
  readonly registry: DockerRegistry;
  readonly sshd: Sshd;
  /** Makes an image, pushes it, removes it from the engine, and says how it is named by digest. */
  image(name: string, image: BusyboxImage): Promise<string>;
  project(options?: ProjectOptions): Promise<Project>;
  stop(): Promise<void>;
}

export interface ProjectOptions {
  /** Compose's file. Default: web on a port of its own, with a health check, and worker. */
  readonly compose?: string;
  readonly directory?: string;
}

export interface Project {
  readonly directory: string;
  readonly name: string;
  /** Loopback port that web publishes. */
  readonly port: number;
  deployer(way: Way, options?: Partial<ComposeOptions>): ComposeDeployer;
  compose(args: readonly string[]): Promise<string>;
  write(file: string, text: string): void;
  dispose(): Promise<void>;
}

/** Quick, so that the tests are: what is measured is which way it goes, not how long it takes. */
export const quickHealth = { timeoutMs: 30_000, intervalMs: 250, stableMs: 1_500, stableWithHealthcheckMs: 750 };

export const server = (version: string): BusyboxImage => ({
  files: { '/www/index.html': version },
  command: ['httpd', '-f', '-p', '8080', '-h', '/www'],
  healthcheck: '--interval=500ms --retries=4 CMD wget -q -O- http://127.0.0.1:8080/',
});
export const sleeper = (version: string): BusyboxImage => ({ files: { '/version': version }, command: ['sleep', '2147483647'] });

const standard = (port: number): string => `services:
  web:
    image: web:none
    init: true
    stop_grace_period: 1s
    ports: ["127.0.0.1:${String(port)}:8080"]
  worker:
    image: worker:none
    init: true
    restart: always
    stop_grace_period: 1s
`;

let projects = 0;

export async function startBench(): Promise<Bench> {
  const engine = await startDockerEngine();
  const [registry, sshd] = await Promise.all([startDockerRegistry({ htpasswd: account }), startSshd({ env: engine.env })]);
  const config = join(engine.env.DOCKER_CONFIG, 'config.json');
  // The engine's own login is for pushing; it is gone before anything is tested.
  const auths = { auths: { [registry.host]: { auth: Buffer.from(`${account.user}:${account.password}`).toString('base64') } } };

  const image = async (name: string, made: BusyboxImage): Promise<string> => {
    const tag = `${registry.host}/team/${name}:test`;
    await engine.importBusybox(tag, made);
    writeFileSync(config, JSON.stringify(auths));
    try {
      await engine.docker(['push', '-q', tag]);
    } finally {
      rmSync(config);
    }
    const digest = (await engine.docker(['image', 'inspect', '--format', '{{index .RepoDigests 0}}', tag])).stdout.trim();
    await engine.docker(['image', 'rm', tag, digest], { check: false });
    return digest;
  };

  const project = async (options: ProjectOptions = {}): Promise<Project> => {
    projects += 1;
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), `davit-project-${String(projects)}-`));
    const name = `shop${String(process.pid)}n${String(projects)}`;
    const port = await freePort();
    const write = (file: string, text: string): void => { writeFileSync(join(directory, file), text); };
    write('compose.yaml', `name: ${name}\n${options.compose ?? standard(port)}`);
    const made: ComposeDeployer[] = [];
    const compose = async (args: readonly string[]): Promise<string> => (await engine.docker(['compose', ...args], { cwd: directory })).stdout;
    return {
      directory,
      name,
      port,
      compose,
      write,
      deployer: (way, more = {}) => {
        const common: ComposeOptions = { health: quickHealth, minimumFree: { images: 0, project: 0 }, ...more, project: { directory, ...more.project } };
        const deployer =
          way === 'local'
            ? localCompose({ name: 'host', docker: { host: engine.env.DOCKER_HOST, config: engine.env.DOCKER_CONFIG }, ...common })
            : sshCompose({ hosts: [{ name: 'host', address: sshd.host, port: sshd.port }], ssh: { user: sshd.user, privateKeyFile: sshd.userKeyPath, hostKey: { knownHosts: sshd.knownHostsPath } }, ...common });
        made.push(deployer);
        return deployer;
      },
      dispose: async () => {
        await Promise.all(made.map((deployer) => deployer.close()));
        const ids = (await engine.docker(['ps', '-aq', '--filter', `label=com.docker.compose.project=${name}`])).stdout.split('\n').filter((id) => id !== '');
        if (ids.length > 0) await engine.docker(['rm', '-f', '-v', ...ids]);
        await engine.docker(['network', 'rm', `${name}_default`], { check: false });
        // Images too, so that the next test pulls them again.
        const images = (await engine.docker(['image', 'ls', '-q', '--no-trunc'])).stdout.split('\n').filter((id) => id !== '');
        if (images.length > 0) await engine.docker(['image', 'rm', '-f', ...new Set(images)], { check: false });
        if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
      },
    };
  };

  return {
    engine,
    registry,
    sshd,
    image,
    project,
    stop: async () => {
      await Promise.all([sshd.stop(), registry.stop()]);
      await engine.stop();
    },
  };
}

export const call = (): Call => ({ signal: new AbortController().signal });
export const by = (promotion: string, fence = 1): HostCall => ({ ...call(), claim: { promotion, environment: 'production', fence } });
export const release = (images: Readonly<Record<string, string>>): HostRelease => ({ services: Object.entries(images).map(([service, image]) => ({ service, image })) });

/** The value, or the error as a test failure that says everything. */
export async function must<T>(result: ResultAsync<T, DeployerError> | Promise<Result<T, DeployerError>>): Promise<T> {
  const settled = await result;
  if (settled.isErr()) throw new Error(JSON.stringify(settled.error, null, 2));
  return settled.value;
}

/** The error, or the value as a test failure. */
export async function fault<T, E extends DeployerError>(result: ResultAsync<T, E>): Promise<E> {
  const settled = await result;
  if (settled.isOk()) throw new Error(`expected an error, got ${JSON.stringify(settled.value)}`);
  return settled.error;
}
