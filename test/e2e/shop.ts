/**
 * A shop: a Compose project on the host, its repositories in the production registry, and a promoter that promotes to
 * it. Each is its own, so that tests of one bench do not meet.
 * @module
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sshCompose, type SshComposeOptions } from '@davit/adapter-ssh-compose';
import { httpProbe, testFunction } from '@davit/checks';
import { createPromoter, fileStore, ResultAsync, type Deployer, type EnvironmentOptions, type PromoteRequest, type Promoter, type PromotionReport } from '@davit/core';
import { webhook } from '@davit/notifier-webhook';
import { freePort } from '@davit/real-services';
import { planted, uniqueName, type Bench } from './bench.js';

/** Quick, so that the tests are: what is asked is which way it goes, not how long it takes. */
const health = { timeoutMs: 60_000, intervalMs: 250, stableMs: 1_500, stableWithHealthcheckMs: 500 };

/** One container as the engine describes it. */
export interface Container {
  readonly id: string;
  readonly startedAt: string;
  readonly status: string;
  /** What it was made from, and the id that the engine resolved that to. */
  readonly reference: string;
  readonly image: string;
}

export interface ShopOptions {
  /** The images of the release, by name; a service each. Default: web alone. */
  readonly images?: readonly ('web' | 'worker')[];
}

export interface Snapshot {
  readonly containers: readonly (Container | null)[];
  /** The project's own files, and the pin. */
  readonly files: Readonly<Record<string, string>>;
  readonly channel: readonly (string | null)[];
}

export interface Shop {
  readonly name: string;
  readonly directory: string;
  readonly storeDirectory: string;
  /** Loopback port of web. */
  readonly port: number;
  /** Repository of an image in the production registry, without the host. */
  repository(image: string): string;
  deployer(options?: Partial<SshComposeOptions>): Deployer;
  environment(changes?: Partial<EnvironmentOptions>): EnvironmentOptions;
  /** As another process would make it: own adapters, on the same store. Closed with the shop. */
  promoter(changes?: Partial<EnvironmentOptions>): Promoter;
  /** Promotes team/NAME:TAG of each image to the end or the first wait. */
  promote(tag: string | Readonly<Record<string, string>>, changes?: Partial<EnvironmentOptions>, request?: Partial<PromoteRequest>): Promise<PromotionReport>;
  compose(...args: readonly string[]): Promise<string>;
  write(file: string, text: string): void;
  read(file: string): string;
  /** What Compose's file says by default; `ports` are further ones, `lines` belong to the service web. */
  composeFile(more?: { readonly ports?: readonly number[]; readonly lines?: readonly string[] }): string;
  container(service: string): Promise<Container | null>;
  /** All that must be as before where nothing may be changed. */
  snapshot(): Promise<Snapshot>;
  page(path?: string): Promise<string>;
  channel(image?: string): Promise<string | null>;
  dispose(): Promise<void>;
}

export async function openShop(bench: Bench, { images = ['web'] }: ShopOptions = {}): Promise<Shop> {
  const name = uniqueName();
  const directory = mkdtempSync(join(tmpdir(), `davit-${name}-`));
  const storeDirectory = mkdtempSync(join(tmpdir(), `davit-store-${name}-`));
  const port = await freePort();
  const promoters: Promoter[] = [];
  const repository = (image: string): string => `${name}/${image}`;
  const inspect = async (reference: string, format: string): Promise<string> => (await bench.engine.docker(['inspect', '--format', format, reference])).stdout.trim();

  const composeFile: Shop['composeFile'] = ({ ports = [], lines = [] } = {}) => `name: ${name}
services:
  web:
    image: web:none
    init: true
    restart: always
    stop_grace_period: 1s
    env_file: [settings.env]
    ports: [${[`"127.0.0.1:${String(port)}:8080"`, ...ports.map((other) => `"127.0.0.1:${String(other)}:8081"`)].join(', ')}]
${lines.map((line) => `    ${line}\n`).join('')}${images.includes('worker') ? '  worker:\n    image: worker:none\n    init: true\n    restart: always\n    stop_grace_period: 1s\n' : ''}`;

  const shop: Shop = {
    name,
    directory,
    storeDirectory,
    port,
    repository,
    composeFile,
    deployer: (options = {}) =>
      sshCompose({
        hosts: [{ name: 'app1', address: bench.sshd.host, port: bench.sshd.port }],
        ssh: { user: bench.sshd.user, privateKeyFile: bench.sshd.userKeyPath, hostKey: { knownHosts: bench.sshd.knownHostsPath } },
        project: { directory },
        health,
        minimumFree: { images: 0, project: 0 },
        ...options,
      }),
    environment: (changes = {}) => ({
      source: bench.source(),
      target: bench.target(),
      deployer: changes.deployer ?? shop.deployer(),
      release: Object.fromEntries(images.map((image) => [image, { from: `${bench.staging.host}/team/${image}`, to: `${bench.production.host}/${repository(image)}` }])),
      tests: testFunction(() => true),
      checks: { signature: { off: 'images of the tests are not signed' } },
      approval: { off: 'nobody is there to approve' },
      endpoints: [
        httpProbe({ url: `http://127.0.0.1:${String(port)}/ready`, expectBody: /^ready/, headers: { 'x-api-key': planted.probe }, intervalMs: 100, successThreshold: 2, failureThreshold: 20, withinMs: 30_000 }),
      ],
      notifiers: [webhook({ url: bench.receiver.url, secret: planted.webhook })],
      ...changes,
    }),
    promoter: (changes) => {
      const promoter = createPromoter({ store: fileStore({ directory: storeDirectory }), environments: { production: shop.environment(changes) } });
      promoters.push(promoter);
      return promoter;
    },
    promote: async (tag, changes, request = {}) => {
      const tags = typeof tag === 'string' ? Object.fromEntries(images.map((image) => [image, tag])) : tag;
      const references = Object.fromEntries(Object.entries(tags).map(([image, wanted]) => [image, `${bench.staging.host}/team/${image}:${wanted}`]));
      const begun = await shop.promoter(changes).promote({ environment: 'production', images: references, actor: 'ann', version: Object.values(tags).join('-'), ...request });
      if (begun.isErr()) throw new Error(JSON.stringify(begun.error, null, 2));
      const outcome = await begun.value.outcome();
      if (outcome.isErr()) throw new Error(JSON.stringify(outcome.error, null, 2));
      return outcome.value;
    },
    compose: async (...args) => (await bench.engine.docker(['compose', ...args], { cwd: directory })).stdout,
    write: (file, text) => {
      writeFileSync(join(directory, file), text);
    },
    read: (file) => readFileSync(join(directory, file), 'utf8'),
    container: async (service) => {
      const ids = (await bench.engine.docker(['ps', '-aq', '--no-trunc', '--filter', `label=com.docker.compose.project=${name}`, '--filter', `label=com.docker.compose.service=${service}`])).stdout.split('\n').filter((id) => id !== '');
      if (ids.length > 1) throw new Error(`${service} has ${String(ids.length)} containers`);
      const [id] = ids;
      if (id === undefined) return null;
      const [startedAt = '', status = '', reference = '', image = ''] = (await inspect(id, '{{.State.StartedAt}} {{.State.Status}} {{.Config.Image}} {{.Image}}')).split(' ');
      return { id, startedAt, status, reference, image };
    },
    snapshot: async () => ({
      containers: await Promise.all(images.map((image) => shop.container(image))),
      files: Object.fromEntries(readdirSync(directory).filter((file) => statSync(join(directory, file)).isFile()).map((file) => [file, shop.read(file)])),
      channel: await Promise.all(images.map((image) => shop.channel(image))),
    }),
    page: async (path = '/') => (await fetch(`http://127.0.0.1:${String(port)}${path}`, { signal: AbortSignal.timeout(10_000) })).text(),
    channel: (image = 'web') => bench.production.digestOf(repository(image), 'production'),
    dispose: async () => {
      await Promise.all(promoters.map((promoter) => promoter.close()));
      const ids = (await bench.engine.docker(['ps', '-aq', '--filter', `label=com.docker.compose.project=${name}`])).stdout.split('\n').filter((id) => id !== '');
      if (ids.length > 0) await bench.engine.docker(['rm', '-f', '-v', ...ids]);
      await bench.engine.docker(['network', 'rm', `${name}_default`], { check: false });
      for (const place of [directory, storeDirectory]) rmSync(place, { recursive: true, force: true });
    },
  };
  shop.write('compose.yaml', composeFile());
  shop.write('settings.env', `DATABASE_PASSWORD=${planted.database}\n`);
  return shop;
}

/** The deployer, with something that happens right before one of its methods is called for the first time. */
export function before<M extends 'pull' | 'pin' | 'restart' | 'health'>(deployer: Deployer, method: M, act: (...args: Parameters<Deployer[M]>) => Promise<void>): Deployer {
  let happened = false;
  const real = deployer[method] as (...args: Parameters<Deployer[M]>) => ReturnType<Deployer[M]>;
  const wrapped = (...args: Parameters<Deployer[M]>): unknown => {
    if (happened) return real(...args);
    happened = true;
    return ResultAsync.fromSafePromise(act(...args)).andThen(() => real(...args) as unknown as ReturnType<Deployer['pin']>);
  };
  return { ...deployer, [method]: wrapped };
}
