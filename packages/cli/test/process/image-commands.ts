/**
 * The commands about images inside this process, with registries for one test.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushImage, startRegistryServer, type PushedImage, type RegistryServer, type RegistryServerOptions } from '@davit/registry-server';
import { runProgram } from '../../src/usage/program.js';
import { fakeProcess } from '../surroundings.js';

export type Document = Readonly<Record<string, unknown>>;
interface Given {
  readonly environment?: Record<string, string>;
  readonly input?: string;
}

const servers: RegistryServer[] = [];
const directories: string[] = [];

/** To be called after each test. */
export async function closeAll(): Promise<void> {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true, force: true })));
}

/** A registry that is closed after the test. */
export async function serve(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const server = await startRegistryServer(options);
  servers.push(server);
  return server;
}

/** A directory that is removed after the test. */
export async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'davit-options-'));
  directories.push(directory);
  return directory;
}

/** The command inside this process. */
export async function davit(words: readonly string[], given: Given = {}) {
  const directory = await newDirectory();
  const here = fakeProcess(words, { directory, environment: { DOCKER_CONFIG: directory, ...given.environment }, ...(given.input === undefined ? {} : { input: given.input }) });
  const exitCode = await runProgram(here);
  return { exitCode, out: here.out(), err: here.err() };
}

/** With `--json`; `document` is what stands on standard output. */
export async function json(words: readonly string[], given: Given = {}) {
  const ended = await davit([...words, '--json'], given);
  return { ...ended, document: JSON.parse(ended.out) as Document };
}

/** An index with three images and their attestations. */
export const multi = (server: RegistryServer, tag = '1.0'): Promise<PushedImage> => pushImage(server, { repository: 'shop/web', tag, platforms: ['linux/amd64', 'linux/arm64', 'linux/s390x'], attestations: true, files: { app: `web ${tag}` }, labels: { 'org.opencontainers.image.version': tag }, annotations: { team: 'shop' }, config: { User: '1000', Entrypoint: ['/app'], Cmd: ['serve', 'all of it'], WorkingDir: '/srv', ExposedPorts: { '8080/tcp': {} } } });
