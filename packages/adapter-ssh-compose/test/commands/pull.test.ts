import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockScript } from '../../src/commands/lock.js';
import { pullScript, type PullPlan } from '../../src/commands/pull.js';
import { isHeld, type Held } from '../../src/shell.js';
import { claim, hostDirectory, type HostDirectory } from '../host-directory.js';

const image = 'registry.example.com/team/app@sha256:1111';
const secret = 'planted-password';
const login = JSON.stringify({ auths: { 'registry.example.com': { auth: Buffer.from(`user:${secret}`).toString('base64') } } });
const plan = (more: Partial<PullPlan> = {}): PullPlan => ({ images: [image], local: [], keep: [], login: null, ...more });

describe('the script that pulls (R51–R53, G24)', () => {
  let host: HostDirectory;
  let held: Held;
  const log = (): string => readFileSync(join(host.directory, 'log'), 'utf8');

  beforeEach(async () => {
    host = hostDirectory();
    const answer = (await host.shell.hold(lockScript(host.place, claim('one'), 'now'), { signal: new AbortController().signal, timeoutMs: 20_000 }))._unsafeUnwrap();
    if (!isHeld(answer)) throw new Error('no lock');
    held = answer;
  });
  afterEach(async () => {
    await held.release();
    await host.dispose();
  });

  /** A docker that has images as files, knows a configuration and writes down how it was called. */
  const docker = (pull: string): void => {
    host.fakeDocker(`printf '%s\\n' "$*" >>${host.directory}/log
file() { printf '%s/%s' ${host.directory} "image-$(printf %s "$1" | cksum | cut -d' ' -f1)"; }
case "$*" in
  *"pull --quiet"*) for last in "$@"; do :; done; ${pull}; echo id >"$(file "$last")" ;;
  "image inspect"*) for last in "$@"; do :; done; cat "$(file "$last")" ;;
  tag*) cp "$(file "$2")" "$(file "$3")" ;;
esac`);
  };

  it('does not ask a registry for what is there, and pulls what is not', async () => {
    docker(':');
    const first = await host.run(pullScript(host.place, claim('one'), plan()));
    expect(first.steps.map(({ name }) => name)).toEqual(['pull', 'pulled']);
    const second = await host.run(pullScript(host.place, claim('one'), plan()));
    expect(second.steps.map(({ name }) => name)).toEqual(['present']);
    expect(log().match(/pull --quiet/g)).toHaveLength(1);
  });

  it('gives Docker a login that is gone afterwards, and shows it in no argument and no report', async () => {
    docker(`cat "$2/config.json" >${host.directory}/seen; ls -ld "$2" >${host.directory}/mode; printf %s "$2" >${host.directory}/place`);
    const report = await host.run(pullScript(host.place, claim('one'), plan({ login })));
    expect(report.rc).toBe(0);
    expect(readFileSync(join(host.directory, 'seen'), 'utf8')).toBe(login);
    expect(readFileSync(join(host.directory, 'mode'), 'utf8')).toMatch(/^drwx------/);
    expect(existsSync(readFileSync(join(host.directory, 'place'), 'utf8'))).toBe(false);
    for (const text of [log(), JSON.stringify(report), ...readdirSync(host.place.state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(`user:${secret}`).toString('base64'));
    }
  });

  it('removes the login when the pull fails, and when it is ended by a signal', async () => {
    docker(`printf %s "$2" >${host.directory}/place; echo 'no basic auth credentials' >&2; exit 1`);
    const failed = await host.run(pullScript(host.place, claim('one'), plan({ login })));
    expect(failed.rc).toBe(1);
    expect(failed.step('pull')).toMatchObject({ rc: 1, err: 'no basic auth credentials' });
    expect(existsSync(readFileSync(join(host.directory, 'place'), 'utf8'))).toBe(false);

    docker(`printf %s "$2" >${host.directory}/place2; sleep 30`);
    const controller = new AbortController();
    const ended = host.shell.run(pullScript(host.place, claim('one'), plan({ login })), { signal: controller.signal, timeoutMs: 60_000 });
    while (!existsSync(join(host.directory, 'place2'))) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    expect((await ended)._unsafeUnwrapErr().code).toBe('interrupted');
    const place = readFileSync(join(host.directory, 'place2'), 'utf8');
    for (let look = 0; look < 200 && existsSync(place); look += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(existsSync(place)).toBe(false);
  });

  it('names what it pulled, what runs, and what only this host knows', async () => {
    docker(':');
    writeFileSync(join(host.directory, 'dummy'), '');
    await host.run(pullScript(host.place, claim('one'), plan({ images: [image, 'other@sha256:2222'] })));
    const report = await host.run(pullScript(host.place, claim('one'), plan({ keep: [{ image, tag: 'davit-keep/p/web:sha256-1111' }], local: [{ image: 'other@sha256:2222', tag: 'davit-keep/p/web:id-2222' }] })));
    expect(report.steps.filter(({ name }) => name === 'tagged').map(({ out }) => out)).toEqual(['davit-keep/p/web:id-2222', 'davit-keep/p/web:sha256-1111']);
    const again = await host.run(pullScript(host.place, claim('one'), plan({ keep: [{ image, tag: 'davit-keep/p/web:sha256-1111' }] })));
    expect(again.step('tagged')).toBeUndefined();
    const gone = await host.run(pullScript(host.place, claim('one'), plan({ images: [], local: [{ image: 'sha256:3333', tag: 'davit-keep/p/web:id-3333' }] })));
    expect(gone).toMatchObject({ rc: 1 });
    expect(gone.step('gone')?.out).toBe('sha256:3333');
  });

  it('asks the engine that the login is set to, although it brings a configuration of its own', async () => {
    docker(':');
    host.fakeDocker(`printf '%s DOCKER_HOST=%s\\n' "$*" "\${DOCKER_HOST:-}" >>${host.directory}/log
case "$*" in context*) echo unix:///run/user/1000/docker.sock ;; "image inspect"*) exit 1 ;; esac`);
    await host.run(pullScript(host.place, claim('one'), plan({ login })));
    expect(log()).toMatch(/pull --quiet \S+ DOCKER_HOST=unix:\/\/\/run\/user\/1000\/docker.sock/);
  });
});
