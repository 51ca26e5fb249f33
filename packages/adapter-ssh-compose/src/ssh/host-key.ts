/**
 * Whether a host is the one that was meant. There is no way to accept any key.
 * @module
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { failure, type DeployerError } from '@davit/core';
import { readKnownHosts, type KnownHosts } from './known-hosts.js';

/** What a host's key is compared with. */
export type HostKeyOption =
  /** `SHA256:…` as `ssh-keygen -l` prints it; several during a change of keys. */
  | { readonly fingerprint: string | readonly string[] }
  /** A known_hosts file, or several. */
  | { readonly knownHosts: string | readonly string[] };

export type HostKeyVerdict = 'trusted' | 'unknown' | 'mismatch' | 'revoked';

export interface HostKeyPolicy {
  /** The only algorithms to negotiate; undefined: any. Else a host with several keys would look like another one. */
  readonly algorithms?: readonly string[];
  judge(key: Buffer): HostKeyVerdict;
  /** Where the keys are on file, for messages. */
  readonly where: string;
}

/** `SHA256:…` of a key as it goes over the wire. */
export const fingerprintOf = (key: Buffer): string => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** The type that a key names in its first field. */
export function keyTypeOf(key: Buffer): string {
  const length = key.byteLength < 4 ? 0 : key.readUInt32BE(0);
  return length === 0 || length > 64 ? 'unknown' : key.subarray(4, 4 + length).toString('latin1');
}

// A key of type ssh-rsa signs with SHA-2; SHA-1 is not offered.
const algorithmsOf = (type: string): readonly string[] => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]);
const supported = new Set(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256']);

const expandHome = (path: string): string => (path.startsWith('~/') ? `${homedir()}${path.slice(1)}` : path);

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(expandHome(path), 'utf8');
  } catch {
    // Where there is no file there is no key on file, and the host is refused as unknown.
    return '';
  }
}

function byKnownHosts({ keys, revoked }: KnownHosts, where: string): HostKeyPolicy {
  const algorithms = [...new Set(keys.flatMap(({ type }) => algorithmsOf(type)))].filter((algorithm) => supported.has(algorithm));
  return {
    where,
    ...(algorithms.length === 0 ? {} : { algorithms }),
    judge: (key) => {
      if (revoked.some((bad) => bad.equals(key))) return 'revoked';
      if (keys.some((known) => known.key.equals(key))) return 'trusted';
      return keys.length === 0 ? 'unknown' : 'mismatch';
    },
  };
}

/** Reads what is on file for a host. */
export async function hostKeyPolicy(option: HostKeyOption, host: string, port: number): Promise<HostKeyPolicy> {
  if ('fingerprint' in option) {
    const wanted = [option.fingerprint].flat().map((text) => text.replace(/=+$/, ''));
    return { where: 'the configuration', judge: (key) => (wanted.includes(fingerprintOf(key)) ? 'trusted' : 'mismatch') };
  }
  const files = [option.knownHosts].flat();
  const text = (await Promise.all(files.map(readIfThere))).join('\n');
  return byKnownHosts(readKnownHosts(text, host, port), files.join(', '));
}

/** Why a key was refused. */
export function hostKeyError(host: string, address: string, key: Buffer, verdict: Exclude<HostKeyVerdict, 'trusted'>, where: string): DeployerError {
  const shown = `${fingerprintOf(key)} (${keyTypeOf(key)})`;
  const facts = { host, actual: shown };
  if (verdict === 'unknown') return failure('host_key_unknown', `${host}: no key of ${address} is on file in ${where}; the host shows ${shown}: verify that, then add it`, facts);
  if (verdict === 'revoked') return failure('host_key_mismatch', `${host}: ${address} shows the key ${shown}, which is marked as revoked in ${where}`, facts);
  return failure('host_key_mismatch', `${host}: ${address} shows the key ${shown}, another one than the one on file in ${where}`, facts);
}
