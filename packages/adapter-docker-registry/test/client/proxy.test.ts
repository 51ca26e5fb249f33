import { ConfigurationError } from '@davit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProxies } from '../../src/client/proxy.js';

const all = { HTTP_PROXY: 'http://one.test:1', HTTPS_PROXY: 'http://two.test:2' };
const ask = (environment: Record<string, string>, url: string, proxy?: string | false): string | null => readProxies('test', proxy, environment).proxyFor(new URL(url))?.origin ?? null;

describe('readProxies', () => {
  it.each<[Record<string, string>, string, string | null]>([
    [all, 'http://registry.test', 'http://one.test:1'],
    [all, 'https://registry.test', 'http://two.test:2'],
    [{ ...all, https_proxy: 'three.test:3' }, 'https://registry.test', 'http://three.test:3'],
    [{ ...all, https_proxy: '' }, 'https://registry.test', 'http://two.test:2'],
    [{ HTTP_PROXY: 'http://one.test:1' }, 'https://registry.test', null],
    [{ HTTPS_PROXY: 'https://two.test:2' }, 'https://registry.test', 'https://two.test:2'],
    [{ ...all, REQUEST_METHOD: 'GET' }, 'http://registry.test', null],
    [{ ...all, http_proxy: 'http://three.test', REQUEST_METHOD: 'GET' }, 'http://registry.test', 'http://three.test'],
    [{}, 'https://registry.test', null],
    [all, 'http://127.0.0.1:5000', null],
    [all, 'http://[::1]:5000', null],
    [all, 'https://localhost', null],
    [all, 'http://10.0.0.1', 'http://one.test:1'],
  ])('with %j leads %s to %s', (environment, url, expected) => {
    expect(ask(environment, url)).toBe(expected);
  });

  it.each<[string, string, boolean]>([
    ['*', 'https://registry.test', true],
    ['registry.test', 'https://registry.test', true],
    ['registry.test', 'https://a.registry.test', true],
    ['registry.test', 'https://my-registry.test', false],
    ['REGISTRY.test', 'https://Registry.Test', true],
    ['.test', 'https://registry.test', true],
    ['.registry.test', 'https://registry.test', false],
    ['*.registry.test', 'https://a.registry.test', true],
    ['registry.test:5000', 'https://registry.test:5000', true],
    ['registry.test:5000', 'https://registry.test', false],
    ['registry.test:443', 'https://registry.test', true],
    ['registry.test:80', 'http://registry.test', true],
    ['other.test, registry.test', 'https://registry.test', true],
    ['other.test registry.test', 'https://registry.test', true],
    ['10.0.0.1', 'https://10.0.0.1', true],
    ['0.0.1', 'https://10.0.0.1', false],
    ['10.0.0.0/8', 'https://10.1.2.3:8443', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/99', 'https://10.1.2.3', false],
    ['10.0.0.0/8', 'https://registry.test', false],
    ['fd00::/8', 'https://[fd00::1]', true],
    ['fd00::1', 'https://[fd00::1]', true],
    ['[fd00::1]:5000', 'https://[fd00::1]:5000', true],
    ['[fd00::1]:5000', 'https://[fd00::1]', false],
    ['', 'https://registry.test', false],
    [',,*', 'https://registry.test', true],
  ])('with NO_PROXY %j spares %s: %s', (list, url, spared) => {
    expect(ask({ ...all, NO_PROXY: list }, url) === null).toBe(spared);
    expect(ask({ no_proxy: list }, url, 'http://given.test') === null).toBe(spared);
  });

  it.each(['http://', 'http://a b', 'socks5://user:planted-secret@proxy.test', 'http://user:planted-secret@'])('throws a ConfigurationError for %j that names the variable, not its value', (address) => {
    expect(() => readProxies('test', undefined, { HTTPS_PROXY: address })).toThrow(ConfigurationError);
    expect(() => readProxies('test', address, {})).toThrow(/^test: proxy /);
    expect(() => readProxies('test', undefined, { https_proxy: address })).toThrow(/^test: https_proxy (?!.*planted-secret)/);
  });

  it('neither throws nor hangs on any NO_PROXY, and never spares a host that the list does not speak of', () => {
    const lists = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('a', '.', '*', ':', '[', ']', '/', '8', '443', ',', ' ', '10.0.0.1', 'test'), maxLength: 12 }));
    fc.assert(
      fc.property(lists, (list) => {
        const spared = ask({ ...all, NO_PROXY: list }, 'https://registry.example') === null;
        expect(spared && !/\*|example/i.test(list)).toBe(false);
        ask({ ...all, NO_PROXY: list }, 'https://10.0.0.1');
        ask({ ...all, NO_PROXY: list }, 'https://[fd00::1]');
      }),
    );
    for (const piece of ['a', '.', ':', '[', '1/', '::']) expect(ask({ ...all, NO_PROXY: piece.repeat(20_000) }, 'https://registry.example')).not.toBeNull();
  });

  it('takes a percent sign in a password as it stands', () => {
    expect(readProxies('test', 'http://u:100%@proxy.test', {}).proxyFor(new URL('https://registry.test'))?.authorization).toBe(`Basic ${Buffer.from('u:100%').toString('base64')}`);
  });
});
