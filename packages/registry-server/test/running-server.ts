/**
 * Servers of one test file, closed at its end; directories, removed at its end.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { startRegistryServer, type RegistryServer, type RegistryServerOptions } from '@davit/registry-server';

const endings: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

export async function start(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const server = await startRegistryServer(options);
  endings.push(() => server.close());
  return server;
}

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'davit-registry-'));
  endings.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export type StorageKind = 'memory' | 'disk';
export const storageKinds: readonly StorageKind[] = ['memory', 'disk'];

export async function startWith(storage: StorageKind, options: RegistryServerOptions = {}): Promise<RegistryServer> {
  return start({ ...options, ...(storage === 'disk' ? { storage: { directory: await temporaryDirectory() } } : {}) });
}
