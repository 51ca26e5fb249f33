import { chmodSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockScript } from '../../src/commands/lock.js';
import { pinScript, unpinScript, type PinPlan } from '../../src/commands/pin.js';
import { isHeld, type Held } from '../../src/shell.js';
import { claim, hostDirectory, type HostDirectory } from '../host-directory.js';

describe('the script that pins (R54–R56)', () => {
  let host: HostDirectory;
  let held: Held;
  const at = (name: string): string => join(host.directory, name);
  const read = (name: string): string | null => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : null);
  const bytes = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text));
  const plan = (pin: readonly [string | null, string | null], environment: readonly [string | null, string | null] | null = null): PinPlan => ({
    pin: { before: bytes(pin[0]), after: bytes(pin[1]) },
    environment: environment === null ? null : { before: bytes(environment[0]), after: bytes(environment[1]) },
    record: '{"v":1}\n',
  });
  const run = (of: PinPlan, promotion = 'one') => host.run(pinScript(host.place, claim(promotion), of));

  beforeEach(async () => {
    host = hostDirectory();
    const answer = (await host.shell.hold(lockScript(host.place, claim('one'), 'now'), { signal: new AbortController().signal, timeoutMs: 20_000 }))._unsafeUnwrap();
    if (!isHeld(answer)) throw new Error('no lock');
    held = answer;
    host.fakeDocker('case "$*" in *config*) echo "{}" ;; esac');
  });
  afterEach(async () => {
    await held.release();
    await host.dispose();
  });

  it('writes the pin, makes it part of the project, and lets everybody read both', async () => {
    const report = await run(plan([null, 'pins'], [null, 'COMPOSE_FILE=a\n']));
    expect(report.rc).toBe(0);
    expect([read('compose.promoted.yaml'), read('.env')]).toEqual(['pins', 'COMPOSE_FILE=a\n']);
    expect(statSync(at('compose.promoted.yaml')).mode & 0o777).toBe(0o644);
    expect(report.out('config')).toBe('{}');
  });

  it('keeps what was there before under the name of the promotion, once', async () => {
    writeFileSync(at('compose.promoted.yaml'), 'old');
    writeFileSync(at('.env'), 'SECRET=1\n');
    chmodSync(at('.env'), 0o600);
    await run(plan(['old', 'new'], ['SECRET=1\n', 'SECRET=1\nCOMPOSE_FILE=a\n']));
    await run(plan(['new', 'newer']));
    expect(read('.davit/backups/one/pin')).toBe('old');
    expect(read('.davit/backups/one/env')).toBe('SECRET=1\n');
    expect(statSync(at('.davit/backups/one/env')).mode & 0o777).toBe(0o600);
    expect(statSync(at('.env')).mode & 0o777).toBe(0o600);
    expect(read('.davit/backups/one/record.json')).toBe('{"v":1}\n');
  });

  it('changes nothing when a file is no longer as it was read', async () => {
    writeFileSync(at('.env'), 'edited meanwhile');
    const report = await run(plan([null, 'pins'], ['as read', 'ours']));
    expect(report.step('moved')?.out).toBe('.env');
    expect([read('compose.promoted.yaml'), read('.env')]).toEqual([null, 'edited meanwhile']);
  });

  it('puts both files back when Compose does not accept them', async () => {
    writeFileSync(at('.env'), 'A=1');
    host.fakeDocker('echo "yaml: line 1: no" >&2; exit 15');
    const report = await run(plan([null, 'pins'], ['A=1', 'A=1\nCOMPOSE_FILE=x']));
    expect(report).toMatchObject({ rc: 1 });
    expect(report.step('config')).toMatchObject({ rc: 15, err: 'yaml: line 1: no' });
    expect(report.step('restored')?.rc).toBe(0);
    expect([read('compose.promoted.yaml'), read('.env')]).toEqual([null, 'A=1']);
  });

  it('puts the pin back when .env cannot be written', async () => {
    writeFileSync(at('compose.promoted.yaml'), 'old');
    writeFileSync(at('real.env'), 'A=1');
    const script = pinScript(host.place, claim('one'), plan(['old', 'new'], ['A=1', 'B=1']));
    rmSync(at('.env'), { force: true });
    symlinkSync('real.env', at('.env'));
    const report = await host.run(script);
    expect(report.step('written')).toMatchObject({ rc: 1 });
    expect(report.step('written')?.err).toContain('symbolic link');
    expect([read('compose.promoted.yaml'), read('real.env')]).toEqual(['old', 'A=1']);
  });

  it('is refused to a promotion that does not hold the lock', async () => {
    const report = await run(plan([null, 'pins']), 'stranger');
    expect(report.rc).toBe(76);
    expect(read('compose.promoted.yaml')).toBeNull();
  });

  it('is undone by the bytes from before', async () => {
    await run(plan([null, 'pins']));
    const report = await host.run(unpinScript(host.place, claim('one'), { before: null, after: Buffer.from('pins') }, null));
    expect(report.step('restored')?.rc).toBe(0);
    expect(read('compose.promoted.yaml')).toBeNull();
  });
});
