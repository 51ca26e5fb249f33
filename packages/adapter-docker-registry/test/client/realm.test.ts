import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../src/client/endpoint.js';
import { isLocalHost, isLoopbackHost } from '../../src/client/network-address.js';
import { guardRealm } from '../../src/client/realm.js';

const allows = (realm: string, registry: string, plainHttp?: boolean | readonly string[]): boolean => {
  const endpoint = endpointOf(registry, plainHttp);
  if (endpoint === null) throw new Error(`${registry} is no host`);
  return 'url' in guardRealm(realm, endpoint);
};

describe('the realm guard', () => {
  it.each([
    ['https://auth.docker.io/token', 'docker.io'],
    ['https://8.8.8.8/token', 'registry.test'],
    ['https://[64:ff9b::808:808]/token', 'registry.test'],
    ['https://[2606:4700::1111]/token', 'registry.test'],
    ['https://10.0.0.1/token', '10.0.0.1'],
    ['http://127.0.0.1:5000/token', '127.0.0.1:5000'],
    ['http://localhost:5000/token', '127.0.0.1:5000'],
    ['https://10.0.0.1:443/token', '10.0.0.1'],
    ['http://[::1]:5000/token', '[::1]:5000'],
  ])('lets %s be asked for %s', (realm, registry) => {
    expect(allows(realm, registry)).toBe(true);
  });

  it.each([
    ['http://auth.test/token', 'registry.test'],
    ['http://registry.test/token', 'registry.test'],
    ['https://127.0.0.1/token', 'registry.test'],
    ['https://localhost/token', 'registry.test'],
    ['https://api.localhost./token', 'registry.test'],
    ['https://10.0.0.1/token', '10.0.0.2'],
    ['https://192.168.1.1/token', 'registry.test'],
    ['https://169.254.169.254/latest', 'registry.test'],
    ['https://100.100.100.200/', 'registry.test'],
    ['https://[fd00::1]/token', 'registry.test'],
    ['https://[::ffff:127.0.0.1]/token', 'registry.test'],
    ['https://[::ffff:10.0.0.1]/token', 'registry.test'],
    ['https://[::127.0.0.1]/token', 'registry.test'],
    ['https://[64:ff9b::10.1.2.3]/token', 'registry.test'],
    ['https://[64:ff9b::a9fe:a9fe]/latest', 'registry.test'],
    ['https://[64:ff9b:1::1]/token', 'registry.test'],
    ['https://0x7f.1/token', 'registry.test'],
    ['https://0.0.0.0/token', 'registry.test'],
    ['http://auth.test/token', '127.0.0.1:5000'],
    ['https://user:pass@auth.test/token', 'registry.test'],
    ['ftp://auth.test/token', 'registry.test'],
    ['http://127.0.0.1:5001/token', '127.0.0.1:5000'],
    ['http://localhost:5001/token', '127.0.0.1:5000'],
    ['https://10.0.0.1:8443/token', '10.0.0.1'],
    ['/token', 'registry.test'],
    ['', 'registry.test'],
  ])('does not let %s be asked for %s', (realm, registry) => {
    expect(allows(realm, registry)).toBe(false);
  });

  it('lets a service on a local address be asked where it was named, and in plain HTTP only where the registry is', () => {
    const allowsNamed = (realm: string, registry: string, named: readonly string[], plainHttp?: boolean): boolean => {
      const endpoint = endpointOf(registry, plainHttp);
      return endpoint !== null && 'url' in guardRealm(realm, endpoint, named);
    };
    expect(allowsNamed('http://127.0.0.1:5001/token', '127.0.0.1:5000', ['127.0.0.1:5001'])).toBe(true);
    expect(allowsNamed('http://127.0.0.1:5002/token', '127.0.0.1:5000', ['127.0.0.1:5001'])).toBe(false);
    expect(allowsNamed('https://10.0.0.5/jwt/auth', '10.0.0.5:5050', ['10.0.0.5'])).toBe(true);
    expect(allowsNamed('http://10.0.0.5/jwt/auth', '10.0.0.5:5050', ['10.0.0.5'])).toBe(false);
    expect(allowsNamed('http://10.0.0.5/jwt/auth', 'registry.test', ['10.0.0.5'], true)).toBe(true);
  });

  it('lets a registry that is spoken to in plain HTTP have its token service on the same host, and nowhere else', () => {
    expect(allows('http://registry.test:5001/token', 'registry.test:5000', ['registry.test:5000'])).toBe(true);
    expect(allows('http://auth.test/token', 'registry.test:5000', ['registry.test:5000'])).toBe(false);
    expect(allows('http://127.0.0.1:5000/token', '127.0.0.1:5000', false)).toBe(false);
  });
});

describe('endpointOf', () => {
  it.each<[string, boolean | readonly string[] | undefined, string]>([
    ['docker.io', undefined, 'https://registry-1.docker.io'],
    ['registry.test', undefined, 'https://registry.test'],
    ['registry.test:5000', ['registry.test:5000'], 'http://registry.test:5000'],
    ['registry.test', ['registry.test:5000'], 'https://registry.test'],
    ['127.1.2.3:5000', undefined, 'http://127.1.2.3:5000'],
    ['localhost:5000', ['registry.test'], 'http://localhost:5000'],
    ['[::1]:5000', undefined, 'http://[::1]:5000'],
    ['127.0.0.1:5000', false, 'https://127.0.0.1:5000'],
    ['registry.test', true, 'http://registry.test'],
    ['10.0.0.1:5000', undefined, 'https://10.0.0.1:5000'],
  ])('speaks to %s with plainHttp %j at %s', (registry, plainHttp, origin) => {
    expect(endpointOf(registry, plainHttp)?.origin).toBe(origin);
  });

  it.each(['', 'a/b', 'user@host', 'host?x', 'host#x', 'a b', 'host:port', '[::g]:1', 'host:99999'])('takes %j for no host', (registry) => {
    expect(endpointOf(registry, undefined)).toBeNull();
  });
});

describe('addresses', () => {
  it('knows loopback from other local addresses', () => {
    expect(['127.0.0.1', '127.255.0.1', 'localhost', 'LOCALHOST', '[::1]'].every(isLoopbackHost)).toBe(true);
    expect(['10.0.0.1', '128.0.0.1', 'localhost.test', 'notlocalhost', '[::2]'].some(isLoopbackHost)).toBe(false);
    expect(['10.1.2.3', '172.31.0.1', '192.168.0.1', '169.254.0.1', '[fe80::1]', '0.0.0.0'].every(isLocalHost)).toBe(true);
    expect(['224.0.0.1', '239.255.255.250', '255.255.255.255', '168.63.129.16', '192.0.0.8', '198.19.255.255', '[fec0::1]', '[feff::1]', '[ff02::1]'].filter((host) => !isLocalHost(host))).toEqual([]);
    expect(['168.63.129.17', '192.0.1.1', '198.20.0.1', '223.255.255.255'].filter(isLocalHost)).toEqual([]);
    expect(['172.32.0.1', '11.0.0.1', '8.8.8.8', 'registry.test', '[2001:db8::1]'].some(isLocalHost)).toBe(false);
  });
});
