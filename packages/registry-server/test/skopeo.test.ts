import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTools, missing, skipWithout } from '@davit/real-services';
import { beforeAll, describe, expect, it } from 'vitest';
import { pushImage, type PushedImage, type RegistryServer, type RegistryServerOptions } from '@davit/registry-server';
import { start, startWith, storageKinds, temporaryDirectory } from './running-server.js';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const users = [
  { name: 'admin', password: 'secret' },
  { name: 'reader', password: 'r', allow: [{ repository: '.*', actions: ['pull'] }] },
  { name: 'limited', password: 'l', allow: [{ repository: 'mine/.*', actions: ['pull', 'push'] }] },
] as const;
const kinds: readonly (readonly [string, RegistryServerOptions, readonly string[]])[] = [
  ['nobody is asked', {}, []],
  ['Basic authentication', { auth: { kind: 'basic', users } }, ['--creds', 'admin:secret']],
  ['token authentication', { auth: { kind: 'token', users } }, ['--creds', 'admin:secret']],
  ['token authentication without POST', { auth: { kind: 'token', users, postTokens: false } }, ['--creds', 'admin:secret']],
  ['nothing but the simplest features', { mount: false, singlePost: false, ranges: false, referrersApi: false, locations: 'relative' }, []],
];

const why = missing('skopeo');

describe.skipIf(skipWithout('skopeo'))(why === undefined ? 'skopeo' : `skopeo (skipped: ${why})`, () => {
  let home: string;
  beforeAll(async () => {
    home = await temporaryDirectory();
    await writeFile(join(home, 'policy.json'), JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  });
  const skopeo = (...given: readonly string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      execFile(findTools().skopeo ?? 'skopeo', ['--policy', join(home, 'policy.json'), ...given], { env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, XDG_DATA_HOME: home } }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
    });
  const copy = (from: string, to: string, credentials: { readonly from?: readonly string[]; readonly to?: readonly string[] } = {}): Promise<Outcome> => {
    const side = (name: string, options: readonly string[] = []): readonly string[] => [`--${name}-tls-verify=false`, ...options.map((option) => (option.startsWith('--') ? `--${name}-${option.slice(2)}` : option))];
    return skopeo('copy', '--all', '--preserve-digests', ...side('src', credentials.from), ...side('dest', credentials.to), from, to);
  };
  const pushed = (server: RegistryServer): Promise<PushedImage> => pushImage(server, { repository: 'team/app', tag: '1.0', files: { 'app/main.js': 'hello' }, layers: [Buffer.alloc(3_000_000, 5)], platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true });

  it.each(kinds)('pulls to a layout and pushes back: %s', async (_, options, credentials) => {
    const server = await start(options);
    const image = await pushed(server);
    const layout = `oci:${await temporaryDirectory()}:app`;
    expect(await copy(`docker://${image.reference}`, layout, { from: credentials })).toMatchObject({ code: 0 });
    expect(await copy(layout, `docker://${server.host}/mine/copy:2.0`, { to: credentials })).toMatchObject({ code: 0 });
    expect(server.store.digestOf('mine/copy', '2.0')).toBe(image.digest);
    expect(server.store.manifest('mine/copy', '2.0')?.bytes.equals(image.built.root.bytes)).toBe(true);
    for (const blob of image.built.blobs) expect((await server.store.blob('mine/copy', blob.digest))?.equals(blob.bytes)).toBe(true);
  });

  it.each(storageKinds)('copies from one registry to another in %s', async (storage) => {
    const [source, target] = [await startWith(storage), await startWith(storage)];
    const image = await pushed(source);
    expect(await copy(`docker://${image.reference}`, `docker://${target.host}/team/app:1.0`)).toMatchObject({ code: 0 });
    expect(target.store.digestOf('team/app', '1.0')).toBe(image.digest);
  });

  it('mounts on one registry', async () => {
    const server = await start({ auth: { kind: 'token', users } });
    const image = await pushed(server);
    const layout = `oci:${await temporaryDirectory()}:app`;
    const login = ['--creds', 'admin:secret'];
    await copy(`docker://${image.reference}`, layout, { from: login });
    server.requests.clear();
    expect(await copy(layout, `docker://${server.host}/team/other:1.0`, { to: login })).toMatchObject({ code: 0 });
    const mounts = server.requests.matching({ method: 'POST', path: /mount=.*/ });
    expect(mounts.some(({ status }) => status === 201)).toBe(true);
    expect(server.store.digestOf('team/other', '1.0')).toBe(image.digest);
  });

  it("reads Docker's media types, a single manifest, the tags, and inspects", async () => {
    const server = await start();
    const image = await pushImage(server, { repository: 'app', tags: ['1', '2'], files: { a: 'a' }, format: 'docker', labels: { revision: 'abc' }, config: { Env: ['A=1'] } });
    const inspected = await skopeo('inspect', '--tls-verify=false', `docker://${image.reference}`);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ Digest: image.digest, RepoTags: ['1', '2'], Labels: { revision: 'abc' }, Architecture: 'amd64', Os: 'linux', Layers: image.layers, Env: ['A=1'] });
    const raw = await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${image.digestReference}`);
    expect(raw.stdout).toBe(image.built.root.bytes.toString());
  });

  it('unpacks a layer that tar can read', async () => {
    const server = await start();
    const image = await pushImage(server, { repository: 'app', tag: '1', files: { 'app/main.js': 'console.log(1)' } });
    const directory = await temporaryDirectory();
    expect(await copy(`docker://${image.reference}`, `dir:${directory}`)).toMatchObject({ code: 0 });
    expect((await readFile(join(directory, (image.layers[0] ?? '').replace('sha256:', '')))).equals(image.built.manifests[0]?.layers[0]?.bytes ?? Buffer.alloc(0))).toBe(true);
  });

  it('deletes', async () => {
    const server = await start();
    const image = await pushed(server);
    expect(await skopeo('delete', '--tls-verify=false', `docker://${image.reference}`)).toMatchObject({ code: 0 });
    expect(server.store.manifest('team/app', image.digest)).toBeUndefined();
  });

  it.each([
    ['no credentials', 'basic', [], 'team/app'],
    ['a wrong password', 'basic', ['--creds', 'admin:wrong'], 'team/app'],
    ['a user without the right to push', 'basic', ['--creds', 'reader:r'], 'team/app'],
    ['no credentials', 'token', [], 'team/app'],
    ['a wrong password', 'token', ['--creds', 'admin:wrong'], 'team/app'],
    ['a user without the right to push', 'token', ['--creds', 'reader:r'], 'team/app'],
    ['a user with rights elsewhere', 'token', ['--creds', 'limited:l'], 'team/app'],
    ['a token that is none', 'token', ['--registry-token', 'nonsense'], 'team/app'],
  ] as const)('is refused with %s (%s)', async (_, kind, credentials, repository) => {
    const [source, target] = [await start(), await start({ auth: { kind, users } })];
    const image = await pushed(source);
    const outcome = await copy(`docker://${image.reference}`, `docker://${target.host}/${repository}:1.0`, { to: credentials });
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toMatch(/unauthorized|authentication required|denied|forbidden|incorrect username or password/i);
    expect(target.store.repositories()).toEqual([]);
  });

  it('is refused with an expired token', async () => {
    let time = 1_000_000;
    const server = await start({ auth: { kind: 'token', users }, now: () => time });
    const image = await pushed(server);
    const query = `service=registry&scope=repository:team/app:pull`;
    const { token } = (await (await fetch(`${server.url}/token?${query}`, { headers: { authorization: `Basic ${Buffer.from('admin:secret').toString('base64')}` } })).json()) as { token: string };
    const layout = async (): Promise<string> => `oci:${await temporaryDirectory()}:app`;
    expect(await copy(`docker://${image.reference}`, await layout(), { from: ['--registry-token', token] })).toMatchObject({ code: 0 });
    time += 300_001;
    expect((await copy(`docker://${image.reference}`, await layout(), { from: ['--registry-token', token] })).code).not.toBe(0);
  });

  it('has a blob refused whose bytes were changed on the way, in both directions', async () => {
    const [source, target] = [await start(), await start()];
    const image = await pushed(source);
    source.faults.add({ when: { method: 'GET', path: /\/blobs\/sha256/ }, then: { flipByteAt: 20 } });
    expect((await copy(`docker://${image.reference}`, `docker://${target.host}/team/app:1.0`)).code).not.toBe(0);
    expect(target.store.digestOf('team/app', '1.0')).toBeUndefined();
    target.faults.add({ when: { method: 'PATCH' }, then: { flipByteAt: 20 } });
    const pushing = await copy(`docker://${image.reference}`, `docker://${target.host}/team/app:1.0`);
    expect(pushing.code).not.toBe(0);
    expect(pushing.stderr).toMatch(/digest/i);
    expect(target.store.digestOf('team/app', '1.0')).toBeUndefined();
  });
});
