import { describe, expect, it } from 'vitest';
import { redactor } from '../../src/policy/redact.js';

describe('what a secret is (R95)', () => {
  const clean = redactor(['s3cr3t/pass word+']);

  it('is whatever an adapter registered, in its usual encodings, at any depth', () => {
    const secret = 's3cr3t/pass word+';
    for (const form of [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('base64url'), Buffer.from(secret).toString('hex'), encodeURIComponent(secret)]) {
      expect(JSON.stringify(clean({ a: [{ b: `x ${form} y` }] }))).toBe('{"a":[{"b":"x [redacted] y"}]}');
    }
  });

  it('is what looks like one, although nobody registered it', () => {
    const cases: Readonly<Record<string, string>> = {
      'Authorization: Bearer abc.def-ghi': 'abc.def-ghi',
      'proxy-authorization: Basic dXNlcjpwYXNz': 'dXNlcjpwYXNz',
      'https://user:hunter22@example.com/x': 'hunter22',
      'password=hunter22 and more': 'hunter22',
      '"token":"hunter22"': 'hunter22',
      'DB_PASSWORD=hunter22': 'hunter22',
      'https://example.com/login?token=hunter22': 'hunter22',
      '/etc/app/secret=hunter22': 'hunter22',
      'password: hunter22': 'hunter22',
      '\u001b[32mtoken=hunter22\u001b[0m': 'hunter22',
      'ghp_0123456789abcdefghijABCDEFGHIJ012345': 'ghp_0123456789',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----': 'AAAA',
    };
    for (const [text, secret] of Object.entries(cases)) expect(clean(text), text).not.toContain(secret);
  });

  it('is nothing that people need to read: digests, references, ordinary words', () => {
    for (const text of ['sha256:0123456789abcdef', 'registry.example.com/shop/web:1.4.2', 'registry.example.com/acme/token:1.4.2', '127.0.0.1:5000/acme/api-token: cannot resolve the tag nope', 'ghcr.io/acme/my.password:latest', 'http://127.0.0.1:5000/v2/', 'the password is wrong', 'exit code 1 after 0.5 s']) expect(clean(text)).toBe(text);
  });

  it('leaves numbers, truth values, null and keys as they are', () => {
    expect(clean({ n: 1, t: true, z: null, password: 5 })).toEqual({ n: 1, t: true, z: null, password: 5 });
  });

  it('is not hunted when it is so short that every message would be full of holes', () => {
    expect(redactor(['abc'])('abcdef')).toBe('abcdef');
  });
});
