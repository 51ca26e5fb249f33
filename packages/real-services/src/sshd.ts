/**
 * A real OpenSSH server on a loopback address, with a host key and a user key of its own. Several addresses of
 * 127.0.0.0/8 make several hosts.
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync, copyFileSync, chmodSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { freePort } from './free-port.js';
import { run } from './run.js';
import { serviceDirectory, startService } from './service.js';
import { findTools, tool } from './tools.js';

export interface SshdOptions {
  /** Default 127.0.0.1; every address of 127.0.0.0/8 works. */
  readonly address?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** For the commands that run over it: an engine's `env` makes `docker` and `docker compose` speak to that engine. */
  readonly env?: Readonly<Record<string, string>>;
  /** Lines put before the others in its configuration, for example `MaxSessions 2`. */
  readonly configuration?: readonly string[];
}

export interface Sshd {
  readonly host: string;
  readonly port: number;
  /** The account that may log in: the one of this process. */
  readonly user: string;
  /** A private key without passphrase that the server accepts (OpenSSH format, ed25519). */
  readonly userKeyPath: string;
  /** `SHA256:…` of the host's ed25519 key. */
  readonly hostKeyFingerprint: string;
  /** What stands in known_hosts for it: `[127.0.0.1]:PORT ssh-ed25519 AAAA…`. */
  readonly knownHostsLine: string;
  /** A known_hosts file that holds that line. */
  readonly knownHostsPath: string;
  readonly logFile: string;
  readonly pid: number;
  /** Cuts every connection that is open; the server goes on listening. */
  readonly dropConnections: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

// sshd answers each connection with a child of its own, which would outlive the listener.
const killSessions = 'kill -KILL $(cat /proc/$pid/task/$pid/children)';

/** Starts a server and resolves when it accepts connections. Needs root, `sshd` and `ssh-keygen`. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const directory = serviceDirectory('sshd');
  const host = options.address ?? '127.0.0.1';
  const port = options.port ?? (await freePort(host));
  const file = (name: string): string => join(directory, name);

  const keygen = tool('ssh-keygen');
  for (const name of ['host-key', 'user-key']) await run(keygen, ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file(name)]);
  copyFileSync(file('user-key.pub'), file('authorized_keys'));
  chmodSync(file('authorized_keys'), 0o600);
  const [type, key] = readFileSync(file('host-key.pub'), 'utf8').split(' ');
  const knownHostsLine = `${port === 22 ? host : `[${host}]:${String(port)}`} ${type ?? ''} ${key ?? ''}`;
  writeFileSync(file('known_hosts'), `${knownHostsLine}\n`);
  const fingerprint = (await run(keygen, ['-l', '-E', 'sha256', '-f', file('host-key.pub')])).stdout.split(' ')[1] ?? '';

  const tools = Object.values(findTools()).flatMap((path) => (path === undefined ? [] : [dirname(path)]));
  const env = { PATH: [...new Set(['/usr/local/bin', '/usr/bin', '/bin', ...tools])].join(delimiter), ...options.env };
  writeFileSync(
    file('config'),
    [
      ...(options.configuration ?? []),
      `ListenAddress ${host}`,
      `Port ${String(port)}`,
      `HostKey ${file('host-key')}`,
      `AuthorizedKeysFile ${file('authorized_keys')}`,
      `PidFile ${file('pid')}`,
      // The temporary folder's parent is writable for everybody, which strict modes refuse.
      'StrictModes no',
      'UsePAM no',
      'UseDNS no',
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PrintMotd no',
      'LogLevel VERBOSE',
      'Subsystem sftp internal-sftp',
      `SetEnv ${Object.entries(env).map(([name, value]) => `"${name}=${value}"`).join(' ')}`,
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });

  const service = await startService({
    name: 'sshd',
    // A full path: sshd starts itself again for each connection.
    command: [tool('sshd'), '-D', '-e', '-f', file('config')],
    directory,
    ready: (log) => log.includes(`Server listening on ${host} port ${String(port)}`),
    before: killSessions,
    graceSeconds: 5,
  });
  return {
    host,
    port,
    user: userInfo().username,
    userKeyPath: file('user-key'),
    hostKeyFingerprint: fingerprint,
    knownHostsLine,
    knownHostsPath: file('known_hosts'),
    logFile: service.logFile,
    pid: service.pid,
    dropConnections: async () => {
      await run(tool('bash'), ['-c', killSessions], { env: { pid: String(service.pid) }, check: false });
    },
    stop: service.stop,
  };
}
