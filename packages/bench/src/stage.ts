/**
 * Two real registries, the links to them, and the number of requests that each was asked.
 * @module
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDockerRegistry, type DockerRegistry } from '@davit/real-services';
import type { LinkSettings } from './link.js';

export interface Link {
  /** `127.0.0.1:PORT`, which stands for the registry behind it. */
  readonly host: string;
  close(): void;
}

/** A link to a registry; see `link.ts`. */
export async function openLink(settings: LinkSettings): Promise<Link> {
  const child = spawn(process.execPath, [join(dirname(fileURLToPath(import.meta.url)), 'link.js'), JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (piece: Buffer) => { resolve(piece.toString().trim()); });
    child.once('exit', () => { reject(new Error('the link ended')); });
  });
  return { host: `127.0.0.1:${port}`, close: () => { child.stdin.end(); } };
}

/** How many requests a registry was asked since it started, by its own access log. */
export function requestsOf(registry: DockerRegistry): number {
  return readFileSync(registry.logFile, 'utf8').match(/"(?:GET|HEAD|POST|PUT|PATCH|DELETE) \/v2\/[^"]+ HTTP/g)?.length ?? 0;
}

/** A registry that is stopped whatever comes of the work. */
export async function withRegistry<T>(work: (registry: DockerRegistry) => Promise<T>): Promise<T> {
  const registry = await startDockerRegistry();
  try {
    return await work(registry);
  } finally {
    await registry.stop();
  }
}
