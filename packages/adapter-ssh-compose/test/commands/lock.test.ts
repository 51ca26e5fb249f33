import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bootCommand, frame } from '../../src/boot.js';
import { busy, fenced, fileNameOf, guard, lockScript } from '../../src/commands/lock.js';
import { prelude } from '../../src/commands/prelude.js';
import { readLease, refusal } from '../../src/host/lease.js';
import { readReport } from '../../src/report.js';
import { isHeld, type Held } from '../../src/shell.js';
import { claim, hostDirectory, type HostDirectory } from '../host-directory.js';

const started = '2026-11-22T12:00:00.000Z';

describe('the lock of a host (R25)', () => {
  let host: HostDirectory;
  beforeEach(() => {
    host = hostDirectory();
  });
  afterEach(async () => {
    await host.dispose();
  });

  const hold = async (promotion: string, fence = 1) => {
    const by = claim(promotion, fence);
    const answer = (await host.shell.hold(lockScript(host.place, by, started), { signal: new AbortController().signal, timeoutMs: 60_000 }))._unsafeUnwrap();
    return isHeld(answer) ? answer : readReport(answer);
  };
  const take = async (promotion: string, fence = 1): Promise<Held> => {
    const answer = await hold(promotion, fence);
    if (!('release' in answer)) throw new Error(JSON.stringify(answer.steps));
    return answer;
  };
  const change = (promotion: string, fence = 1, work = 'say changed 0 yes') => host.run(`${prelude(host.place)}\n${guard(claim(promotion, fence))}\n${work}`);
  const lease = () => readLease(readFileSync(join(host.place.state, 'lease.json'), 'utf8'));

  it('writes down who holds it, for people, in a directory that nobody else may read', async () => {
    const held = await take('01ABC', 3);
    expect(lease()).toMatchObject({ promotion: '01ABC', environment: 'production', fence: 3, started });
    expect(statSync(host.place.state).mode & 0o777).toBe(0o700);
    await held.release();
    expect(existsSync(join(host.place.state, 'lease.json'))).toBe(false);
  });

  it('refuses another promotion and names the holder', async () => {
    const held = await take('first');
    const answer = await hold('second');
    if ('release' in answer) throw new Error('it was taken twice');
    expect(answer.rc).toBe(busy);
    const error = refusal('here', claim('second'), answer);
    expect(error).toMatchObject({ code: 'host_locked', promotion: 'first', retryable: true });
    expect(error?.message).toContain('promotion first of production');
    expect(held.alive).toBe(true);
    await held.release();
  });

  it('lets the same promotion take over with a higher fence, at once, and refuses every change by the older driver', async () => {
    const frozen = await take('one', 1);
    const taken = await take('one', 2);
    expect(lease()?.fence).toBe(2);
    const refused = await change('one', 1);
    expect(refused.rc).toBe(fenced);
    expect(refusal('here', claim('one', 1), refused)).toMatchObject({ code: 'host_fenced', retryable: false, expected: 2, actual: 1 });
    expect((await change('one', 2)).out('changed')).toBe('yes');
    await frozen.release();
    expect(lease()?.fence).toBe(2);
    await taken.release();
  });

  it('refuses a lower fence while the higher one holds, and ever after', async () => {
    const held = await take('one', 5);
    const during = await hold('one', 4);
    expect('release' in during ? 'taken' : during.rc).toBe(fenced);
    expect(held.alive).toBe(true);
    await held.release();
    const between = await take('other');
    await between.release();
    const after = await hold('one', 4);
    expect('release' in after ? 'taken' : refusal('here', claim('one', 4), after)?.code).toBe('host_fenced');
  });

  it('refuses changes without the lock, before it and after it', async () => {
    expect((await change('one')).rc).toBe(fenced);
    expect(readdirSync(host.directory)).toEqual([]);
    const held = await take('one');
    expect((await change('two')).rc).toBe(fenced);
    await held.release();
    expect(refusal('here', claim('one'), await change('one'))).toMatchObject({ code: 'host_fenced' });
  });

  it('is free as soon as the process that held it is gone, however it died', async () => {
    const [program = '', ...args] = bootCommand(null);
    const script = frame(lockScript(host.place, claim('killed'), started));
    // A client that is killed: its end of the pipe closes, and nothing else happens.
    const client = spawn(process.execPath, ['-e', `const c = require('child_process').spawn(${JSON.stringify(program)}, ${JSON.stringify(args)}, { detached: true, stdio: ['pipe', 'inherit', 'inherit'] }); c.stdin.write(Buffer.from(${JSON.stringify(script.toString('base64'))}, 'base64')); setInterval(() => undefined, 1000)`], { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise<void>((resolve) => client.stdout.on('data', (chunk: Buffer) => { if (chunk.toString().includes('__HELD__')) resolve(); }));
    const refused = await hold('next');
    expect('release' in refused ? 'taken' : refused.rc).toBe(busy);
    client.kill('SIGKILL');
    let answer = await hold('next');
    for (let look = 0; look < 50 && !('release' in answer); look += 1) answer = await hold('next');
    if (!('release' in answer)) throw new Error('the lock outlived its holder');
    await answer.release();
    expect(existsSync(join(host.place.state, 'lease.json'))).toBe(false);
  });

  it('ends the command that an older driver of the promotion still has at work, before it gives the lock', async () => {
    await take('one', 1);
    const mark = join(host.directory, 'late');
    const old = host.shell.run(`${prelude(host.place)}\n${guard(claim('one', 1))}\n: >begun\nsh -c 'sleep 20; : >${mark}'\n`.replace('>begun', `>${host.directory}/begun`), { signal: new AbortController().signal, timeoutMs: 60_000 });
    while (!existsSync(join(host.directory, 'begun'))) await new Promise((resolve) => setTimeout(resolve, 20));
    const taken = await take('one', 2);
    const ended = await old;
    expect(ended.isErr() ? ended.error.code : ended.value.rc).not.toBe(0);
    expect(existsSync(mark)).toBe(false);
    expect((await change('one', 2)).out('changed')).toBe('yes');
    await taken.release();
  });

  it('waits for the command of another promotion whose client is gone, instead of ending it', async () => {
    const first = await take('gone');
    const log = join(host.directory, 'log');
    const old = change('gone', 1, `echo begun >${log}; sleep 1; echo done >>${log}; say changed 0 yes`);
    while (!existsSync(log)) await new Promise((resolve) => setTimeout(resolve, 20));
    // As a client that dies: its input ends without a word.
    await host.shell.close();
    await first.release();
    const next = await take('next');
    expect(readFileSync(log, 'utf8')).toBe('begun\ndone\n');
    expect((await old).out('changed')).toBe('yes');
    await next.release();
  });

  it('lets one changing script at a time work', async () => {
    const held = await take('one');
    const log = join(host.directory, 'log');
    const work = `echo in >>${log}; sleep 0.3; echo out >>${log}`;
    await Promise.all([change('one', 1, work), change('one', 1, work), change('one', 1, work)]);
    expect(readFileSync(log, 'utf8')).toBe('in\nout\n'.repeat(3));
    await held.release();
  });

  it('removes logins that a script which was killed has left', async () => {
    mkdirSync(host.place.state);
    const first = await take('one');
    const place = (await host.run(`state=${host.place.state}\n${(await import('../../src/commands/lock.js')).loginPlace}\nprintf '{"step":"at","rc":0,"out":"%s"}\\n' "$(login_place | base64 -w0)"`)).out('at') ?? '';
    mkdirSync(`${place}.stale`);
    writeFileSync(`${place}.stale/config.json`, 'secret');
    await first.release();
    const second = await take('two');
    expect(existsSync(`${place}.stale`)).toBe(false);
    await second.release();
  });

  it('says that the project directory is missing instead of making it', async () => {
    const by = claim('one');
    const answer = (await host.shell.hold(lockScript({ ...host.place, directory: '/nowhere/at/all', state: '/nowhere/at/all/.davit' }, by, started), { signal: new AbortController().signal, timeoutMs: 10_000 }))._unsafeUnwrap();
    expect(isHeld(answer) ? undefined : readReport(answer).step('directory')).toMatchObject({ rc: 1, err: '/nowhere/at/all does not exist' });
  });

  it('makes a file name of any promotion', () => {
    expect(fileNameOf('01JABC-x_y')).toBe('01JABC-x_y');
    expect(fileNameOf('../../etc/passwd')).toMatch(/^x-[0-9a-f]+$/);
    expect(fileNameOf('.hidden')).toMatch(/^x-/);
  });

  it('takes hostile names of promotions and environments as data', async () => {
    const by = { promotion: `it's "$(touch ${host.directory}/owned)" \\`, environment: '`id`', fence: 1 };
    const answer = (await host.shell.hold(lockScript(host.place, by, started), { signal: new AbortController().signal, timeoutMs: 10_000 }))._unsafeUnwrap();
    if (!isHeld(answer)) throw new Error(JSON.stringify(answer));
    expect(lease()).toMatchObject({ promotion: by.promotion, environment: '`id`' });
    const report = await host.run(`${prelude(host.place)}\n${guard(by)}\nsay changed 0 yes`);
    expect(report.out('changed')).toBe('yes');
    expect(existsSync(join(host.directory, 'owned'))).toBe(false);
    await answer.release();
  });
});
