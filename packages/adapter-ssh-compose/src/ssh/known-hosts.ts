/**
 * Reads OpenSSH's known_hosts files: plain and hashed names, `[host]:port`, wildcards, negation, `@revoked`.
 * @see https://man.openbsd.org/sshd.8#SSH_KNOWN_HOSTS_FILE_FORMAT
 * @module
 */
import { createHmac } from 'node:crypto';

export interface KnownHosts {
  /** Keys on file for the host; the type as in the file. */
  readonly keys: readonly { readonly type: string; readonly key: Buffer }[];
  /** Keys that must never be accepted. */
  readonly revoked: readonly Buffer[];
  /** Whether only a certificate authority is on file, which is not supported. */
  readonly hasAuthority: boolean;
}

function matchesHashed(pattern: string, name: string): boolean {
  const [, version, salt, hash] = pattern.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function matchesPattern(pattern: string, name: string): boolean {
  const expression = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'i').test(name);
}

function matchesNames(names: string, name: string): boolean {
  if (names.startsWith('|')) return matchesHashed(names, name);
  let matched = false;
  for (const pattern of names.split(',')) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(pattern.slice(1), name)) return false;
    } else if (matchesPattern(pattern, name)) matched = true;
  }
  return matched;
}

/** What the file says of a host. Lines that cannot be read are passed over, as OpenSSH does. */
export function readKnownHosts(text: string, host: string, port: number): KnownHosts {
  const name = (port === 22 ? host : `[${host}]:${String(port)}`).toLowerCase();
  const keys: { type: string; key: Buffer }[] = [];
  const revoked: Buffer[] = [];
  let hasAuthority = false;
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[0] === undefined || fields[0] === '' || fields[0].startsWith('#')) continue;
    const marker = fields[0].startsWith('@') ? fields.shift() : undefined;
    const [names, type, encoded] = fields;
    if (names === undefined || type === undefined || encoded === undefined || !matchesNames(names, name)) continue;
    const key = Buffer.from(encoded, 'base64');
    if (key.byteLength < 8) continue;
    if (marker === '@revoked') revoked.push(key);
    else if (marker === '@cert-authority') hasAuthority = true;
    else if (marker === undefined) keys.push({ type, key });
  }
  return { keys, revoked, hasAuthority };
}
