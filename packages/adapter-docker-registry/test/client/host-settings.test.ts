import { describe, expect, it } from 'vitest';
import { certificateFault, namesHost, settingsOf } from '../../src/client/host-settings.js';
import { certificate } from '../certificate.js';

describe('settingsOf', () => {
  const hosts = { 'docker.io': { insecure: true }, 'Registry.Test': { plainHttp: true }, 'registry.test:5000': { plainHttp: false }, '[::1]:5000': { insecure: true } };

  it.each<[string, object]>([
    ['docker.io', { insecure: true }],
    ['registry-1.docker.io', { insecure: true }],
    ['registry.test', { plainHttp: true }],
    ['registry.test:443', { plainHttp: true }],
    ['registry.test:5000', { plainHttp: false }],
    ['registry.test:5001', {}],
    ['sub.registry.test', {}],
    ['[::1]:5000', { insecure: true }],
    ['auth.docker.io', {}],
  ])('of %s are %j', (host, expected) => {
    expect(settingsOf(hosts, host)).toEqual(expected);
  });

  it('are none where none are given', () => {
    expect(settingsOf(undefined, 'registry.test')).toEqual({});
  });
});

describe('namesHost', () => {
  it('knows a host by any of its names, and only with its port', () => {
    expect(namesHost(['DOCKER.io'], 'registry-1.docker.io')).toBe(true);
    expect(namesHost(['registry.test'], 'registry.test:443')).toBe(true);
    expect(namesHost(['registry.test'], 'registry.test:5000')).toBe(false);
    expect([namesHost(true, 'x'), namesHost(false, 'x'), namesHost([], 'x')]).toEqual([true, false, false]);
  });
});

describe('certificateFault', () => {
  it('is null where everything can be used, several authorities in one text included', () => {
    expect(certificateFault({ ca: `${certificate.cert}\n${certificate.cert}`, clientCertificate: { certificate: certificate.cert, key: certificate.key } })).toBeNull();
    expect(certificateFault({ ca: [Buffer.from(certificate.cert)] })).toBeNull();
    expect(certificateFault({})).toBeNull();
  });

  it('is a reason for what is no certificate, no key, or none that go together', () => {
    expect(certificateFault({ ca: ['x', certificate.cert] })).toBe('it is not PEM');
    expect(certificateFault({ ca: certificate.key })).toBe('there is no certificate in it');
    expect(certificateFault({ ca: certificate.cert.replace(/M/g, '!') })).not.toBeNull();
    expect(certificateFault({ clientCertificate: { certificate: certificate.cert, key: certificate.cert } })).not.toBeNull();
  });
});
