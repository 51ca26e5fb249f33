/**
 * Where the programs of the real services are on this machine, and what to say when one is not there.
 * `.ci/services` installs them; newer ones than Debian's lie unpacked under `.cache/services/root` of the checkout.
 * @module
 */
import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const names = ['ansible-playbook', 'bash', 'busybox', 'cosign', 'crane', 'docker', 'docker-compose', 'docker-registry', 'dockerd', 'ip', 'iptables', 'openssl', 'oras', 'perl', 'skopeo', 'ssh', 'ssh-keygen', 'sshd', 'tar'] as const;

/** A program that the end-to-end tests may need. `docker-compose` is the Compose v2 plugin of the `docker` command. */
export type Tool = (typeof names)[number];

/** The absolute path of each program, undefined where the machine has none that is of use. */
export type Tools = Readonly<Record<Tool, string | undefined>>;

const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const pluginFolders = [join(homedir(), '.docker/cli-plugins'), '/usr/local/lib/docker/cli-plugins', '/usr/local/libexec/docker/cli-plugins', '/usr/lib/docker/cli-plugins', '/usr/libexec/docker/cli-plugins'];

/** The folder of the checkout that `.ci/services` unpacks into; found upwards of this file, from `src` as from `dist`. */
function unpackedRoot(): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) {
    if (folder === dirname(folder)) return undefined;
    folder = dirname(folder);
  }
  return join(folder, '.cache/services/root');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** A busybox that needs a dynamic loader is of no use in an image that has none. */
function isStatic(path: string): boolean {
  const head = Buffer.alloc(4096);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  return !head.includes('/ld-');
}

/** Looks for every program anew; a matter of a millisecond. */
export function findTools(): Tools {
  const root = unpackedRoot();
  const unpacked = root === undefined ? [] : [join(root, 'usr/bin')];
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  const find = (name: Tool): string | undefined => {
    const folders = name === 'docker-compose' ? [...(root === undefined ? [] : [join(root, 'usr/libexec/docker/cli-plugins')]), ...pluginFolders] : [...unpacked, ...path, ...systemFolders];
    const found = folders.map((folder) => join(folder, name)).find(isProgram);
    return name === 'busybox' && found !== undefined && !isStatic(found) ? undefined : found;
  };
  return Object.fromEntries(names.map((name) => [name, find(name)])) as Record<Tool, string | undefined>;
}

/** The path of a program that has to be there; throws a plain Error that names it otherwise. */
export function tool(name: Tool): string {
  const path = findTools()[name];
  if (path === undefined) throw new Error(reason([name]));
  return path;
}

const reason = (absent: readonly string[]): string => `${absent.join(', ')} not found on this machine (bash .ci/services installs what is needed on Debian 12)`;

/**
 * Why the named programs cannot be used here, as one printable line; undefined when all can.
 * `dockerd` and `sshd` also want to be started by root.
 */
export function missing(...wanted: readonly Tool[]): string | undefined {
  const tools = findTools();
  const absent = wanted.filter((name) => tools[name] === undefined);
  if (absent.length > 0) return reason(absent);
  const privileged = wanted.filter((name) => name === 'dockerd' || name === 'sshd');
  if (privileged.length > 0 && userInfo().uid !== 0) return `${privileged.join(', ')} can only be started by root`;
  return undefined;
}

/** Whether a missing service is a failure instead of a skip: CI sets `DAVIT_REAL_SERVICES=required`. */
export function required(): boolean {
  return process.env['DAVIT_REAL_SERVICES'] === 'required';
}

/**
 * For `describe.skipIf(skipWithout('dockerd', 'sshd'))`: true when a program is missing, with the reason printed to
 * stderr; throws instead where the services are required.
 */
export function skipWithout(...wanted: readonly Tool[]): boolean {
  const why = missing(...wanted);
  if (why === undefined) return false;
  if (required()) throw new Error(`Real services are required, but: ${why}`);
  process.stderr.write(`skipped: ${why}\n`);
  return true;
}
