/**
 * Staging tests as a command: only exit code 0 is a pass, and nothing that it started outlives it.
 * @module
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testCommand, type TestCommandOptions } from '@davit/checks';
import { ConfigurationError, parseDigest, type CheckError, type TestReport, type TestSubject } from '@davit/core';
import { manualClock } from '@davit/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`)._unsafeUnwrap();
const workerDigest = parseDigest(`sha256:${'b'.repeat(64)}`)._unsafeUnwrap();
const subject: TestSubject = {
  promotion: '01J0PROMOTION',
  environment: 'production',
  images: [
    { name: 'web', reference: 'staging.example.com:5000/team/web:1.4.2', digest },
    { name: 'worker', reference: 'team/worker', digest: workerDigest },
  ],
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davit-checks-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const node = (script: string): readonly string[] => [process.execPath, '-e', script];
const run = (command: string | readonly string[], options: TestCommandOptions = {}, signal = new AbortController().signal) => testCommand(command, options).run(subject, { signal });

async function reportOf(...given: Parameters<typeof run>): Promise<TestReport> {
  return (await run(...given))._unsafeUnwrap();
}

async function errorOf(...given: Parameters<typeof run>): Promise<CheckError> {
  return (await run(...given))._unsafeUnwrapErr();
}

/** Waits until a process is gone; its parent is no more, so init has to take note of its end first. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
      // A killed process whose parent has not asked for it yet is no more than an entry in a table.
      if (existsSync(`/proc/${String(pid)}/stat`) && / Z /.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function written(path: string): Promise<string> {
  while (!existsSync(path) || readFileSync(path, 'utf8') === '') await new Promise((resolve) => setTimeout(resolve, 10));
  return readFileSync(path, 'utf8');
}

describe('exit codes', () => {
  it('0 is passed, for exactly the digests that were given, at the time of its end (R3, G13)', async () => {
    const clock = manualClock({ start: 5000 });
    const report = await reportOf(node('process.exit(0)'), { clock });
    expect(report).toEqual({ passed: true, digests: [digest, workerDigest], finishedAt: 5000, summary: 'command: exit code 0 after 0 s' });
  });

  it('any other is not passed, with the last lines as evidence (R4)', async () => {
    const report = await reportOf(node('console.log("one"); console.error("expected 200, got 500"); process.exit(3)'));
    expect(report).toMatchObject({ passed: false });
    expect(report.summary).toContain('exit code 3');
    expect(report.evidence?.split('\n').sort()).toEqual(['expected 200, got 500', 'one']);
  });

  it('a text is given to the shell, a list is not', async () => {
    expect((await reportOf('true && test "$DAVIT_ENVIRONMENT" = production')).passed).toBe(true);
    expect((await reportOf(node('process.exit(process.argv[1] === "$HOME && false" ? 0 : 1)').concat('$HOME && false'))).passed).toBe(true);
  });
});

describe('what is tested', () => {
  it('is told by the environment, every image by its digest (R1, G13)', async () => {
    const report = await reportOf(node('const { DAVIT_PROMOTION: p, DAVIT_ENVIRONMENT: e, DAVIT_IMAGE: i, DAVIT_DIGEST: d, DAVIT_IMAGES: all, EXTRA: x, PATH: path } = process.env; console.log(JSON.stringify({ p, e, i, d, all: JSON.parse(all), x, path: path !== undefined })); process.exit(1)'), { env: { EXTRA: 'mine', DAVIT_DIGEST: 'forged' } });
    expect(JSON.parse(report.evidence ?? '')).toEqual({
      p: '01J0PROMOTION',
      e: 'production',
      i: `staging.example.com:5000/team/web@${digest}`,
      d: digest,
      all: [
        { name: 'web', image: `staging.example.com:5000/team/web@${digest}`, digest },
        { name: 'worker', image: `docker.io/team/worker@${workerDigest}`, digest: workerDigest },
      ],
      x: 'mine',
      path: true,
    });
  });

  it('is not changed by what the command prints', async () => {
    const report = await reportOf(`echo DAVIT_DIGEST=sha256:${'c'.repeat(64)}`);
    expect(report.digests).toEqual([digest, workerDigest]);
  });

  it('runs where it is told to', async () => {
    writeFileSync(join(directory, 'here'), '');
    expect((await reportOf('test -f here', { cwd: directory })).passed).toBe(true);
  });
});

describe('a command that gives no result is tests_unfinished, never passed (R2)', () => {
  it.each([
    ['a program that does not exist', ['no-such-program-of-davit']],
    ['a program that does not exist, for the shell', 'no-such-program-of-davit --flag'],
    ['a file that may not be run', ['./notes.txt']],
    ['a file that may not be run, for the shell', './notes.txt'],
  ])('%s', async (_, command) => {
    writeFileSync(join(directory, 'notes.txt'), 'exit 0', { mode: 0o600 });
    expect(await errorOf(command, { cwd: directory })).toMatchObject({ code: 'tests_unfinished', retryable: false });
  });

  it('a directory that does not exist, which is named', async () => {
    const cwd = join(directory, 'missing');
    expect(await errorOf(['true'], { cwd })).toMatchObject({ code: 'tests_unfinished', path: cwd, message: expect.stringContaining('no directory') as string });
  });

  it('a command that somebody kills', async () => {
    expect(await errorOf(node('process.kill(process.pid, "SIGKILL")'))).toMatchObject({ code: 'tests_unfinished', message: expect.stringContaining('SIGKILL') as string });
  });

  it('a command that does not end in time: it and all that it started are ended, also what ignores SIGTERM', async () => {
    const clock = manualClock();
    const pids = join(directory, 'pids');
    const stubborn = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);`;
    const command = node(`const { spawn } = require("node:child_process"); ${stubborn}
      console.log("tests are running");
      const child = spawn(process.execPath, ["-e", ${JSON.stringify(`${stubborn} require("node:fs").writeFileSync(${JSON.stringify(pids)}, process.ppid + " " + process.pid)`)}], { stdio: "inherit" });`);
    const ended = run(command, { clock });
    const [parent = 0, child = 0] = (await written(pids)).split(' ').map(Number);
    await clock.advance(30 * 60 * 1000);
    expect((await ended)._unsafeUnwrapErr()).toMatchObject({ code: 'tests_unfinished', retryable: true, message: expect.stringContaining('1800 s') as string, evidence: 'tests are running' });
    await gone(parent);
    await gone(child);
  });
});

describe('a command that is asked to stop', () => {
  it('answers interrupted, and nothing that it started goes on', async () => {
    const stop = new AbortController();
    const pid = join(directory, 'pid');
    const ended = run(`sleep 1000 & echo $! > ${pid}; wait`, {}, stop.signal);
    const child = Number(await written(pid));
    stop.abort();
    expect((await ended)._unsafeUnwrapErr()).toMatchObject({ code: 'interrupted', retryable: true });
    await gone(child);
  });

  it('before it began is not started at all', async () => {
    expect(await errorOf(`touch ${join(directory, 'started')}`, {}, AbortSignal.abort())).toMatchObject({ code: 'interrupted' });
    expect(existsSync(join(directory, 'started'))).toBe(false);
  });
});

describe('output', () => {
  it('is kept to its last 4 KiB, whole lines, whatever amount was written', async () => {
    const { evidence = '' } = await reportOf(node('for (let n = 0; n < 200000; n++) console.log(`line ${n} ä`); process.exitCode = 1'));
    expect(Buffer.byteLength(evidence)).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(evidence)).toBeGreaterThan(3500);
    const lines = evidence.split('\n');
    expect(lines.at(-1)).toBe('line 199999 ä');
    for (const line of lines) expect(line).toMatch(/^line \d+ ä$/);
  });

  it('held open by something in the background does not keep the promotion waiting', async () => {
    const report = await reportOf('sleep 1000 & echo $!; exit 1');
    expect(report.passed).toBe(false);
    process.kill(Number(report.evidence), 'SIGKILL');
  });
});

describe('secrets', () => {
  it('of the environment are named by what their variables are called', () => {
    const tests = testCommand('true', { env: { REGISTRY_TOKEN: 'hunter2-hunter2', STAGE: 'not-a-secret', DB_PASSWORD: 'short', API_KEY: 'Bearer abcdefgh1234' } });
    expect(tests.secrets()).toEqual(expect.arrayContaining(['hunter2-hunter2', 'Bearer abcdefgh1234', 'abcdefgh1234']));
    expect(tests.secrets()).not.toContain('not-a-secret');
    expect(tests.secrets()).not.toContain('short');
  });
});

describe('options', () => {
  it('are checked at once', () => {
    for (const command of ['', '  ', []]) expect(() => testCommand(command)).toThrow(ConfigurationError);
    for (const timeoutMs of [0, -1, Number.NaN]) expect(() => testCommand('true', { timeoutMs })).toThrow(ConfigurationError);
    expect(() => testCommand('true', { maxAgeMs: 0 })).toThrow(ConfigurationError);
    for (const command of [undefined, null, 5, ['npm', 5]]) expect(() => testCommand(command as never)).toThrow(ConfigurationError);
    for (const options of [{ timeout: 5000 }, { cwd: 5 }, { env: { A: 1 } }, { timeoutMs: '1m' }, { clock: {} }, null]) expect(() => testCommand('true', options as never)).toThrow(ConfigurationError);
    expect(() => testCommand('true', { timeout: 5000 } as never)).toThrow('testCommand: there is no option "timeout"; there are name, timeoutMs, maxAgeMs, clock, cwd, env');
    expect(testCommand('true', { maxAgeMs: Number.POSITIVE_INFINITY }).maxAgeMs).toBe(Number.POSITIVE_INFINITY);
    expect(testCommand('true', { maxAgeMs: 5, name: 'smoke' })).toMatchObject({ name: 'smoke', maxAgeMs: 5 });
    expect('maxAgeMs' in testCommand('true')).toBe(false);
  });
});
