/**
 * Opens a connection to a host, with ssh2: the key checked before anything is said, dead peers noticed within a minute.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { err, failure, ok, type DeployerError, type Result } from '@davit/core';
import ssh2, { type ConnectConfig } from 'ssh2';
import { interrupted } from '../errors.js';
import { hostKeyError, hostKeyPolicy, type HostKeyPolicy, type HostKeyVerdict } from './host-key.js';
import type { SshTarget } from './target.js';

export type SshClient = InstanceType<typeof ssh2.Client>;

const identities = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

async function readKey(path: string): Promise<string | Error> {
  try {
    return await readFile(path.startsWith('~/') ? `${homedir()}${path.slice(1)}` : path, 'utf8');
  } catch (thrown) {
    return thrown as Error;
  }
}

type Login = Pick<ConnectConfig, 'privateKey' | 'passphrase' | 'agent' | 'password'>;

/** The ways to log in. Without any given: the agent, or the first of the usual key files that is there. */
async function loginOf(target: SshTarget): Promise<Result<Login, DeployerError>> {
  const { name: host, privateKeyFile, passphrase, password } = target;
  let { privateKey, agent } = target;
  const given = privateKey !== undefined || privateKeyFile !== undefined || password !== undefined || agent !== undefined;
  if (privateKey === undefined && privateKeyFile !== undefined) {
    const read = await readKey(privateKeyFile);
    if (typeof read !== 'string') return err(failure('ssh_key_invalid', `${host}: the private key ${privateKeyFile} cannot be read`, { host, path: privateKeyFile, cause: read }));
    privateKey = read;
  }
  if (!given) {
    agent = process.env['SSH_AUTH_SOCK'];
    if (agent === undefined) {
      const found = (await Promise.all(identities.map((file) => readKey(`~/.ssh/${file}`)))).find((read) => typeof read === 'string');
      if (found === undefined) return err(failure('host_auth_failed', `${host}: there is nothing to log in with: no key, no agent and no password is given, and ~/.ssh has no key`, { host }));
      privateKey = found;
    }
  }
  if (privateKey !== undefined) {
    const parsed = ssh2.utils.parseKey(privateKey, passphrase);
    const fault = parsed instanceof Error ? parsed : [parsed].flat().some((key) => key.isPrivateKey()) ? undefined : new Error('it is a public key');
    if (fault !== undefined) {
      // The message of ssh2 names the format or says that the passphrase is missing or wrong; never the key.
      return err(failure('ssh_key_invalid', `${host}: the private key${privateKeyFile === undefined ? '' : ` ${privateKeyFile}`} cannot be used: ${fault.message}`, { host, ...(privateKeyFile === undefined ? {} : { path: privateKeyFile }) }));
    }
  }
  return ok({
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(agent === undefined ? {} : { agent }),
    ...(password === undefined ? {} : { password }),
  });
}

interface SshFault extends Error {
  readonly level?: string;
  readonly code?: string;
}

function connectError(target: SshTarget, thrown: SshFault, policy: HostKeyPolicy): DeployerError {
  const { name: host, address, port, user } = target;
  const where = `${address}:${String(port)}`;
  if (thrown.level === 'client-authentication') {
    return failure('host_auth_failed', `${host}: ${where} does not accept the login as ${user}`, { host });
  }
  if (thrown.code === 'ENOTFOUND') return failure('host_name_unknown', `${host}: the name ${address} does not resolve`, { host });
  if (thrown.code === 'EAI_AGAIN') return failure('host_name_unknown', `${host}: the name ${address} cannot be resolved now`, { host, retryable: true });
  if (thrown.code === 'ECONNREFUSED') return failure('host_refused', `${host}: nothing accepts connections on ${where}`, { host, port, retryable: true });
  if (/no matching host key format/i.test(thrown.message)) {
    return failure('host_key_unknown', `${host}: ${where} has no key of a type that is on file in ${policy.where} (${(policy.algorithms ?? []).join(', ')})`, { host, expected: [...(policy.algorithms ?? [])] });
  }
  if (/agent/i.test(thrown.level ?? '')) return failure('host_auth_failed', `${host}: the SSH agent cannot be used: ${thrown.message}`, { host });
  return failure('host_unreachable', `${host}: ${where} cannot be reached: ${thrown.message}`, { host, retryable: true, cause: thrown });
}

/** A connection that stands, or the error that says what is wrong and with whom. */
export async function connect(target: SshTarget, signal: AbortSignal): Promise<Result<SshClient, DeployerError>> {
  const { name: host, address, port, user } = target;
  if (signal.aborted) return err(interrupted(host));
  const login = await loginOf(target);
  if (login.isErr()) return err(login.error);
  const policy = await hostKeyPolicy(target.hostKey, address, port);
  const client = new ssh2.Client();
  return new Promise((resolve) => {
    let refused: { readonly key: Buffer; readonly verdict: Exclude<HostKeyVerdict, 'trusted'> } | undefined;
    const stop = (): void => {
      settle(err(interrupted(host)));
      client.destroy();
    };
    const settle = (result: Result<SshClient, DeployerError>): void => {
      signal.removeEventListener('abort', stop);
      resolve(result);
    };
    signal.addEventListener('abort', stop, { once: true });
    client.once('ready', () => { settle(ok(client)); });
    // Stays for the life of the connection: an error without a listener would end the process. Later ones show as 'close'.
    client.on('error', (thrown: SshFault) => {
      settle(err(refused === undefined ? connectError(target, thrown, policy) : hostKeyError(host, `${address}:${String(port)}`, refused.key, refused.verdict, policy.where)));
    });
    client.once('close', () => {
      settle(err(failure('host_unreachable', `${host}: ${address}:${String(port)} closed the connection before the login`, { host, retryable: true })));
    });
    try {
      client.connect({
        host: address,
        port,
        username: user,
        ...login.value,
        readyTimeout: target.connectTimeoutMs,
        keepaliveInterval: 15_000,
        keepaliveCountMax: 3,
        ...(policy.algorithms === undefined ? {} : { algorithms: { serverHostKey: [...policy.algorithms] as never } }),
        hostVerifier: (key: Buffer) => {
          const verdict = policy.judge(key);
          if (verdict !== 'trusted') refused = { key, verdict };
          return verdict === 'trusted';
        },
      });
    } catch (thrown) {
      // ssh2 throws for options that it cannot use, before it connects.
      settle(err(connectError(target, thrown as SshFault, policy)));
    }
  });
}
