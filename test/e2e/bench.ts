/**
 * What the end-to-end tests of whole promotions stand on: a Docker engine with Compose, an SSH server in front of it, a
 * registry for staging and one for production with a login each, and a receiver of webhooks.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerRegistry } from '@davit/adapter-docker-registry';
import type { ImageSource, ImageTarget } from '@davit/core';
import { run, startDockerEngine, startDockerRegistry, startSshd, findTools, type BusyboxImage, type DockerEngine, type DockerRegistry, type Sshd } from '@davit/real-services';
import { startReceiver, type Receiver } from './receiver.js';

/** Programs without which none of these tests can run. */
export const tools = ['dockerd', 'docker', 'docker-compose', 'docker-registry', 'busybox', 'ip', 'perl', 'sshd', 'ssh-keygen', 'skopeo', 'crane'] as const;

export interface Login {
  readonly username: string;
  readonly password: string;
}

const mine = randomBytes(6).toString('hex');

/** Secrets that can be told apart, also from those of other runs, and that nothing but an adapter's options may hold. */
export const planted = {
  staging: { username: 'reader', password: `planted-staging-${mine}` },
  production: { username: 'writer', password: `planted-production-${mine}` },
  webhook: `whsec_${Buffer.from(`planted-webhook-secret-${mine}`).toString('base64')}`,
  /** In the Compose project's environment, where it belongs. */
  database: `planted-database-${mine}`,
  /** In a header of the endpoint probe. */
  probe: `planted-probe-${mine}`,
} as const;

/** A registry as tests ask it, beside Davit. */
export interface Registry extends DockerRegistry {
  readonly login: Login;
  /** The digest that a tag names; null where there is none. */
  digestOf(repository: string, reference: string): Promise<string | null>;
  /** DELETE of the distribution API. */
  remove(repository: string, digest: string): Promise<void>;
  /** The bytes of a manifest as skopeo gets them. */
  manifest(repository: string, reference: string): Promise<string>;
  /** Ends it, and starts it again where it was, with what it holds. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export interface Bench {
  readonly engine: DockerEngine;
  readonly sshd: Sshd;
  readonly staging: Registry;
  readonly production: Registry;
  readonly receiver: Receiver;
  /** Adapters with the right logins in code. Docker's own configuration is not looked at. */
  source(): ImageSource;
  target(): ImageTarget;
  /** Makes an image and pushes it to staging as `team/NAME:TAG`; it does not stay on the engine. */
  image(name: string, tag: string, image: BusyboxImage): Promise<void>;
  /** Makes the pushed image one of an index with a second platform, under the same tag. */
  index(name: string, tag: string): Promise<void>;
  stop(): Promise<void>;
}

/** A web server whose page says its version. It is ready, has a health check, and ends when it is asked to. */
export const web = (version: string, more: BusyboxImage = {}): BusyboxImage => ({
  files: { '/www/index.html': `web ${version}\n`, '/www/ready': 'ready\n', ...more.files },
  command: more.command ?? ['httpd', '-f', '-p', '8080', '-h', '/www'],
  healthcheck: more.healthcheck ?? '--interval=1s --timeout=10s --retries=2 CMD wget -q -O- http://127.0.0.1:8080/',
  labels: { 'org.opencontainers.image.version': version, ...more.labels },
});

/** A worker without a port and without a health check. */
export const worker = (version: string, command: readonly string[] = ['sleep', '2147483647']): BusyboxImage => ({ files: { '/version': `${version}\n` }, command });

export async function startBench(): Promise<Bench> {
  const engine = await startDockerEngine();
  const [staging, production, sshd, receiver] = await Promise.all([startRegistry(planted.staging), startRegistry(planted.production), startSshd({ env: engine.env }), startReceiver(planted.webhook)]);
  // Logins for pushing by hand; Davit and the host never see them.
  const pushing = mkdtempSync(join(tmpdir(), 'davit-pushing-'));
  const auth = ({ username, password }: Login): string => Buffer.from(`${username}:${password}`).toString('base64');
  writeFileSync(join(pushing, 'config.json'), JSON.stringify({ auths: Object.fromEntries([staging, production].map(({ host, login }) => [host, { auth: auth(login) }])) }));
  const byHand = { env: { DOCKER_CONFIG: pushing } };
  const crane = findTools().crane ?? 'crane';

  return {
    engine,
    sshd,
    staging,
    production,
    receiver,
    source: () => dockerRegistry({ credentials: { [staging.host]: staging.login }, dockerConfig: false }),
    target: () => dockerRegistry({ credentials: { [production.host]: production.login }, dockerConfig: false }),
    image: async (name, tag, made) => {
      const reference = `${staging.host}/team/${name}:${tag}`;
      await engine.importBusybox(reference, made);
      await engine.docker(['push', '-q', reference], byHand);
      const [digest = ''] = JSON.parse((await engine.docker(['image', 'inspect', '--format', '{{json .RepoDigests}}', reference])).stdout) as string[];
      await engine.docker(['image', 'rm', reference, digest], { check: false });
    },
    index: async (name, tag) => {
      const reference = `${staging.host}/team/${name}:${tag}`;
      await run(crane, ['mutate', '--set-platform', 'linux/arm64', '-t', `${reference}-arm64`, reference], byHand);
      await run(crane, ['index', 'append', '-m', reference, '-m', `${reference}-arm64`, '-t', reference], byHand);
    },
    stop: async () => {
      rmSync(pushing, { recursive: true, force: true });
      await Promise.all([receiver.stop(), sshd.stop(), staging.stop(), production.stop()]);
      await engine.stop();
    },
  };
}

async function startRegistry(login: Login): Promise<Registry> {
  const directory = mkdtempSync(join(tmpdir(), 'davit-images-'));
  const options = { htpasswd: { user: login.username, password: login.password }, directory };
  const registry = await startDockerRegistry(options);
  let running: DockerRegistry | undefined = registry;
  const accept = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json', 'application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'].join(', ');
  const headers = { authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`, accept };
  const ask = (method: string, repository: string, reference: string): Promise<Response> => fetch(`http://${registry.host}/v2/${repository}/manifests/${reference}`, { method, headers });
  return {
    ...registry,
    login,
    digestOf: async (repository, reference) => {
      const answer = await ask('HEAD', repository, reference);
      if (answer.status === 404) return null;
      if (!answer.ok) throw new Error(`HEAD ${repository}:${reference} answered ${String(answer.status)}`);
      return answer.headers.get('docker-content-digest');
    },
    remove: async (repository, digest) => {
      const answer = await ask('DELETE', repository, digest);
      if (answer.status !== 202) throw new Error(`DELETE ${repository}@${digest} answered ${String(answer.status)}`);
    },
    manifest: async (repository, reference) => {
      const joint = reference.startsWith('sha256:') ? '@' : ':';
      const { stdout } = await run(findTools().skopeo ?? 'skopeo', ['inspect', '--raw', '--tls-verify=false', '--creds', `${login.username}:${login.password}`, `docker://${registry.host}/${repository}${joint}${reference}`]);
      return stdout;
    },
    pause: async () => {
      await running?.stop();
      running = undefined;
    },
    resume: async () => {
      running ??= await startDockerRegistry({ ...options, port: registry.port });
    },
    stop: async () => {
      await running?.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A name that no other test of this process or another one has. */
export const uniqueName = (): string => `shop${randomBytes(4).toString('hex')}`;
