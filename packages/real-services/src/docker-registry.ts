/**
 * A real registry (the distribution project's, as Debian packages it) on a loopback port, storing files.
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { run } from './run.js';
import { serviceDirectory, startService } from './service.js';
import { startTokenService, type TokenService, type TokenServiceOptions } from './token-service.js';
import { tool } from './tools.js';

export interface DockerRegistryOptions {
  /** Basic authentication with this account; without it everybody may pull and push. */
  readonly htpasswd?: { readonly user: string; readonly password: string };
  /** Bearer authentication with this account, against a token service that is started with the registry. */
  readonly tokenAuth?: TokenServiceOptions;
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
  /** With `tokenAuth`: its address, and the scopes that it granted. */
  readonly tokenService: TokenService | undefined;
  readonly stop: () => Promise<void>;
}

/** The registry only knows bcrypt, which Node has not: the C library's crypt() has it, and perl calls that. */
async function bcrypt(password: string): Promise<string> {
  const script = 'local $/; my $p = <STDIN>; my @s = (".", "/", "A".."Z", "a".."z", 0..9); print crypt($p, "\\$2y\\$05\\$" . join("", map { $s[rand @s] } 1..22))';
  const { stdout } = await run(tool('perl'), ['-e', script], { input: password });
  if (!stdout.startsWith('$2y$')) throw new Error('crypt() of this machine has no bcrypt');
  return stdout;
}

/** Starts a registry and resolves when it answers. Needs `docker-registry`, `perl` for `htpasswd`, `openssl` for `tokenAuth`. */
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
  const tokenService = options.tokenAuth === undefined ? undefined : await startTokenService(options.tokenAuth, work);
  if (tokenService !== undefined) {
    configuration['auth'] = { token: { realm: tokenService.realm, service: tokenService.service, issuer: tokenService.issuer, rootcertbundle: tokenService.certificate } };
  }
  const file = join(work, 'config.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(configuration));

  const starting = startService({
    name: 'registry',
    command: [tool('docker-registry'), 'serve', file],
    directory: work,
    ready: (log) => log.includes(`listening on ${host}`),
  });
  const service = await starting.catch(async (error: unknown) => {
    await tokenService?.stop();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await Promise.all([service.stop(), tokenService?.stop()]);
  };
  return { host, port, directory, logFile: service.logFile, pid: service.pid, tokenService, stop };
}
