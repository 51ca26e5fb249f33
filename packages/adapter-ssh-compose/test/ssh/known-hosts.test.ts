import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readKnownHosts } from '../../src/ssh/known-hosts.js';

const key = (text: string): string => Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from(text.padEnd(32, '.'))]).toString('base64');
const keysFor = (text: string, host: string, port = 22) => readKnownHosts(text, host, port).keys.map(({ key: bytes }) => bytes.subarray(15).toString().replace(/\.+$/, ''));
const line = (names: string, text: string): string => `${names} ssh-ed25519 ${key(text)} comment here`;

describe('a known_hosts file', () => {
  it('knows hosts by name, by several names, and with a port', () => {
    const text = [line('a.example.com,10.0.0.1', 'A'), line('[a.example.com]:2222', 'B'), line('b', 'C')].join('\n');
    expect(keysFor(text, 'a.example.com')).toEqual(['A']);
    expect(keysFor(text, '10.0.0.1')).toEqual(['A']);
    expect(keysFor(text, 'a.example.com', 2222)).toEqual(['B']);
    expect(keysFor(text, 'A.Example.com')).toEqual(['A']);
    expect(keysFor(text, 'example.com')).toEqual([]);
  });

  it('knows wildcards, and exceptions from them', () => {
    const text = line('*.example.com,!bad.example.com,h?st', 'A');
    expect(keysFor(text, 'x.example.com')).toEqual(['A']);
    expect(keysFor(text, 'bad.example.com')).toEqual([]);
    expect(keysFor(text, 'host')).toEqual(['A']);
    expect(keysFor(text, 'hoost')).toEqual([]);
    expect(keysFor(line('a.example.com', 'A'), 'aXexampleYcom')).toEqual([]);
  });

  it('keeps revoked keys and authorities apart from trusted keys', () => {
    const text = ['# a comment', '', `@revoked ${line('*', 'R')}`, `@cert-authority ${line('*.example.com', 'CA')}`, line('a.example.com', 'A'), 'broken line', 'a.example.com ssh-ed25519 AAAA'].join('\r\n');
    const found = readKnownHosts(text, 'a.example.com', 22);
    expect(found.keys).toHaveLength(1);
    expect(found.revoked).toHaveLength(1);
    expect(found.hasAuthority).toBe(true);
  });

  it.runIf(existsSync('/usr/bin/ssh-keygen'))('knows hosts whose names are hashed, as OpenSSH itself wrote them', () => {
    const directory = mkdtempSync(join(tmpdir(), 'davit-known-'));
    try {
      const file = join(directory, 'known_hosts');
      writeFileSync(file, `${line('host.example.com', 'A')}\n${line('[host.example.com]:2200', 'B')}\n`);
      execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
      const text = readFileSync(file, 'utf8');
      expect(text).not.toContain('example');
      expect(keysFor(text, 'host.example.com')).toEqual(['A']);
      expect(keysFor(text, 'host.example.com', 2200)).toEqual(['B']);
      expect(keysFor(text, 'other.example.com')).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
