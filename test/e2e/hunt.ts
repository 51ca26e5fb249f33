/**
 * Looks for planted secrets, in every encoding that they usually take.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { planted } from './bench.js';

const logins = [planted.staging, planted.production].flatMap(({ username, password }) => [password, `${username}:${password}`]);
const secrets: readonly string[] = [...logins, planted.webhook, planted.webhook.replace(/^whsec_/, ''), planted.database, planted.probe];

/** The part of a base64 text that is the same wherever the secret begins in what is encoded. */
const base64Cores = (secret: string): readonly string[] => [0, 1, 2].map((offset) => Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]).toString('base64').slice(4, -4));

const forms = new Map(secrets.flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), ...base64Cores(secret)].map((form) => [form, secret] as const)));

/** The secrets that a text holds; empty where it holds none. */
export const secretsIn = (text: string): readonly string[] => [...new Set([...forms].filter(([form]) => text.includes(form)).map(([, secret]) => secret))];

/** The files below a directory that hold a secret, each with what it holds, and how many files were looked at. */
export function secretsUnder(directory: string, isMeantToHold: (path: string) => boolean = () => false): { readonly files: number; readonly found: readonly string[] } {
  const found: string[] = [];
  let files = 0;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || isMeantToHold(path)) continue;
    files += 1;
    const held = secretsIn(readFileSync(path, 'latin1'));
    if (held.length > 0) found.push(`${path}: ${held.join(', ')}`);
  }
  return { files, found };
}
