import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pushImage, startRegistryServer } from '@davit/registry-server';
import fc from 'fast-check';
import { dockerConfigCredentials, dockerConfigDirectory, readDockerConfig } from '../../src/credentials/docker-config.js';
import { adapter, call, closing, errorOf, valueOf } from '../support.js';

let directory: string;
const path = process.env['PATH'] ?? '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'davit-docker-config-'));
});

afterEach(async () => {
  process.env['PATH'] = path;
  await rm(directory, { recursive: true });
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const signal = new AbortController().signal;

async function lookUp(config: unknown, registry: string, repository = 'team/app') {
  await writeFile(join(directory, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return dockerConfigCredentials(directory)(registry, repository, signal);
}

/** Puts a helper on the path: a shell script that may read what it is asked for from `$asked`. */
async function helper(name: string, script: string): Promise<void> {
  const folder = join(directory, 'bin');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `docker-credential-${name}`);
  await writeFile(file, `#!/bin/sh\n[ "$1" = get ] || exit 9\nasked=$(cat)\n${script}\n`);
  await chmod(file, 0o755);
  process.env['PATH'] = `${folder}${delimiter}${path}`;
}

describe('auths', () => {
  it.each(['registry.test', 'https://registry.test', 'https://registry.test/', 'https://registry.test/v2/', 'http://registry.test/v1', 'Registry.Test'])('finds a login under %s', async (key) => {
    expect(await lookUp({ auths: { [key]: { auth: base64('user:pa:ss') } } }, 'registry.test')).toEqual({ credentials: { username: 'user', password: 'pa:ss' } });
  });

  it.each(['https://index.docker.io/v1/', 'docker.io', 'index.docker.io', 'registry-1.docker.io'])('finds Docker Hub\'s under %s', async (key) => {
    expect(await lookUp({ auths: { [key]: { auth: base64('user:pass') } } }, 'docker.io')).toEqual({ credentials: { username: 'user', password: 'pass' } });
  });

  it('takes the longest path that leads to the repository', async () => {
    const auths = { 'registry.test': { auth: base64('a:1') }, 'registry.test/team': { auth: base64('b:2') }, 'registry.test/team/app': { auth: base64('c:3') }, 'registry.test/tea': { auth: base64('d:4') } };
    expect(await lookUp({ auths }, 'registry.test', 'team/app')).toMatchObject({ credentials: { username: 'c' } });
    expect(await lookUp({ auths }, 'registry.test', 'team/other')).toMatchObject({ credentials: { username: 'b' } });
    expect(await lookUp({ auths }, 'registry.test', 'teams')).toMatchObject({ credentials: { username: 'a' } });
  });

  it.each<[unknown, unknown]>([
    [{ username: 'user', password: 'pass' }, { username: 'user', password: 'pass' }],
    [{ auth: base64('user:pass\0\0') }, { username: 'user', password: 'pass' }],
    [{ auth: base64('user:'), identitytoken: 'token' }, { identityToken: 'token' }],
    [{ auth: base64('<token>:token') }, { identityToken: 'token' }],
    [{ registrytoken: 'token' }, { token: 'token' }],
    [{}, null],
    [{ auth: base64('nocolon') }, null],
    [{ auth: 5 }, null],
    ['text', null],
  ])('reads the entry %j', async (entry, expected) => {
    expect((await lookUp({ auths: { 'registry.test': entry } }, 'registry.test')).credentials).toEqual(expected);
  });

  it('is no login where there is no file, no entry, or one for another port', async () => {
    expect(await dockerConfigCredentials(join(directory, 'none'))('registry.test', 'a', signal)).toEqual({ credentials: null });
    expect(await lookUp({}, 'registry.test')).toEqual({ credentials: null });
    expect(await lookUp({ auths: { 'registry.test:5000': { auth: base64('a:b') } } }, 'registry.test')).toEqual({ credentials: null });
  });

  it('is read again each time, so that a login made meanwhile counts', async () => {
    const server = closing(await startRegistryServer({ auth: { kind: 'basic', users: [{ name: 'ci', password: 'new' }] } }));
    const image = await pushImage(server, { repository: 'team/app', tag: '1.0' });
    const login = (password: string) => writeFile(join(directory, 'config.json'), JSON.stringify({ auths: { [server.host]: { auth: base64(`ci:${password}`) } } }));
    const target = adapter({ dockerConfig: directory });
    const reference = { registry: server.host, repository: 'team/app', tag: '1.0' };
    await login('old');
    expect((await errorOf(target.resolve(reference, call()))).code).toBe('registry_unauthorized');
    await login('new');
    expect((await valueOf(target.resolve(reference, call()))).digest).toBe(image.digest);
  });

  it('fails with one clear error, and quotes nothing, where the file cannot be read', async () => {
    await expect(lookUp('{"auths": planted-secret', 'registry.test')).rejects.toThrow(`${join(directory, 'config.json')} is not a JSON object`);
    await expect(lookUp('[]', 'registry.test')).rejects.toThrow('is not a JSON object');
    await rm(join(directory, 'config.json'));
    await mkdir(join(directory, 'config.json'));
    await expect(dockerConfigCredentials(directory)('registry.test', 'a', signal)).rejects.toThrow('cannot be read (EISDIR)');
  });
});

describe('any text', () => {
  it('is read as logins, as none, or as an error that does not quote it', async () => {
    const entry = fc.oneof(fc.jsonValue(), fc.record({ auth: fc.oneof(fc.base64String(), fc.string(), fc.jsonValue()), identitytoken: fc.option(fc.string()) }, { requiredKeys: [] }));
    const texts = fc.oneof(fc.string(), fc.json(), fc.dictionary(fc.constantFrom('registry.test', 'https://registry.test/v2/', '__proto__', ''), entry).map((auths) => JSON.stringify({ auths })));
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        try {
          const found = await readDockerConfig(text, 'the text', 'registry.test', 'team/app', signal);
          for (const secret of Object.values(found?.credentials ?? {})) expect(typeof secret).toBe('string');
        } catch (thrown) {
          expect((thrown as Error).message).toBe('the text is not a JSON object');
        }
      }),
    );
  });
});

describe('credential helpers', () => {
  it('are asked for the key of the configuration, and win over what stands in the file', async () => {
    await helper('keys', 'echo "{\\"ServerURL\\":\\"$asked\\",\\"Username\\":\\"$asked\\",\\"Secret\\":\\"s\\"}"');
    const config = { credHelpers: { 'registry.test': 'keys' }, auths: { 'registry.test': { auth: base64('a:b') } } };
    expect(await lookUp(config, 'registry.test')).toEqual({ credentials: { username: 'registry.test', password: 's' } });
    expect(await lookUp(config, 'other.test')).toEqual({ credentials: null });
  });

  it('serve every registry as credsStore, Docker Hub by its old name', async () => {
    await helper('store', 'echo "{\\"Username\\":\\"$asked\\",\\"Secret\\":\\"s\\"}"');
    expect(await lookUp({ credsStore: 'store' }, 'registry.test:5000')).toMatchObject({ credentials: { username: 'registry.test:5000' } });
    expect(await lookUp({ credsStore: 'store' }, 'docker.io')).toMatchObject({ credentials: { username: 'https://index.docker.io/v1/' } });
  });

  it('give identity tokens under the name <token>', async () => {
    await helper('store', 'echo \'{"Username":"<token>","Secret":"t"}\'');
    expect(await lookUp({ credsStore: 'store' }, 'registry.test')).toEqual({ credentials: { identityToken: 't' } });
  });

  it('that have nothing leave the word to the file', async () => {
    await helper('store', 'echo "credentials not found in native keychain"; exit 1');
    expect(await lookUp({ credsStore: 'store', auths: { 'registry.test': { auth: base64('a:b') } } }, 'registry.test')).toEqual({ credentials: { username: 'a', password: 'b' } });
  });

  it('that are not installed are left out, and named when the registry wants a login', async () => {
    expect(await lookUp({ credsStore: 'davit-none' }, 'registry.test')).toEqual({ credentials: null, note: `docker-credential-davit-none, which ${join(directory, 'config.json')} names, is not installed` });
    const server = closing(await startRegistryServer({ auth: { kind: 'token', users: [] } }));
    const error = await errorOf(adapter({ dockerConfig: directory }).resolve({ registry: server.host, repository: 'a', tag: 'b' }, call()));
    expect(error.code).toBe('registry_unauthorized');
    expect(error.message).toContain('docker-credential-davit-none');
  });

  it('that fail are named, and what they printed is not repeated', async () => {
    await helper('store', 'echo planted-secret; echo planted-secret >&2; exit 3');
    await expect(lookUp({ credsStore: 'store' }, 'registry.test')).rejects.toThrow(/^docker-credential-store failed with exit code 3 \(it is named in .*config\.json\)$/);
    await helper('store', 'echo planted-secret');
    await expect(lookUp({ credsStore: 'store' }, 'registry.test')).rejects.toThrow(/^docker-credential-store answered with something else than credentials/);
  });

  it('are never looked up by a path', async () => {
    await expect(lookUp({ credsStore: '../evil' }, 'registry.test')).rejects.toThrow('is not the name of a credential helper');
  });
});

describe('dockerConfigDirectory', () => {
  it('is DOCKER_CONFIG, else .docker at home', () => {
    expect(dockerConfigDirectory({ DOCKER_CONFIG: '/somewhere' })).toBe('/somewhere');
    expect(dockerConfigDirectory({ DOCKER_CONFIG: '' })).toMatch(/\.docker$/);
    expect(dockerConfigDirectory({})).toMatch(/\.docker$/);
  });
});
