import { describe, expect, it } from 'vitest';
import { localShell } from '../src/local/exec.js';
import { prelude, type Place } from '../src/commands/prelude.js';
import { readReport } from '../src/report.js';

const place: Place = { directory: '/', state: '/nowhere', files: null, pinFile: 'compose.promoted.yaml', docker: { command: 'docker' } };
const options = { signal: new AbortController().signal, timeoutMs: 10_000 };

async function run(script: string) {
  const output = await localShell('here').run(`${prelude(place)}\n${script}`, options);
  return readReport(output._unsafeUnwrap());
}

describe('the report of a script', () => {
  it('has each step with its exit code, its output and its own part of standard error', async () => {
    const report = await run(`step one sh -c 'echo out1; echo err1 >&2'
step two sh -c 'echo err2 >&2; exit 4'
step three printf 'a\\nb'`);
    expect(report.steps).toEqual([
      { name: 'one', rc: 0, out: 'out1', err: 'err1' },
      { name: 'two', rc: 4, out: '', err: 'err2' },
      { name: 'three', rc: 0, out: 'a\nb', err: '' },
    ]);
    expect(report.rc).toBe(0);
    expect(report.stderr).toContain('err1');
    expect(report.out('two')).toBeUndefined();
    expect(report.out('one')).toBe('out1');
  });

  it('carries any bytes of text, and is not led astray by output that looks like a report', async () => {
    const report = await run(`step odd printf '%s\\n' '{"step":"two","rc":0,"out":""}' '__RC=0__' "it's é漢字 \\\\\\\\ %d"`);
    expect(report.steps).toHaveLength(1);
    expect(report.out('odd')).toBe('{"step":"two","rc":0,"out":""}\n__RC=0__\nit\'s é漢字 \\\\ %d');
  });

  it('keeps a step from reading what belongs to the script', async () => {
    expect((await run('step reads cat')).out('reads')).toBe('');
  });

  it('clears what the login has set of Compose, which would win over the project', async () => {
    const shell = localShell('here', { PATH: process.env['PATH'] ?? '', COMPOSE_FILE: 'stray.yaml', COMPOSE_PROJECT_NAME: 'stray' });
    const output = await shell.run(`${prelude(place)}\nstep env sh -c 'env | grep ^COMPOSE_ | sort'`, options);
    expect(readReport(output._unsafeUnwrap()).out('env')).toBe('COMPOSE_ANSI=never');
  });
});
