/** Logins from the environment, and those of two sides and of several paths on one host (R92, R95). */
import { ConfigurationError, copyImage } from '@davit/core';
import { pushImage, startRegistryServer, type User } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import type { DockerRegistryOptions } from '../../src/index.js';
import { adapter, call, closing, errorOf, valueOf } from '../support.js';

const dockerAuth = (auths: Record<string, string>): string => JSON.stringify({ auths: Object.fromEntries(Object.entries(auths).map(([key, login]) => [key, { auth: Buffer.from(login).toString('base64') }])) });
const login = async (options: DockerRegistryOptions, registry: string, repository: string) => valueOf(adapter({ dockerConfig: '/nowhere', ...options }).pullCredentials({ registry, repository }, call()));

describe('the login of the variables', () => {
  const environment = { DAVIT_REGISTRY: 'registry.test/team', DAVIT_REGISTRY_USERNAME: 'ci', DAVIT_REGISTRY_PASSWORD: 'p' };

  it('goes to the registry and the path that it names, and nowhere else', async () => {
    expect(await login({ environment }, 'registry.test', 'team/app')).toEqual({ registry: 'registry.test', username: 'ci', password: 'p' });
    expect(await login({ environment }, 'registry.test', 'teams/app')).toBeNull();
    expect(await login({ environment }, 'other.test', 'team/app')).toBeNull();
  });

  it('is another one for another side, by another prefix, and none where that is false', async () => {
    const both = { ...environment, PRODUCTION: 'registry.test', PRODUCTION_USERNAME: 'deploy', PRODUCTION_PASSWORD: 'q' };
    expect((await login({ environment: both }, 'registry.test', 'team/app'))?.username).toBe('ci');
    expect((await login({ environment: both, environmentPrefix: 'PRODUCTION' }, 'registry.test', 'team/app'))?.username).toBe('deploy');
    expect(await login({ environment: both, environmentPrefix: false }, 'registry.test', 'team/app')).toBeNull();
  });

  it('comes after what is given in code, and before what Docker knows', async () => {
    const all = { ...environment, DOCKER_AUTH_CONFIG: dockerAuth({ 'registry.test/team': 'docker:d', 'other.test': 'docker:d' }) };
    expect((await login({ environment: all, credentials: { 'registry.test': { username: 'code', password: 'c' } } }, 'registry.test', 'team/app'))?.username).toBe('code');
    expect((await login({ environment: all }, 'registry.test', 'team/app'))?.username).toBe('ci');
    expect((await login({ environment: all }, 'other.test', 'team/app'))?.username).toBe('docker');
  });

  it('may be a token or an identity token, and is a secret before it is used (R95)', () => {
    const secrets = (suffix: string): readonly string[] => adapter({ environment: { DAVIT_REGISTRY: 'registry.test', [`DAVIT_REGISTRY_${suffix}`]: 'planted-secret' } }).secrets();
    expect(secrets('TOKEN')).toEqual(['planted-secret']);
    expect(secrets('IDENTITY_TOKEN')).toEqual(['planted-secret']);
    expect(adapter({ environment }).secrets()).toEqual(['p']);
  });

  it.each<[Record<string, string>, string]>([
    [{ DAVIT_REGISTRY_USERNAME: 'ci', DAVIT_REGISTRY_PASSWORD: 'planted-secret' }, 'DAVIT_REGISTRY'],
    [{ DAVIT_REGISTRY: 'registry.test', DAVIT_REGISTRY_PASSWORD: 'planted-secret' }, 'DAVIT_REGISTRY_USERNAME'],
    [{ DAVIT_REGISTRY: 'registry.test', DAVIT_REGISTRY_USERNAME: 'ci', DAVIT_REGISTRY_PASSWORD: '' }, 'DAVIT_REGISTRY_PASSWORD'],
    [{ DAVIT_REGISTRY: 'registry.test', DAVIT_REGISTRY_PASSWORD: 'planted-secret', DAVIT_REGISTRY_TOKEN: 'planted-secret' }, 'DAVIT_REGISTRY'],
  ])('that is half a login, %j, throws a ConfigurationError that names %s', (variables, field) => {
    const make = (): unknown => {
      try {
        return adapter({ environment: variables });
      } catch (thrown) {
        return thrown;
      }
    };
    expect(make()).toBeInstanceOf(ConfigurationError);
    expect(make()).toMatchObject({ field });
    expect((make() as Error).message).not.toContain('planted-secret');
  });

  it('is none where only the registry is named', async () => {
    expect(await login({ environment: { DAVIT_REGISTRY: 'registry.test' } }, 'registry.test', 'a')).toBeNull();
  });
});

describe('DOCKER_AUTH_CONFIG', () => {
  it('has the logins of config.json, the longest path first', async () => {
    const environment = { DOCKER_AUTH_CONFIG: dockerAuth({ 'registry.test': 'a:1', 'https://registry.test/v2/': 'a:1', 'registry.test/team': 'b:2' }) };
    expect((await login({ environment }, 'registry.test', 'team/app'))?.username).toBe('b');
    expect((await login({ environment }, 'registry.test', 'other'))?.username).toBe('a');
    expect(await login({ environment: { DOCKER_AUTH_CONFIG: ' ' } }, 'registry.test', 'other')).toBeNull();
  });

  it('is not read where dockerConfig is false', async () => {
    expect(await login({ dockerConfig: false, environment: { DOCKER_AUTH_CONFIG: dockerAuth({ 'registry.test': 'a:1' }) } }, 'registry.test', 'app')).toBeNull();
  });

  it('that cannot be read is an error which does not quote it', async () => {
    const error = await errorOf(adapter({ dockerConfig: '/nowhere', environment: { DOCKER_AUTH_CONFIG: '{"auths": planted-secret' } }).pullCredentials({ registry: 'registry.test', repository: 'a' }, call()));
    expect(error.message).toContain('DOCKER_AUTH_CONFIG is not a JSON object');
    expect(error.message).not.toContain('planted-secret');
  });
});

describe('two logins on one host', () => {
  const users: readonly User[] = [
    { name: 'staging', password: 's', allow: [{ repository: 'staging/.*', actions: ['pull', 'push'] }] },
    { name: 'production', password: 'p', allow: [{ repository: 'production/.*', actions: ['pull', 'push'] }] },
  ];
  const logins = { staging: { username: 'staging', password: 's' }, production: { username: 'production', password: 'p' } };

  it.each(['basic', 'token'] as const)('copy from one path to the other, by one adapter or by two (%s)', async (kind) => {
    const server = closing(await startRegistryServer({ auth: { kind, users } }));
    const image = await pushImage(server, { repository: 'staging/app', tag: '1.0' });
    const one = adapter({ credentials: { [`${server.host}/staging`]: logins.staging, [`${server.host}/production`]: logins.production } });
    const sides = [
      { source: one, target: one, repository: 'production/one' },
      { source: adapter({ credentials: logins.staging }), target: adapter({ credentials: logins.production }), repository: 'production/two' },
    ];
    for (const { source, target, repository } of sides) {
      await valueOf(copyImage({ name: 'app', source, from: { registry: server.host, repository: 'staging/app', digest: image.digest }, target, to: { registry: server.host, repository } }, call()));
      expect((await valueOf(target.readManifest({ registry: server.host, repository, digest: image.digest }, call()))).bytes).toEqual(image.built.root.bytes);
    }
    expect((await errorOf(adapter({ credentials: logins.production }).resolve({ registry: server.host, repository: 'staging/app', tag: '1.0' }, call()))).code).toBe('registry_denied');
  });
});
