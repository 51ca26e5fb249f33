/**
 * Logins from Docker's configuration file, as `docker login` leaves them: helpers, a store, or the file itself.
 * @see https://docs.docker.com/reference/cli/docker/login/#credential-stores
 * @module
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CredentialProvider, Credentials, FoundCredentials } from '../client/credentials.js';
import { askCredentialHelper } from './credential-helper.js';
import { mostSpecific } from './registry-prefix.js';

/** The directory of Docker's configuration: `DOCKER_CONFIG`, else `~/.docker`. */
export function dockerConfigDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['DOCKER_CONFIG'];
  return given === undefined || given === '' ? join(homedir(), '.docker') : given;
}

type Entries = Readonly<Record<string, unknown>>;

/** Reads `config.json` of that directory each time, so that a login made meanwhile counts. A missing file is no login. */
export function dockerConfigCredentials(directory: string): CredentialProvider {
  const path = join(directory, 'config.json');
  return async (registry, repository, signal): Promise<FoundCredentials> => {
    const text = await readText(path);
    return (text === null ? null : await readDockerConfig(text, path, registry, repository, signal)) ?? { credentials: null };
  };
}

/** What the text of a configuration says of a repository; null where it says nothing. `origin` stands in messages. */
export async function readDockerConfig(text: string, origin: string, registry: string, repository: string, signal: AbortSignal): Promise<FoundCredentials | null> {
  const config = parseConfig(text, origin);
  const helpers = entries(config['credHelpers']);
  const store = config['credsStore'];
  const helper = mostSpecific(helpers, registry, repository) ?? (typeof store === 'string' && store !== '' ? { key: serverUrl(registry), value: store } : null);
  let note: string | undefined;
  if (helper !== null && typeof helper.value === 'string') {
    const answer = await askCredentialHelper(helper.value, helper.key, signal);
    if (answer.kind === 'found') return { credentials: answer.credentials };
    if (answer.kind === 'failed') throw new Error(`${answer.reason} (it is named in ${origin})`);
    // Docker goes on without it, too: a configuration is often carried to a machine that lacks the helper.
    if (answer.kind === 'missing') note = `docker-credential-${helper.value}, which ${origin} names, is not installed`;
  }
  const entry = mostSpecific(entries(config['auths']), registry, repository);
  const credentials = entry === null ? null : readEntry(entry.value);
  return credentials === null && note === undefined ? null : { credentials, ...(note === undefined ? {} : { note }) };
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const { code } = thrown as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new Error(`${path} cannot be read (${code ?? 'unknown'})`);
  }
}

function parseConfig(text: string, origin: string): Entries {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document as Entries;
  } catch {
    // Said below; the parser's own message would quote the text.
  }
  throw new Error(`${origin} is not a JSON object`);
}

const entries = (value: unknown): Entries => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Entries) : {});

/** Helpers know Docker Hub by the address of its former index. */
const serverUrl = (registry: string): string => (registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry);

function readEntry(value: unknown): Credentials | null {
  const { auth, username, password, identitytoken: identityToken, registrytoken: token } = entries(value);
  if (typeof identityToken === 'string' && identityToken !== '') return { identityToken };
  if (typeof token === 'string' && token !== '') return { token };
  const [name, secret] = typeof auth === 'string' && auth !== '' ? splitLogin(Buffer.from(auth, 'base64').toString('utf8')) : [username, password];
  if (typeof name !== 'string' || typeof secret !== 'string' || name === '') return null;
  return name === '<token>' ? { identityToken: secret } : { username: name, password: secret };
}

/** A password may contain colons, and old files end in a zero byte. */
function splitLogin(text: string): readonly [string?, string?] {
  const colon = text.indexOf(':');
  return colon < 0 ? [] : [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, '')];
}
