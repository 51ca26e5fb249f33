/**
 * A Docker engine of its own: own data, socket, containerd namespace, bridge and address range, no rules in the
 * machine's firewall. Several can run beside each other and beside the machine's own.
 * @module
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { networkInterfaces } from 'node:os';
import { withBusyboxRoot, type BusyboxImage } from './busybox-image.js';
import { run, type RunOptions, type RunResult } from './run.js';
import { serviceDirectory, startService } from './service.js';
import { findTools, tool } from './tools.js';

export interface DockerEngineOptions {
  /** `none` leaves out the default bridge; networks that a Compose project makes work all the same. Default `own`. */
  readonly bridge?: 'own' | 'none';
  /** Registries besides those of 127.0.0.0/8 that are spoken to without TLS. */
  readonly insecureRegistries?: readonly string[];
}

export interface DockerEngine {
  readonly socket: string;
  /** DOCKER_HOST, and a DOCKER_CONFIG whose plugins hold Compose and which nobody else uses. */
  readonly env: Readonly<Record<'DOCKER_HOST' | 'DOCKER_CONFIG', string>>;
  /** Runs the docker command against this engine: `docker(['compose', 'up', '-d'], { cwd })`. Rejects unless it exits with 0. */
  readonly docker: (args: readonly string[], options?: RunOptions) => Promise<RunResult>;
  /** Makes the image `name:tag` of a static busybox and some files; resolves to its id (`sha256:…`). */
  readonly importBusybox: (name: string, image?: BusyboxImage) => Promise<string>;
  readonly logFile: string;
  readonly pid: number;
  /** Removes every container, ends the engine, removes its networks and all its data. */
  readonly stop: () => Promise<void>;
}

/**
 * Claims a range 10.N.0.0/16 by making a bridge whose name holds N: two processes cannot make the same one. Published
 * ports are reached on loopback through docker-proxy, which needs neither firewall rules nor forwarding.
 */
async function claimNetwork(): Promise<{ readonly bridge: string; readonly range: string }> {
  const used = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
  const first = 100 + (process.pid % 150);
  for (let i = 0; i < 150; i += 1) {
    const range = `10.${String(100 + ((first + i) % 150))}`;
    if (used.some((address) => address.startsWith(`${range}.`))) continue;
    const bridge = `davit-${range.slice(3)}`;
    const added = await run(tool('ip'), ['link', 'add', bridge, 'type', 'bridge'], { check: false });
    if (added.code === 0) {
      await run(tool('ip'), ['address', 'add', `${range}.0.1/24`, 'dev', bridge]);
      await run(tool('ip'), ['link', 'set', bridge, 'up']);
      return { bridge, range };
    }
    if (!added.stderr.includes('exists')) throw new Error(`no bridge for the engine: ${added.stderr}`);
  }
  throw new Error('no address range left for another engine');
}

/** Starts an engine and resolves when it answers, after some 3 s. Needs root, `dockerd`, `docker` and `ip`. */
export async function startDockerEngine(options: DockerEngineOptions = {}): Promise<DockerEngine> {
  const directory = serviceDirectory('engine');
  const config = join(directory, 'config');
  mkdirSync(join(config, 'cli-plugins'), { recursive: true });
  writeFileSync(join(directory, 'daemon.json'), '{}');
  const compose = findTools()['docker-compose'];
  if (compose !== undefined) symlinkSync(compose, join(config, 'cli-plugins/docker-compose'));

  const docker = tool('docker');
  const dockerd = tool('dockerd');
  const socket = join(directory, 'docker.sock');
  const env = { DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: config };
  const { bridge, range } = await claimNetwork();

  const service = await startService({
    name: 'engine',
    directory,
    command: [
      dockerd,
      ...['--data-root', join(directory, 'data'), '--exec-root', join(directory, 'exec'), '--pidfile', join(directory, 'pid'), '-H', `unix://${socket}`],
      // Not the file of the machine's own engine.
      ...['--config-file', join(directory, 'daemon.json'), '--group', '0', '--containerd-namespace', bridge, '--containerd-plugins-namespace', `${bridge}-plugins`],
      ...['--bridge', options.bridge === 'none' ? 'none' : bridge, '--default-address-pool', `base=${range}.128.0/17,size=24`],
      ...['--iptables=false', '--ip-masq=false', '--ip-forward=false', '--shutdown-timeout', '2'],
      ...(options.insecureRegistries ?? []).flatMap((registry) => ['--insecure-registry', registry]),
    ],
    env,
    ready: async () => (await run(docker, ['version', '--format', '{{.Server.Version}}'], { env, check: false, timeoutMs: 10_000 })).code === 0,
    before: `timeout 30 sh -c 'docker=${quote(docker)}; $docker ps -aq | xargs -r $docker rm -f -v'`,
    after: `
      ip -o -4 address show | while read -r _ name _ address _; do
        case $address in ${range}.*) ip link delete "$name" ;; esac
      done
      ip link delete ${bridge}
      sort -r /proc/self/mounts | while read -r _ point _; do
        case $point in ${quote(directory)}/*) umount -l "$point" ;; esac
      done`,
  });

  const call = (args: readonly string[], more: RunOptions = {}): Promise<RunResult> => run(docker, args, { ...more, env: { ...env, ...more.env } });
  return {
    socket,
    env,
    docker: call,
    importBusybox: (name, image = {}) =>
      withBusyboxRoot(image, async (tar, changes) => (await call(['import', ...changes.flatMap((change) => ['-c', change]), tar, name])).stdout.trim()),
    logFile: service.logFile,
    pid: service.pid,
    stop: service.stop,
  };
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
