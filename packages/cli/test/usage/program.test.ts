import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { actorOf } from '../../src/actor.js';
import { imagesOf } from '../../src/commands/image-arguments.js';
import { idOf } from '../../src/commands/promotion-argument.js';
import { exitCodeOfError, exitCodeOfSignal } from '../../src/exit-code.js';
import { interruption } from '../../src/interruption.js';
import { commandWords } from '../../src/usage/command-words.js';
import { runProgram } from '../../src/usage/program.js';
import { fakeProcess } from '../surroundings.js';

async function run(...words: string[]) {
  const process = fakeProcess(words);
  const exitCode = await runProgram(process);
  return { exitCode, out: process.out(), err: process.err() };
}

const commands = Object.entries(commandWords);

describe('the command line', () => {
  it('says its version', async () => {
    expect(await run('--version')).toEqual({ exitCode: 0, out: `${manifest.version}\n`, err: '' });
  });

  it('shows help, with every command and every exit code, on standard output', async () => {
    const { exitCode, out, err } = await run('--help');
    expect([exitCode, err]).toEqual([0, '']);
    for (const [name, { summary }] of commands) expect(out).toMatch(new RegExp(`^ {2}${name} .*${summary.slice(0, 20)}`, 'm'));
    for (const code of ['0', '1', '2', '3', '4', '5', '130', '143']) expect(out).toMatch(new RegExp(`\\b${code}\\b`));
  });

  it('without a command shows the same as an error', async () => {
    const { exitCode, out, err } = await run();
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain('Usage: davit');
  });

  it.each(commands)('davit help %s has an example', async (name, { examples }) => {
    for (const words of [['help', name], [name, '--help']]) {
      const { exitCode, out } = await run(...words);
      expect(exitCode).toBe(0);
      for (const [command] of examples) expect(out).toContain(`  ${command}\n`);
    }
  });

  it.each(['nope', 'help'])('says that there is no help for %s', async (name) => {
    const { exitCode, out, err } = await run('help', name);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain('Usage: davit');
    expect(err).toContain(`there is no help for "${name}"; it is no command [usage_invalid]`);
  });

  it('suggests what was meant', async () => {
    expect(await run('promot')).toMatchObject({ exitCode: 2, out: '', err: expect.stringContaining('Did you mean promote?') as string });
    expect((await run('status', '--folow')).err).toContain('Did you mean --follow?');
  });

  it.each([
    [['promote', 'a:1'], '--to'],
    [['promote', '--to', ''], '--to is empty'],
    [['promote', '--to', 'production', '--actor', ' '], '--actor is empty'],
    [['approve'], 'id'],
    [['approve', 'a', 'b'], 'too many arguments'],
    [['history', '--limit', '0'], 'at least 1'],
    [['history', '--limit', '1e3'], 'whole number'],
    [['validate', 'a:1', '--level', 'deep'], 'manifest, head'],
    [['validate', 'a:1', '--signature', 'on'], 'Allowed choices are off; see davit'],
    [['copy', 'a:1'], 'dst'],
    [['status', '--follow'], 'needs the id'],
    [['promote', 'a:1', 'b:1', '--to', 'production'], 'NAME=a:1'],
  ])('refuses wrong use with exit code 2 and no word about a stack: %j', async (words, said) => {
    const { exitCode, out, err } = await run(...words);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain(said);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('answers wrong use with one document, where --json asks for it', async () => {
    const { exitCode, out, err } = await run('promote', 'a:1', '--json');
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toEqual({ error: { code: 'usage_invalid', message: expect.stringContaining('--to') as string, remedy: expect.any(String) as string }, exitCode: 2 });
    expect(err).toContain('--to');
  });

  it('takes --version behind a command for the version of the release', async () => {
    // It gets as far as the configuration, which is not there.
    expect((await run('promote', 'a:1', '--to', 'production', '--version', '1.4.2')).err).toContain('[configuration_unreadable]');
  });
});

describe('the images on the command line', () => {
  it('are one reference, or references by name', () => {
    expect(imagesOf([])._unsafeUnwrap()).toEqual({});
    expect(imagesOf(['r.example/web:1'])._unsafeUnwrap()).toEqual({ images: 'r.example/web:1' });
    expect(imagesOf(['web=r.example/web:1'])._unsafeUnwrap()).toEqual({ images: { web: 'r.example/web:1' } });
    expect(imagesOf(['web=a:1', 'worker=b@sha256:00'])._unsafeUnwrap()).toEqual({ images: { web: 'a:1', worker: 'b@sha256:00' } });
  });

  it.each([[['a:1', 'b:1']], [['web=a:1', 'b:1']], [['web=a:1', 'web=b:1']], [['=a:1', 'x=b']], [['web=', 'x=b']]])('are refused where it is not clear which is which: %j', (words) => {
    expect(imagesOf(words)._unsafeUnwrapErr().code).toBe('usage_invalid');
  });
});

describe('who asks', () => {
  const userName = (): string => 'somebody';
  it('is who --actor names, else the GitHub actor, else the user of the operating system (G14)', () => {
    const github = { GITHUB_ACTIONS: 'true', GITHUB_ACTOR: 'octocat' };
    expect(actorOf('alice', { environment: github, userName })).toEqual({ actor: 'alice', knownBy: 'cli:option' });
    expect(actorOf(undefined, { environment: github, userName })).toEqual({ actor: 'octocat', knownBy: 'github:actor' });
    // Anybody can set GITHUB_ACTOR on a laptop; only a runner says that it is one.
    expect(actorOf(undefined, { environment: { GITHUB_ACTOR: 'octocat' }, userName })).toEqual({ actor: 'somebody', knownBy: 'cli:os-user' });
    expect(actorOf(undefined, { environment: { GITHUB_ACTIONS: 'true', GITHUB_ACTOR: '' }, userName })).toEqual({ actor: 'somebody', knownBy: 'cli:os-user' });
  });
});

describe('exit codes of failures', () => {
  it('are 2 for wrong use, configuration, reference, unknown environment or promotion, else 1', () => {
    for (const code of ['usage_invalid', 'configuration_invalid', 'configuration_unreadable', 'reference_invalid', 'environment_unknown', 'promotion_unknown']) expect(exitCodeOfError(code)).toBe(2);
    for (const code of ['registry_unreachable', 'store_full', 'host_refused', 'promotion_over', 'decision_not_awaited', 'plan_changed', 'approval_refused', 'lease_held']) expect(exitCodeOfError(code)).toBe(1);
  });

  it('are 2 for a reference that names nothing, before anything was begun (R1)', () => {
    expect(exitCodeOfError('manifest_not_found', { beginning: true })).toBe(2);
    expect(exitCodeOfError('manifest_not_found')).toBe(1);
  });

  it('are 130 and 143 for signals', () => {
    expect([exitCodeOfSignal('SIGINT'), exitCodeOfSignal('SIGTERM')]).toEqual([130, 143]);
  });
});

describe('an interruption', () => {
  it('asks for a stop at the first signal, and ends the process at the second', () => {
    const process = fakeProcess([]);
    const said: string[] = [];
    const stop = interruption(process, (line) => said.push(line));
    process.stop('SIGINT');
    expect([stop.signal.aborted, stop.received(), process.exits]).toEqual([true, 'SIGINT', []]);
    expect(said).toEqual([expect.stringContaining('Ctrl-C')]);
    process.stop('SIGTERM');
    expect(process.exits).toEqual([143]);
  });

  it('gives the signals back when it is over', () => {
    const process = fakeProcess([]);
    const stop = interruption(process, () => undefined);
    stop.end();
    process.stop('SIGINT');
    expect(stop.signal.aborted).toBe(false);
  });
});

describe('the id of a promotion', () => {
  it('may be typed in lower case', () => {
    expect(idOf(' 01jb2c3d4e5f6g7h8jkmnpqrst ')).toBe('01JB2C3D4E5F6G7H8JKMNPQRST');
    expect(idOf('something else')).toBe('something else');
  });
});
