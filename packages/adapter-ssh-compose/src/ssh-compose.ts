/**
 * Deploys to Compose projects on hosts that are reached over SSH.
 * @module
 */
import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import { checkOptions, ConfigurationError } from '@davit/core';
import { composeDeployer, type ComposeDeployer } from './compose-deployer.js';
import { quote } from './quote.js';
import { settle } from './options.js';
import { sshShell } from './ssh/exec.js';
import { sshComposeRules, type SshComposeOptions, type SshHost, type SshOptions } from './ssh-options.js';
import type { HostKeyOption } from './ssh/host-key.js';
import type { SshTarget } from './ssh/target.js';

function parseHost(text: string): SshHost {
  const found = /^(?:([^@\s]+)@)?(\[[0-9a-fA-F:.]+\]|[^:@\s]+)(?::(\d+))?$/.exec(text);
  const address = found?.[2]?.replace(/^\[(.*)\]$/, '$1');
  if (address === undefined) throw new ConfigurationError(`${JSON.stringify(text)} is not a host; write user@address:port`, { field: 'hosts' });
  return { address, ...(found?.[1] === undefined ? {} : { user: found[1] }), ...(found?.[3] === undefined ? {} : { port: Number(found[3]) }) };
}

const defaultHostKey: HostKeyOption = { knownHosts: ['~/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts'] };

function checkHostKey(option: HostKeyOption, field: string): HostKeyOption {
  const raw = option as { readonly fingerprint?: string | readonly string[]; readonly knownHosts?: string | readonly string[] } | null;
  if (raw?.fingerprint !== undefined) {
    const wanted = [raw.fingerprint].flat();
    if (wanted.length > 0 && wanted.every((text) => /^SHA256:[A-Za-z0-9+/]{43}=?$/.test(text))) return option;
    throw new ConfigurationError(`${field}.fingerprint has to be as ssh-keygen -l prints it: SHA256: and 43 characters`, { field: `${field}.fingerprint` });
  }
  const files = raw?.knownHosts === undefined ? [] : [raw.knownHosts].flat();
  if (files.length > 0 && files.every((path) => path.startsWith('~/') || isAbsolute(path))) return option;
  throw new ConfigurationError(`${field} has to name a fingerprint or the absolute path of a known_hosts file; a host's key is always checked`, { field });
}

function targetOf(host: SshHost, shared: SshOptions, field: string): SshTarget {
  const { address, name = address, project: _, ...own } = host;
  const { user = userInfo().username, port = 22, hostKey = defaultHostKey, connectTimeoutMs = 20_000, ...login } = { ...shared, ...own };
  // Of `user@address:port`; that of an object is judged by its rule.
  if (port < 1 || port > 65_535) throw new ConfigurationError(`${field}.port is not a port`, { field: `${field}.port` });
  if (login.privateKey !== undefined && !login.privateKey.includes('-----BEGIN') && !login.privateKey.startsWith('PuTTY')) throw new ConfigurationError('privateKey holds the key itself; for the path of one there is privateKeyFile', { field: `${field}.privateKey` });
  return { name, address, port, user, hostKey: checkHostKey(hostKey, `${field}.hostKey`), connectTimeoutMs, ...login };
}

const loginOf = ({ user, address, port }: SshTarget): string => `ssh ${port === 22 ? '' : `-p ${String(port)} `}${quote(`${user}@${address}`)}`;

/**
 * A deployer for a Compose project on one host or several. It connects when it is first needed. Throws a
 * ConfigurationError for options that are missing, misspelt or wrong.
 *
 * @example
 * const deployer = sshCompose({
 *   hosts: ['deploy@app1.example.com'],
 *   ssh: { privateKeyFile: '~/.ssh/deploy' },
 *   project: { directory: '/srv/shop' },
 * });
 */
export function sshCompose(options: SshComposeOptions): ComposeDeployer {
  checkOptions<SshComposeOptions>(options, sshComposeRules, { of: 'sshCompose' });
  const secrets: string[] = [];
  const hosts = options.hosts.map((given, at) => {
    const host = typeof given === 'string' ? parseHost(given) : given;
    const target = targetOf(host, options.ssh ?? {}, `hosts[${String(at)}]`);
    for (const secret of [target.password, target.passphrase, target.privateKey]) if (secret !== undefined) secrets.push(secret);
    return { name: target.name, login: loginOf(target), shell: sshShell(target), settled: settle({ ...options, project: { ...options.project, ...host.project } }) };
  });
  const names = hosts.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new ConfigurationError(`two hosts are named ${twice}; give them a name each`, { field: 'hosts' });
  return composeDeployer('ssh-compose', hosts, secrets);
}
