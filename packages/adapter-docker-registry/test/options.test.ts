import { ConfigurationError } from '@davit/core';
import { describe, expect, it } from 'vitest';
import { dockerRegistry, type DockerRegistryOptions } from '../src/index.js';
import { adapter, call, valueOf } from './support.js';

const wrong = (options: unknown): unknown => {
  try {
    dockerRegistry(options as DockerRegistryOptions);
  } catch (thrown) {
    return thrown;
  }
  return undefined;
};

describe('dockerRegistry', () => {
  it.each<[unknown, string]>([
    [{ credential: {} }, 'credential'],
    [{ credentials: 'user:pass' }, 'credentials'],
    [{ credentials: null }, 'credentials'],
    [{ credentials: [{ username: 'u', password: 'p' }] }, 'credentials'],
    [{ credentials: { username: 'u', password: undefined } }, 'credentials'],
    [{ credentials: { username: 'u', password: '' } }, 'credentials'],
    [{ credentials: { token: '' } }, 'credentials'],
    [{ credentials: { 'registry.test': { username: 'u' } } }, 'credentials["registry.test"]'],
    [{ connections: 0 }, 'connections'],
    [{ requestTimeoutMs: 1.5 }, 'requestTimeoutMs'],
    [{ retry: { attempts: 0 } }, 'retry.attempts'],
    [{ retry: { minDelayMs: -1 } }, 'retry.minDelayMs'],
    [{ plainHttp: 'registry.test' }, 'plainHttp'],
    [{ plainHttp: ['http://registry.test'] }, 'plainHttp'],
    [{ insecure: [5] }, 'insecure'],
    [{ dockerConfig: '' }, 'dockerConfig'],
    [{ tokenServices: 'auth.test' }, 'tokenServices'],
    [{ environmentPrefix: 'A-B' }, 'environmentPrefix'],
    [{ environmentPrefix: true }, 'environmentPrefix'],
    [{ environmentPrefix: null }, 'environmentPrefix'],
    [{ retry: { maxRetryAfterMs: -1 } }, 'retry.maxRetryAfterMs'],
    [{ retry: { atempts: 5 } }, 'retry.atempts'],
    [{ retry: 1 }, 'retry'],
    [{ retry: null }, 'retry'],
    [{ environment: null }, 'environment'],
    [{ environment: 'HOME=/' }, 'environment'],
    [{ clock: {} }, 'clock'],
    [{ clock: null }, 'clock'],
    [{ plainHttp: null }, 'plainHttp'],
    [{ requestTimeoutMs: '10' }, 'requestTimeoutMs'],
    [{ proxy: true }, 'proxy'],
    [{ ca: [] }, 'ca'],
    [{ ca: 'no certificate' }, 'ca'],
    [{ clientCertificate: null }, 'clientCertificate'],
    [{ clientCertificate: { certificate: 'x' } }, 'clientCertificate.key'],
    [{ clientCertificate: { certificate: 'x', key: 'y', password: 'z' } }, 'clientCertificate.password'],
    [{ hosts: [] }, 'hosts'],
    [{ hosts: { 'https://x': {} } }, 'hosts["https://x"]'],
    [{ hosts: { x: null } }, 'hosts["x"]'],
    [{ hosts: { x: { plainhttp: true } } }, 'hosts["x"].plainhttp'],
    [{ hosts: { x: { plainHttp: 'yes' } } }, 'hosts["x"].plainHttp'],
  ])('throws a ConfigurationError for %j that names %s', (options, field) => {
    const thrown = wrong(options);
    expect(thrown).toBeInstanceOf(ConfigurationError);
    expect(thrown).toMatchObject({ code: 'configuration_invalid', field });
    expect((thrown as Error).message).not.toContain('pass@');
  });

  it.each<[unknown, string]>([
    [null, 'dockerRegistry: what is given is null; it must be an object'],
    [{ credential: {} }, 'dockerRegistry: there is no option "credential"; there are plainHttp, insecure'],
    [{ retry: { atempts: 5 } }, 'dockerRegistry: retry has no option "atempts"; it has attempts, minDelayMs, maxDelayMs, maxRetryAfterMs'],
    [{ retry: { attempts: 0 } }, 'dockerRegistry: retry.attempts is 0; it must be a whole number of at least 1'],
    [{ retry: null }, 'dockerRegistry: retry is null; it must be an object'],
    [{ environmentPrefix: true }, 'dockerRegistry: environmentPrefix is a boolean; it must be the beginning of a variable\'s name, or false'],
  ])('says of %j what was given and what is allowed', (options, message) => {
    expect((wrong(options) as Error).message).toContain(message);
  });

  it('takes no options at all, and is closed without having been used', async () => {
    const target = dockerRegistry();
    expect(target.name).toBe('docker-registry');
    expect(target.secrets()).toEqual([]);
    await target.close();
    await target.close();
  });

  it('names the secrets of every login that is given in code (R95)', () => {
    const target = adapter({ credentials: { 'a.test': { username: 'a', password: 'secret-1' }, 'b.test': { token: 'secret-2' }, 'c.test/team': { identityToken: 'secret-3' } } });
    expect(target.secrets()).toEqual(['secret-1', 'secret-2', 'secret-3']);
  });

  it('chooses the credentials by registry and path, and looks into Docker\'s configuration for others', async () => {
    const target = adapter({ credentials: { 'registry.test': { username: 'a', password: '1' }, 'registry.test/team': { username: 'b', password: '2' }, 'docker.io': { username: 'c', password: '3' } } });
    const userOf = async (registry: string, repository: string) => (await valueOf(target.pullCredentials({ registry, repository }, call())))?.username;
    expect(await userOf('registry.test', 'app')).toBe('a');
    expect(await userOf('registry.test', 'team/app')).toBe('b');
    expect(await userOf('registry.test', 'teams')).toBe('a');
    expect(await userOf('docker.io', 'library/nginx')).toBe('c');
    expect(await userOf('other.test', 'app')).toBeUndefined();
  });
});
