import { failure } from '@davit/core';
import { describe, expect, it } from 'vitest';
import { errorDocument, failureLines } from '../../src/output/error-text.js';
import { cut, pad, table, width, wrap } from '../../src/output/layout.js';
import { createOutput } from '../../src/output/output.js';
import { cleaner, oneLine, printable, printableName } from '../../src/output/printable.js';
import { bytes, count, duration, shortDigest, shortImage, time } from '../../src/output/quantities.js';
import { hasColour, makeStyle, styleFor } from '../../src/output/style.js';

const plain = makeStyle(false);

describe('text of others', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b[2J\u001b[1;1Hgone', 'gone'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['\u001bPqdata\u001b\\after', 'after'],
    ['a\u009b31mb', 'a31mb'],
    ['back\u0008\u0008\u0008space', 'backspace'],
    ['progress 1 %\rprogress 2 %', 'progress 1 %progress 2 %'],
    ['one\r\ntwo\tthree', 'one\ntwo\tthree'],
    ['user\u202egnp.exe', 'usergnp.exe'],
    ['plain – ü 漢', 'plain – ü 漢'],
  ])('loses what a terminal would obey: %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('shows in a name what a terminal would obey, so that no name takes the place of another', () => {
    expect(printableName('org.opencontainers.image.title')).toBe('org.opencontainers.image.title');
    expect(printableName('k\u001b[2J\u0007\n\t\u202e\u009b')).toBe('k\\u001b[2J\\u0007\\u000a\\u0009\\u202e\\u009b');
    const cleaned = cleaner(() => [])({ revision: 'true', 'revision\u001b[0m': 'forged', list: [{ 'a\nb': 'c' }] });
    expect(cleaned).toEqual({ revision: 'true', 'revision\\u001b[0m': 'forged', list: [{ 'a\\u000ab': 'c' }] });
  });

  it('keeps its lines in values, and begins no line of ours with them', () => {
    const written: string[] = [];
    const stream = { isTerminal: false, columns: () => undefined, rows: () => undefined, write: (text: string) => void written.push(text) };
    const output = createOutput({ stdout: stream, stderr: stream, environment: {} }, false);
    const value = cleaner(() => [])('one\r\n✔ signature');
    expect(value).toBe('one\n✔ signature');
    output.say('first', `label ${value}`);
    output.complain(() => [value]);
    expect(written).toEqual(['first\nlabel one\\n✔ signature\n', 'one\\n✔ signature\n']);
    expect(oneLine('plain')).toBe('plain');
  });

  it('loses secrets, those that adapters hold and those that look like one, wherever they stand (R95)', () => {
    const secrets = ['first-secret'];
    const clean = cleaner(() => secrets);
    const value = { message: 'login with first-secret failed', list: [{ evidence: `Authorization: Basic ${Buffer.from('first-secret').toString('base64')}` }], size: 4, none: null };
    expect(clean('\u001b[32mpassword=hunter2\u001b[0m')).toBe('password=[redacted]');
    expect(JSON.stringify(clean(value))).not.toMatch(/first-secret|Zmlyc3Qt/);
    expect(clean(value)).toMatchObject({ size: 4, none: null });
    // A token that was fetched later is covered too.
    secrets.push('second-secret');
    expect(clean('second-secret')).toBe('[redacted]');
  });
});

describe('an error', () => {
  const error = failure('host_refused', 'app-1: the connection was refused', { host: 'app-1', path: '/srv/davit.config.ts', field: 'deployer', evidence: 'ssh: refused\n' });

  it('is said with its code, what usually causes it, what to do, file, field and evidence', () => {
    expect(failureLines(error, plain)).toEqual([
      '✖ error   app-1: the connection was refused [host_refused]',
      '  file    /srv/davit.config.ts',
      '  field   deployer',
      '  cause   Usually: The SSH server is not running, listens on another port, or a firewall rejects it.',
      '  remedy  Check the port, and that sshd runs on the host.',
      '  | ssh: refused',
    ]);
  });

  it('is as wide as the terminal, and never narrower than 40 columns', () => {
    const linesOn = (columns: number | undefined): readonly string[] => failureLines(error, makeStyle(false, true, () => columns));
    expect(linesOn(undefined)).toEqual(failureLines(error, plain));
    for (const [columns, most] of [[60, 60], [40, 40], [5, 40]] as const) {
      for (const line of linesOn(columns)) expect(line.length).toBeLessThanOrEqual(most);
      expect(linesOn(columns).map((line) => line.trim()).join(' ')).toContain('Usually: The SSH server is not running,');
    }
    expect(linesOn(200).length).toBeLessThan(linesOn(60).length);
    expect(styleFor({ isTerminal: true, columns: () => 77 }, {}).columns).toBe(77);
  });

  it('says what to do about it here, where that is not what is usually done', () => {
    const here = { ...failure('registry_unavailable', 'r.example: 503'), remedy: 'Run the same command again.' };
    expect(failureLines(here, plain).at(-1)).toBe('  remedy  Run the same command again.');
    expect(errorDocument(here).remedy).toBe('Run the same command again.');
  });

  it('says file and field once', () => {
    const lines = failureLines({ ...error, message: 'deployer of /srv/davit.config.ts is missing' }, plain).join('\n');
    expect(lines).not.toMatch(/file {4}|field {3}/);
  });

  it('is a document with code, message and remedy', () => {
    expect(errorDocument(error)).toEqual({ code: 'host_refused', message: error.message, remedy: 'Check the port, and that sshd runs on the host.', field: 'deployer', path: '/srv/davit.config.ts', evidence: 'ssh: refused\n' });
  });
});

describe('lines', () => {
  it('are measured as they are shown', () => {
    expect([width('abc'), width('\u001b[31mabc\u001b[39m'), width('漢字'), width('✔')]).toEqual([3, 3, 4, 1]);
    expect(pad('漢', 4)).toBe('漢  ');
  });

  it('are cut with a mark, and with their colours closed', () => {
    expect(cut('abcdef', 4, '…')).toBe('abc…');
    expect(cut('abc', 3, '…')).toBe('abc');
    expect(cut('\u001b[31mabcdef\u001b[39m', 4, '…')).toBe('\u001b[31mabc…\u001b[0m');
    expect(cut('漢字漢字', 5, '…')).toBe('漢字…');
    expect(cut('abc', 0, '…')).toBe('');
  });

  it('are broken at spaces; a long word stays whole', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('a sha256:0123456789 b', 8)).toEqual(['a', 'sha256:0123456789', 'b']);
    expect(wrap('', 8)).toEqual(['']);
  });

  it('that follow a line end are somebody else\'s, and marked', () => {
    expect(wrap('one\n✔ signature verified', 16)).toEqual(['one', '| ✔ signature', '| verified']);
    expect(failureLines(failure('configuration_unreadable', 'cannot load it: no such module\nRequire stack:'), plain).slice(0, 2)).toEqual(['✖ error   cannot load it: no such module [configuration_unreadable]', '          | Require stack:']);
  });

  it('stand in columns, also where they are coloured', () => {
    const red = makeStyle(true).red;
    expect(table([['a', 'b', 'c'], [red('long'), 'x']]).map((line) => line.replaceAll(red('long'), 'long'))).toEqual(['a     b  c', 'long  x']);
  });
});

describe('amounts', () => {
  it.each([
    [0, '0.0 s'],
    [9949, '9.9 s'],
    [9960, '10 s'],
    [59_600, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [7_800_000, '2 h 10 min'],
    [-5, '0.0 s'],
  ])('say %i ms as %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  it('are in decimal units, in UTC, and short where a digest is long', () => {
    expect([bytes(0), bytes(1), bytes(999), bytes(1000), bytes(123_456_789), bytes(2e9)]).toEqual(['0 bytes', '1 byte', '999 bytes', '1.0 kB', '123.5 MB', '2.0 GB']);
    expect(time('2026-03-01T02:14:05.123Z')).toBe('2026-03-01 02:14:05Z');
    expect(shortDigest(`sha256:${'0123456789'.repeat(7).slice(0, 64)}`)).toBe('sha256:012345678901');
    expect(shortImage(`r/a@sha256:${'ab'.repeat(32)}`)).toBe('r/a@sha256:abababababab');
    expect([count(1, 'blob'), count(2, 'blob'), count(0, 'entry', 'entries')]).toEqual(['1 blob', '2 blobs', '0 entries']);
  });
});

describe('colours', () => {
  const terminal = { isTerminal: true };
  it.each([
    [terminal, {}, true],
    [terminal, { NO_COLOR: '1' }, false],
    [terminal, { NO_COLOR: '' }, true],
    [terminal, { TERM: 'dumb' }, false],
    [{ isTerminal: false }, {}, false],
    [{ isTerminal: false }, { FORCE_COLOR: '1' }, true],
    [terminal, { FORCE_COLOR: '0' }, false],
    [terminal, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('follow the stream and the environment: %j %j', (stream, environment, wanted) => {
    expect(hasColour(stream, environment)).toBe(wanted);
  });

  it('and marks are plain where a terminal cannot draw', () => {
    expect(styleFor(terminal, { TERM: 'linux' }).marks.passed).toBe('+');
    expect(styleFor(terminal, { TERM: 'xterm-256color' }).marks.passed).toBe('✔');
  });
});
