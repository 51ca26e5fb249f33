import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { quote, quoteAll } from '../src/quote.js';

const hostile = ['', ' ', "it's", '"double"', '$HOME', '`id`', '$(id)', 'a\nb', 'back\\slash', '*', '~', '-rf', '!history', ';:|&<>(){}[]?#', 'é漢字', '\t', "''", "'\\''"];

describe('quoting for a shell', () => {
  it('leaves plain words as they are', () => {
    expect(quote('registry.example.com:5000/team/app@sha256:0a')).toBe('registry.example.com:5000/team/app@sha256:0a');
  });

  it('passes every hostile text through a real shell unharmed', () => {
    for (const text of hostile) expect(execFileSync('sh', ['-c', `printf %s ${quote(text)}`], { encoding: 'utf8' })).toBe(text);
  });

  it('keeps arguments apart', () => {
    const printed = execFileSync('sh', ['-c', `printf '%s|' ${quoteAll(hostile)}`], { encoding: 'utf8' });
    expect(printed).toBe(hostile.map((text) => `${text}|`).join(''));
  });

  it('refuses a NUL, which no argument can hold', () => {
    expect(() => quote('a\0b')).toThrow(TypeError);
  });
});
