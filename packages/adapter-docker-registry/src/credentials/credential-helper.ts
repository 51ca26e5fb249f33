/**
 * Docker's credential helpers: programs named `docker-credential-<name>` that keep logins in the system's own store.
 * @see https://github.com/docker/docker-credential-helpers#development
 * @module
 */
import { execFile } from 'node:child_process';
import type { Credentials } from '../client/credentials.js';

const longestRunMs = 30_000;
const mostOutputBytes = 64 * 1024;

export type HelperAnswer =
  | { readonly kind: 'found'; readonly credentials: Credentials }
  /** The helper works and has nothing for that registry. */
  | { readonly kind: 'none' }
  /** No such program on this machine. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Asks a helper for the login of a registry, as its key in Docker's configuration names it. */
export function askCredentialHelper(name: string, serverUrl: string, signal: AbortSignal): Promise<HelperAnswer> {
  const program = `docker-credential-${name}`;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return Promise.resolve({ kind: 'failed', reason: `${JSON.stringify(name)} is not the name of a credential helper` });
  return new Promise((resolve) => {
    const child = execFile(program, ['get'], { timeout: longestRunMs, maxBuffer: mostOutputBytes, signal, windowsHide: true }, (error, stdout) => {
      if (error === null) {
        resolve(readAnswer(program, stdout));
        return;
      }
      const { code, killed } = error as { code?: unknown; killed?: boolean };
      if (code === 'ENOENT') resolve({ kind: 'missing' });
      // This sentence is how the protocol says "none".
      else if (/credentials not found in native keychain/i.test(stdout)) resolve({ kind: 'none' });
      // What a failing helper prints is not repeated: it may be anything.
      else resolve({ kind: 'failed', reason: killed === true ? `${program} did not answer in time` : `${program} failed${typeof code === 'number' ? ` with exit code ${String(code)}` : ''}` });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(serverUrl);
  });
}

function readAnswer(program: string, stdout: string): HelperAnswer {
  try {
    const { Username: username, Secret: secret } = JSON.parse(stdout) as { Username?: unknown; Secret?: unknown };
    if (typeof secret !== 'string' || secret === '') return { kind: 'none' };
    if (username === '<token>') return { kind: 'found', credentials: { identityToken: secret } };
    if (typeof username === 'string' && username !== '') return { kind: 'found', credentials: { username, password: secret } };
  } catch {
    // Said below.
  }
  return { kind: 'failed', reason: `${program} answered with something else than credentials` };
}
