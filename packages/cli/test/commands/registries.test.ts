import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure } from '@davit/core/adapter';
import { pushImage, startRegistryServer } from '@davit/registry-server';
import { afterEach, describe, expect, it } from 'vitest';
import { openRegistry, type RegistryFlags } from '../../src/commands/registries.js';
import { runAgain } from '../../src/commands/run-again.js';
import { fakeProcess } from '../surroundings.js';

const directories: string[] = [];
afterEach(() => Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true, force: true }))));

async function open(registry: string, flags: RegistryFlags, environment: Record<string, string> = {}, input = '', repository = 'acme/app') {
  const directory = await mkdtemp(join(tmpdir(), 'davit-registries-'));
  directories.push(directory);
  const opened = await openRegistry({ registry, flags, prefix: 'dst-' }, fakeProcess([], { directory, environment: { DOCKER_CONFIG: directory, ...environment }, input }));
  if (opened.isErr()) return { error: opened.error };
  const { name } = opened.value;
  const secrets = opened.value.secrets();
  const login = await opened.value.pullCredentials({ registry, repository }, { signal: new AbortController().signal });
  await opened.value.close();
  return { name, secrets, login: login.isOk() ? login.value : login.error };
}

describe('what an adapter advises', () => {
  it.each([
    ['the registry speaks HTTPS: do not name it in plainHttp; for one on a loopback address, set plainHttp: false', 'plainHttp'],
    ['what answers there does not speak plain HTTP (X); if it speaks HTTPS, do not name it in plainHttp, and for a loopback address set plainHttp: false', 'plainHttp'],
    ["its certificate is not trusted (X); give the authority's certificate in the option ca, or name the registry in insecure", 'option ca'],
    ["the certificate of the proxy p is not trusted (X); give its authority's in the option ca, or in hosts", 'option ca'],
  ])('is said in flags: %s', (said, option) => {
    const { message } = runAgain(failure('registry_protocol', said));
    expect(message).not.toContain(option);
    expect(message).toContain('--');
  });
});

describe('the registry of a command', () => {
  it('is GitHub\'s by its own adapter, any other by the common one', async () => {
    expect(await open('ghcr.io', {})).toMatchObject({ name: 'ghcr' });
    expect(await open('registry.example.com', {})).toMatchObject({ name: 'docker-registry', login: null });
  });

  it.each<[string, RegistryFlags, Record<string, string>, string, { readonly username: string; readonly password: string }]>([
    ['by options', { username: 'ann', passwordStdin: true }, {}, 'secret\n', { username: 'ann', password: 'secret' }],
    ['by the side\'s variables', {}, { DAVIT_DST_USERNAME: 'ann', DAVIT_DST_PASSWORD: 'secret', DAVIT_SRC_USERNAME: 'no', DAVIT_SRC_PASSWORD: 'no' }, '', { username: 'ann', password: 'secret' }],
    ['by options before variables', { username: 'ann' }, { DAVIT_DST_USERNAME: 'bob', DAVIT_DST_PASSWORD: 'secret', DAVIT_DST_TOKEN: 'other' }, '', { username: 'ann', password: 'secret' }],
  ])('is logged in to %s, both adapters alike', async (_how, flags, environment, input, login) => {
    for (const registry of ['registry.example.com', 'ghcr.io']) expect(await open(registry, flags, environment, input)).toMatchObject({ login });
  });

  it('takes the variables of a registry by its name, and GitHub\'s own', async () => {
    const named = { DAVIT_REGISTRY: 'ghcr.io', DAVIT_REGISTRY_USERNAME: 'ann', DAVIT_REGISTRY_PASSWORD: 'secret' };
    expect(await open('ghcr.io', {}, named)).toMatchObject({ login: { username: 'ann', password: 'secret' } });
    expect(await open('registry.example.com', {}, named)).toMatchObject({ login: null });
    expect(await open('ghcr.io', {}, { GITHUB_TOKEN: 'ghs_of_the_workflow', GITHUB_ACTOR: 'octocat' })).toMatchObject({ login: { username: 'octocat', password: 'ghs_of_the_workflow' } });
  });

  it.each(['registry.example.com', 'ghcr.io'])('takes the variables of a path in %s for what is below it', async (registry) => {
    const path = { DAVIT_REGISTRY: `${registry}/acme`, DAVIT_REGISTRY_USERNAME: 'ann', DAVIT_REGISTRY_PASSWORD: 'secret' };
    expect(await open(registry, {}, path)).toMatchObject({ login: { username: 'ann', password: 'secret' } });
    expect(await open(registry, {}, path, '', 'acmes/app')).toMatchObject({ login: null });
  });

  it('takes GitHub\'s own for what is beside the path that the variables name', async () => {
    const both = { DAVIT_REGISTRY: 'ghcr.io/acme', DAVIT_REGISTRY_USERNAME: 'ann', DAVIT_REGISTRY_PASSWORD: 'secret', GITHUB_TOKEN: 'ghs_of_the_workflow', GITHUB_ACTOR: 'octocat' };
    expect(await open('ghcr.io', {}, both)).toMatchObject({ login: { username: 'ann', password: 'secret' } });
    expect(await open('ghcr.io', {}, both, '', 'octocat/app')).toMatchObject({ login: { username: 'octocat', password: 'ghs_of_the_workflow' } });
  });

  it.each(['registry.example.com', 'ghcr.io'])('is logged in to with an identity token, at %s too', async (registry) => {
    for (const environment of [{ DAVIT_REGISTRY: registry, DAVIT_REGISTRY_IDENTITY_TOKEN: 'former' }, { DAVIT_DST_IDENTITY_TOKEN: 'former' }]) expect(await open(registry, {}, environment)).toMatchObject({ secrets: ['former'] });
  });

  it.each(['registry.example.com', 'ghcr.io'])('is not logged in to with half a login, at %s either', async (registry) => {
    const named = { DAVIT_REGISTRY: registry };
    expect(await open(registry, {}, { ...named, DAVIT_REGISTRY_USERNAME: 'ann' })).toMatchObject({ error: { code: 'usage_invalid', message: 'DAVIT_REGISTRY_PASSWORD is missing, and the username is set' } });
    expect(await open(registry, {}, { ...named, DAVIT_REGISTRY_PASSWORD: 'secret' })).toMatchObject({ error: { code: 'usage_invalid', message: 'DAVIT_REGISTRY_USERNAME is missing, and the password is set' } });
    expect(await open(registry, {}, { DAVIT_DST_USERNAME: 'ann' })).toMatchObject({ error: { code: 'usage_invalid', message: 'DAVIT_DST_PASSWORD is missing, and the username is set' } });
    expect(await open(registry, {}, { ...named, DAVIT_REGISTRY_TOKEN: 'secret', DAVIT_REGISTRY_IDENTITY_TOKEN: 'secret' })).toMatchObject({ error: { code: 'usage_invalid' } });
  });

  it('is spoken to with TLS on a loopback address, too, by whoever speaks of certificates', async () => {
    const server = await startRegistryServer();
    const image = await pushImage(server, { repository: 'acme/app', layers: [Buffer.from('a')] });
    const resolve = async (flags: RegistryFlags) => {
      const opened = (await openRegistry({ registry: server.host, flags }, fakeProcess([], { environment: {} })))._unsafeUnwrap();
      const answer = await opened.resolve({ registry: server.host, repository: 'acme/app', digest: image.digest }, { signal: new AbortController().signal });
      await opened.close();
      return answer;
    };
    expect((await resolve({})).isOk()).toBe(true);
    const refused = runAgain((await resolve({ insecure: true }))._unsafeUnwrapErr());
    await server.close();
    expect(refused.code).toBe('registry_protocol');
    // What can be set is said in the words of who types a command.
    expect(refused.message).toContain('it answers in plain HTTP where HTTPS was spoken; if that is meant, say --plain-http');
    expect(refused.message).not.toContain('option');
  });

  it('takes no certificate together with plain HTTP', async () => {
    for (const flags of [{ insecure: true }, { ca: 'ca.pem' }]) {
      expect(await open('registry.example.com', { plainHttp: true, ...flags })).toMatchObject({ error: { code: 'usage_invalid', message: '--dst-plain-http goes with no certificate: leave it out, or --dst-ca, --dst-cert and --dst-insecure' } });
    }
  });

  it('says which option names a file that cannot be used', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'davit-registries-'));
    directories.push(directory);
    await writeFile(join(directory, 'tls.key'), '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
    const ca = join(directory, 'tls.key');
    expect(await open('registry.example.com', { ca })).toMatchObject({ error: { code: 'usage_invalid', message: `--dst-ca: ${ca} cannot be used (there is no certificate in it)` } });
    expect(await open('registry.example.com', { cert: ca, key: ca })).toMatchObject({ error: { code: 'usage_invalid', message: expect.stringMatching(/^--dst-cert and --dst-key: they cannot be used/) as string } });
  });

  it('is never GitHub\'s without TLS', async () => {
    expect(await open('ghcr.io', { plainHttp: true })).toMatchObject({ error: { code: 'usage_invalid', message: '--dst-plain-http: ghcr.io is spoken to with TLS alone' } });
  });
});
