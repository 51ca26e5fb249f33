/**
 * The davit command as a process of its own, with a configuration file that reads what differs from run to run from the
 * environment, as a team would have it.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planted, type Bench } from './bench.js';
import type { Shop } from './shop.js';

const configuration = `import { dockerRegistry } from '@davit/adapter-docker-registry';
import { sshCompose } from '@davit/adapter-ssh-compose';
import { httpProbe, testCommand } from '@davit/checks';
import { defineConfig } from '@davit/cli';
import { fileStore } from '@davit/core';
import { webhook } from '@davit/notifier-webhook';

const { SHOP, STAGING, STAGING_PASSWORD, PRODUCTION, PRODUCTION_PASSWORD, SSH_PORT, SSH_USER, SSH_KEY, KNOWN_HOSTS, PORT, PROBE_KEY, HOOK, HOOK_SECRET, STORE, DIRECTORY, APPROVAL } = process.env;

export default defineConfig({
  store: fileStore({ directory: STORE }),
  environments: {
    production: {
      source: dockerRegistry({ credentials: { [STAGING]: { username: '${planted.staging.username}', password: STAGING_PASSWORD } }, dockerConfig: false }),
      target: dockerRegistry({ credentials: { [PRODUCTION]: { username: '${planted.production.username}', password: PRODUCTION_PASSWORD } }, dockerConfig: false }),
      deployer: sshCompose({
        hosts: [{ name: 'app1', address: '127.0.0.1', port: Number(SSH_PORT) }],
        ssh: { user: SSH_USER, privateKeyFile: SSH_KEY, hostKey: { knownHosts: KNOWN_HOSTS } },
        project: { directory: DIRECTORY },
        health: { timeoutMs: 60_000, intervalMs: 250, stableMs: 1_500, stableWithHealthcheckMs: 500 },
        minimumFree: { images: 0, project: 0 },
      }),
      release: { web: { from: STAGING + '/team/web', to: PRODUCTION + '/' + SHOP + '/web' } },
      tests: testCommand(['true']),
      checks: { signature: { off: 'images of the tests are not signed' } },
      endpoints: [httpProbe({ url: 'http://127.0.0.1:' + PORT + '/ready', expectBody: /^ready/, headers: { 'x-api-key': PROBE_KEY }, intervalMs: 100, successThreshold: 2, failureThreshold: 20, withinMs: 30_000 })],
      notifiers: [webhook({ url: HOOK, secret: HOOK_SECRET })],
      approval: APPROVAL === 'on' ? {} : { off: 'nobody is there to approve' },
    },
  },
});
`;

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface Command {
  /** Starts `davit …` in the directory of the configuration. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Running;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  dispose(): void;
}

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
const program = join(dirname(createRequire(import.meta.url).resolve('@davit/cli/package.json')), 'dist/davit.js');

/** The command for a shop. The configuration lies in the checkout, so that it finds the packages as an installed one would. */
export function davitFor(bench: Bench, shop: Shop): Command {
  const cache = join(top, '.cache');
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, 'command-'));
  writeFileSync(join(directory, 'davit.config.mjs'), configuration);
  const settings = {
    SHOP: shop.name,
    STAGING: bench.staging.host,
    STAGING_PASSWORD: planted.staging.password,
    PRODUCTION: bench.production.host,
    PRODUCTION_PASSWORD: planted.production.password,
    SSH_PORT: String(bench.sshd.port),
    SSH_USER: bench.sshd.user,
    SSH_KEY: bench.sshd.userKeyPath,
    KNOWN_HOSTS: bench.sshd.knownHostsPath,
    PORT: String(shop.port),
    PROBE_KEY: planted.probe,
    HOOK: bench.receiver.url,
    HOOK_SECRET: planted.webhook,
    STORE: shop.storeDirectory,
    DIRECTORY: shop.directory,
  };
  const start: Command['start'] = (args, env = {}) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: directory, env: { ...process.env, ...settings, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        resolve({ code, signal, stdout, stderr });
      });
    });
    return { process: child, ended };
  };
  return {
    start,
    run: (args, env) => start(args, env).ended,
    dispose: () => {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface StoredRecord {
  readonly promotion: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What has been written of every promotion of a store so far, oldest first. */
export function journalOf(storeDirectory: string): readonly StoredRecord[] {
  const promotions = join(storeDirectory, 'promotions');
  const files = readdirSync(promotions, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.endsWith('.json'));
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return paths.map((path) => JSON.parse(readFileSync(path, 'utf8')) as StoredRecord);
}
