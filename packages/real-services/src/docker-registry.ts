/**
 * A real registry (the distribution project's, as Debian packages it) on a loopback port, storing files.
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accepts, freePort } from './free-port.js';
import { run } from './run.js';
import { serviceDirectory, startService } from './service.js';
import { tool } from './tools.js';

export interface DockerRegistryOptions {
  /** Basic authentication with this account; without it everybody may pull and push. */
  readonly htpasswd?: { readonly user: string; readonly password: string };
  /** Where it stores images; kept when it stops. Default: a temporary folder that goes with it. */
  readonly directory?: string;
  /** Default: a free one. Give the old one to start a registry again where it was. */
  readonly port?: number;
}

export interface DockerRegistry {
  /** `127.0.0.1:PORT`, as it stands in references. */
  readonly host: string;
  readonly port: number;
  readonly directory: string;
  /** Its access log among other things: one line a request, in Apache's format. */
  readonly logFile: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** The registry only knows bcrypt, which Node has not: the C library's crypt() has it, and perl calls that. */
async function bcrypt(password: string): Promise<string> {
  const script = 'local $/; my $p = <STDIN>; my @s = (".", "/", "A".."Z", "a".."z", 0..9); print crypt($p, "\\$2y\\$05\\$" . join("", map { $s[rand @s] } 1..22))';
  const { stdout } = await run(tool('perl'), ['-e', script], { input: password });
  if (!stdout.startsWith('$2y$')) throw new Error('crypt() of this machine has no bcrypt');
  return stdout;
}

/** Starts a registry and resolves when it answers. Needs `docker-registry`, and `perl` for `htpasswd`. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const work = serviceDirectory('registry');
  const directory = options.directory ?? join(work, 'images');
  mkdirSync(directory, { recursive: true });
  const port = options.port ?? (await freePort());
  const host = `127.0.0.1:${String(port)}`;

  const configuration: Record<string, unknown> = {
    version: 0.1,
    log: { level: 'info', fields: { service: 'registry' } },
    storage: { filesystem: { rootdirectory: directory }, delete: { enabled: true }, maintenance: { uploadpurging: { enabled: false } } },
    http: { addr: host, secret: 'of one process only' },
  };
  if (options.htpasswd !== undefined) {
    const path = join(work, 'htpasswd');
    writeFileSync(path, `${options.htpasswd.user}:${await bcrypt(options.htpasswd.password)}\n`, { mode: 0o600 });
    configuration['auth'] = { htpasswd: { realm: 'registry', path } };
  }
  const file = join(work, 'config.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(configuration));

  const service = await startService({
    name: 'registry',
    command: [tool('docker-registry'), 'serve', file],
    directory: work,
    ready: () => accepts('127.0.0.1', port),
  });
  return { host, port, directory, logFile: service.logFile, pid: service.pid, stop: service.stop };
}
