/**
 * An SSH server in this process that runs what it is asked to, or misbehaves.
 * @module
 */
import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';

const ed25519 = (): { readonly private: string; readonly public: string } => ssh2.utils.generateKeyPairSync('ed25519');

export const hostKey = ed25519();
export const secondHostKey = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
export const strangeHostKey = ed25519();
export const userKey = ed25519();
export const otherUserKey = ed25519();
export const password = 'planted-ssh-password';

export interface SshServer {
  readonly port: number;
  /** Line of known_hosts for one of the keys. */
  knownHostsLine(key?: { readonly public: string }): string;
  /** Commands that were asked for. */
  readonly commands: readonly string[];
  readonly connections: () => number;
  /** How the next sessions are answered; default: the command is run. */
  answer: (command: string, channel: ServerChannel, client: Connection) => void;
  /** Sessions that are refused when these many are open. */
  maxSessions: number;
  dropConnections(): void;
  close(): Promise<void>;
}

/** Runs the command as sshd would: without a terminal, in a session of its own. */
export const runCommand = (command: string, channel: ServerChannel): void => {
  const child = spawn('sh', ['-c', command], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  channel.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on('close', () => child.stdin.end());
  child.on('close', (code) => {
    channel.exit(code ?? 255);
    channel.end();
  });
};

export async function startSshServer(hostKeys: readonly { readonly private: string }[] = [hostKey]): Promise<SshServer> {
  const commands: string[] = [];
  const clients = new Set<Connection>();
  let connections = 0;
  const allowed = ssh2.utils.parseKey(userKey.public);
  if (allowed instanceof Error) throw allowed;
  const wire = allowed.getPublicSSH();

  const accepts = (context: AuthContext): boolean => {
    if (context.username !== 'deploy') return false;
    if (context.method === 'password') return context.password === password;
    // What cannot be verified is an Error here, whatever the declaration says.
    if (context.method === 'publickey') return context.key.data.equals(wire) && (context.signature === undefined || (allowed.verify(context.blob ?? Buffer.alloc(0), context.signature, context.hashAlgo) as unknown) === true);
    return false;
  };

  const server = new ssh2.Server({ hostKeys: hostKeys.map((key) => key.private) }, (client) => {
    connections += 1;
    clients.add(client);
    let open = 0;
    client.on('error', () => undefined);
    client.on('close', () => clients.delete(client));
    client.on('authentication', (context) => {
      if (accepts(context)) context.accept();
      else context.reject(['publickey', 'password']);
    });
    client.on('ready', () => {
      client.on('session', (accept, reject) => {
        if (open >= self.maxSessions) {
          reject();
          return;
        }
        open += 1;
        const session = accept();
        session.on('exec', (acceptExec, _reject, info) => {
          commands.push(info.command);
          const channel = acceptExec();
          channel.on('close', () => { open -= 1; });
          self.answer(info.command, channel, client);
        });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const self: SshServer = {
    port,
    commands,
    connections: () => connections,
    maxSessions: 10,
    answer: runCommand,
    knownHostsLine: (key = hostKey) => `[127.0.0.1]:${String(port)} ${key.public.split(' ').slice(0, 2).join(' ')}`,
    dropConnections: () => {
      for (const client of clients) (client as unknown as { _sock: { destroy: () => void } })._sock.destroy();
    },
    close: async () => {
      for (const client of clients) client.end();
      await new Promise<void>((resolve) => server.close(() => { resolve(); }));
    },
  };
  return self;
}
