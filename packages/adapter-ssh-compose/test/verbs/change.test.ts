import { describe, expect, it } from 'vitest';
import { failure, type HostCall } from '@davit/core';
import { formatPins } from '../../src/project/pin-file.js';
import { commit } from '../../src/verbs/commit.js';
import { pin, restorePin } from '../../src/verbs/pin.js';
import { proof } from '../../src/verbs/proof.js';
import { pull } from '../../src/verbs/pull.js';
import { restart } from '../../src/verbs/restart.js';
import { forceStop, stop } from '../../src/verbs/stop.js';
import { container, id } from '../host/samples.js';
import { config, scripted, type Answer } from '../scripted-shell.js';

const image = `r.example.com/web@${id('2')}`;
const old = `r.example.com/web@${id('1')}`;
const release = { services: [{ service: 'web', image }] };
const by: HostCall = { signal: new AbortController().signal, claim: { promotion: 'p2', environment: 'production', fence: 3 } };
const line = (more: Parameters<typeof container>[1] = {}, service = 'web'): string => JSON.stringify({ ...container(service, more), oneoff: 'False' });
const absent = { rc: 44 };
const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const survey = (more: Answer = {}): Answer => ({ config: config({ web: {} }), containers: line(), names: 'compose.yaml', 'file:pin': absent, 'file:environment': absent, 'file:ledger': absent, records: '', 'backup:record.json': absent, ...more });
const isChange = (script: string): boolean => script.includes('stale()');
const credentials = [{ registry: 'r.example.com', username: 'me', password: 'planted' }, { registry: 'elsewhere.example.com', username: 'me', password: 'not needed' }];

describe('pull (R51–R53)', () => {
  const failing = (words: string, times = 99) => {
    let asked = 0;
    return scripted((script) => {
      if (!isChange(script)) return { steps: survey() };
      asked += 1;
      return asked <= times ? { rc: 1, steps: { pull: { rc: 1, err: words } } } : { steps: { pull: '', pulled: id('2') } };
    });
  };

  it('asks a registry that is not there twice more, a second and two seconds later', async () => {
    const some = failing('dial tcp 10.0.0.1:443: connect: connection refused', 2);
    expect((await pull(some.context, release, [], by))._unsafeUnwrap()).toMatchObject({ changed: true });
    expect(some.clock.slept).toEqual([1_000, 2_000]);
    const down = failing('dial tcp 10.0.0.1:443: connect: connection refused');
    expect((await pull(down.context, release, [], by))._unsafeUnwrapErr()).toMatchObject({ code: 'pull_failed', actual: 'network', retryable: true, changed: false });
    expect(down.scripts.filter(isChange)).toHaveLength(3);
  });

  it.each([
    ['manifest unknown', 'pull_failed', 'not_found', false],
    ['unauthorized: authentication required', 'pull_failed', 'auth', false],
    ['toomanyrequests: slow down', 'pull_failed', 'rate_limited', true],
    ['write /var/lib/docker/x: no space left on device', 'host_disk_full', undefined, false],
    ['Cannot connect to the Docker daemon', 'docker_unavailable', undefined, true],
    ['something new', 'pull_failed', 'other', false],
  ])('%s is %s and is not asked again', async (words, code, actual, retryable) => {
    const one = failing(words);
    expect((await pull(one.context, release, [], by))._unsafeUnwrapErr()).toMatchObject({ code, retryable, changed: false, ...(actual === undefined ? {} : { actual }) });
    expect(one.scripts.filter(isChange)).toHaveLength(1);
  });

  it('hands over only the logins that it needs, by script alone, and remembers them for redaction', async () => {
    const one = scripted((script) => ({ steps: isChange(script) ? { present: image } : survey() }));
    expect((await pull(one.context, release, credentials, by)).isOk()).toBe(true);
    const script = one.scripts.find(isChange) ?? '';
    expect(script).not.toContain('planted');
    const written = /printf %s (\S+) \| base64 -d >"\$login\/config.json"/.exec(script)?.[1] ?? '';
    expect(JSON.parse(Buffer.from(written, 'base64').toString())).toEqual({ auths: { 'r.example.com': { auth: base64('me:planted') } } });
    expect([...one.secrets]).toEqual(['planted', base64('me:planted')]);
  });

  it('names Docker Hub as Docker does', async () => {
    const one = scripted((script) => ({ steps: isChange(script) ? {} : survey() }));
    expect((await pull(one.context, { services: [{ service: 'web', image: `docker.io/me/web@${id('2')}` }] }, [{ registry: 'docker.io', username: 'me', password: 'p' }], by)).isOk()).toBe(true);
    const written = /printf %s (\S+) \| base64 -d >"\$login/.exec(one.scripts.find(isChange) ?? '')?.[1] ?? '';
    expect(Buffer.from(written, 'base64').toString()).toContain('https://index.docker.io/v1/');
  });

  it('is over when the host ended it for its time-out', async () => {
    const one = scripted((script) => (isChange(script) ? failure('command_timeout', 'too long', { retryable: true }) : { steps: survey() }));
    expect((await pull(one.context, release, [], by))._unsafeUnwrapErr()).toMatchObject({ code: 'pull_failed', actual: 'timeout', changed: false });
  });
});

describe('pin (R54–R56, R74)', () => {
  const written = (scripts: readonly string[]): string => {
    const script = scripts.find(isChange) ?? '';
    const forward = /forward\(\) \{ (.*); \}/.exec(script)?.[1] ?? '';
    return Buffer.from(/put compose\.promoted\.yaml 644 \S+ (\S+);/.exec(forward)?.[1] ?? '', 'base64').toString();
  };

  it('keeps the pins of other services', async () => {
    const one = scripted((script) => ({ steps: isChange(script) ? { backup: '', written: '', config: config({ web: { image } }) } : survey({ 'file:pin': base64(formatPins(new Map([['api', 'a'], ['web', old]]))) }) }));
    expect((await pin(one.context, release, by))._unsafeUnwrap().changed).toBe(true);
    expect(written(one.scripts)).toBe(formatPins(new Map([['api', 'a'], ['web', image]])).toString());
  });

  it('puts everything back when Compose takes another image all the same', async () => {
    const one = scripted((script) => ({ steps: !isChange(script) ? survey() : script.includes('forward()') ? { backup: '', written: '', config: config({ web: { image: 'web:late' } }) } : { restored: '' } }));
    expect((await pin(one.context, release, by))._unsafeUnwrapErr()).toMatchObject({ code: 'pin_failed', services: ['web'], changed: false });
    expect(one.scripts.at(-1)).toContain('step restored back');
  });

  it('says that the host was changed when even that fails', async () => {
    const one = scripted((script) => ({ steps: !isChange(script) ? survey() : script.includes('forward()') ? { backup: '', written: '', config: config({ web: { image: 'web:late' } }) } : { restored: { rc: 1, err: 'Read-only file system' } } }));
    expect((await pin(one.context, release, by))._unsafeUnwrapErr()).toMatchObject({ code: 'pin_failed', changed: true });
  });

  it('looks again when somebody edited a file meanwhile, once', async () => {
    const one = scripted((script) => (isChange(script) ? { rc: 1, steps: { moved: { rc: 1, out: '.env' } } } : { steps: survey() }));
    expect((await pin(one.context, release, by))._unsafeUnwrapErr()).toMatchObject({ code: 'pin_failed', path: '.env', retryable: true, changed: false });
    expect(one.scripts.filter(isChange)).toHaveLength(2);
  });

  it('does not know what is on the host when the connection is lost while it writes', async () => {
    const one = scripted((script) => (isChange(script) ? failure('host_connection_lost', 'gone', { retryable: true }) : { steps: survey() }));
    expect((await pin(one.context, release, by))._unsafeUnwrapErr().changed).toBeUndefined();
    const fenced = scripted((script) => (isChange(script) ? { rc: 76, steps: { fence: { rc: 76, out: '' } } } : { steps: survey() }));
    expect((await pin(fenced.context, release, by))._unsafeUnwrapErr()).toMatchObject({ code: 'host_fenced', changed: false });
  });

  describe('put back', () => {
    const record = JSON.stringify({ v: 1, promotion: 'p2', environment: 'e', wanted: [{ service: 'web', image }, { service: 'mail', image: 'm2' }], previous: [{ service: 'web', image: old }] });
    const restored = async (kept: string | null, now = new Map([['web', image], ['mail', 'm2'], ['api', 'a']])): Promise<string> => {
      const one = scripted((script) => ({
        steps: isChange(script) ? { backup: '', written: '', config: config({ web: { image: old } }) } : survey({ 'file:pin': base64(formatPins(now)), 'file:backup:record.json': base64(record), 'file:backup:pin': kept === null ? absent : base64(kept) }),
      }));
      (await restorePin(one.context, { services: [{ service: 'web', image: old }] }, by))._unsafeUnwrap();
      return written(one.scripts);
    };

    it('is the very bytes from before where they mean the same', async () => {
      const kept = `# a remark of the team\n${formatPins(new Map([['web', old], ['api', 'a']])).toString()}`;
      expect(await restored(kept)).toBe(kept);
    });

    it('is a pin of the previous release where there was none, without the services that came with the failed one', async () => {
      expect(await restored(null)).toBe(formatPins(new Map([['api', 'a'], ['web', old]])).toString());
    });

    it('leaves a pin alone that another environment has changed since', async () => {
      expect(await restored(formatPins(new Map([['web', old], ['api', 'before']])).toString())).toBe(formatPins(new Map([['api', 'a'], ['web', old]])).toString());
    });
  });
});

describe('restart (R57–R59)', () => {
  const images: Answer = { [`image:${image}`]: JSON.stringify({ id: id('b'), digests: [], tags: [] }) };
  const after = (more: Parameters<typeof container>[1] = {}): string => line({ id: 'new', reference: image, image: id('b'), ...more });
  const up = (scripts: readonly string[]): string => /up\(\) \{ \{ (.*); \} 2>&1/.exec(scripts.find(isChange) ?? '')?.[1] ?? '';
  const run = (first: Answer, then: Answer, hashes: Answer = { hashes: 'web h\ndb h', bare: '' }) =>
    scripted((script) => ({ steps: isChange(script) ? then : script.includes('hashes()') ? hashes : script.includes('listening') ? { listening: 'tcp LISTEN 0 1 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=7,fd=6))', published: '' } : survey({ ...images, ...first }) }));

  it('leaves services alone that are right already, without asking Compose', async () => {
    const one = run({ containers: after() }, {});
    expect((await restart(one.context, release, by))._unsafeUnwrap().changed).toBe(false);
    expect(one.scripts.filter(isChange)).toEqual([]);
  });

  it('lets Compose look after what the services need, so that a plain `up` by hand finds nothing to do', async () => {
    const one = run({}, { up: '', containers: after() });
    expect((await restart(one.context, release, by))._unsafeUnwrap().changed).toBe(true);
    expect(up(one.scripts)).toBe('compose up -d --no-build --pull never web');
  });

  const needs = { config: config({ web: { depends_on: { db: {} } }, db: { image: 'postgres:16' } }) };
  it('touches nothing else where something needed would be made anew', async () => {
    const one = run({ ...needs, containers: [line(), line({ reference: 'postgres:16' }, 'db')].join('\n') }, { up: '', containers: after() }, { hashes: 'web h\ndb other', bare: 'db other', 'image:postgres:16': JSON.stringify({ id: id('a'), digests: [], tags: [] }) });
    (await restart(one.context, release, by))._unsafeUnwrap();
    expect(up(one.scripts)).toBe('compose up -d --no-build --no-deps --pull never web');
  });

  it('starts what is needed and does not run, pulling it where it is missing', async () => {
    const one = run(needs, { up: '', containers: after() });
    (await restart(one.context, release, by))._unsafeUnwrap();
    expect(up(one.scripts)).toBe('compose up -d --no-build --pull missing web');
  });

  it('gives the time of grace that was asked for', async () => {
    const one = scripted((script) => ({ steps: isChange(script) ? { up: '', containers: after() } : survey(images) }), { graceSeconds: 7 });
    (await restart(one.context, release, by))._unsafeUnwrap();
    expect(up(one.scripts)).toContain(' -t 7 web');
  });

  it.each([
    ['OCI runtime create failed: exec: "nope": not found', 'start_failed'],
    ['service "migrate" didn\'t complete successfully: exit 4', 'start_failed'],
    ['Error response from daemon: No such image: x', 'start_failed'],
    ['Cannot connect to the Docker daemon at x', 'docker_unavailable'],
    ['network shop_default is ambiguous (2 matches found on name)', 'compose_error'],
    ['something new', 'compose_error'],
  ])('%s: %s', async (words, code) => {
    const one = run({}, { up: { rc: 1, out: ` Container shop-web-1  Recreate\n${words}` }, containers: after({ state: { Status: 'created' } }) });
    expect((await restart(one.context, release, by))._unsafeUnwrapErr()).toMatchObject({ code, service: 'web', changed: true });
  });

  it('names port and holder where a port is taken', async () => {
    const one = run({}, { up: { rc: 1, out: 'Bind for 0.0.0.0:80 failed: port is already allocated' }, containers: after({ state: { Status: 'created' } }) });
    expect((await restart(one.context, release, by))._unsafeUnwrapErr()).toMatchObject({ code: 'port_in_use', port: 80, holder: 'process nginx, pid 7', changed: true });
  });

  it('has not changed the host where Compose failed before it began', async () => {
    const one = run({}, { up: { rc: 1, out: 'something new' }, containers: line() });
    expect((await restart(one.context, release, by))._unsafeUnwrapErr()).toMatchObject({ changed: false });
  });

  it('counts the second try where Docker still knew a name', async () => {
    const one = run({}, { up: { rc: 1, out: 'Conflict. The container name "/0123456789ab_shop-web-1" is already in use by container "ff"' }, again: '', containers: after() });
    expect((await restart(one.context, release, by)).isOk()).toBe(true);
  });

  it('does not take a container for started that was only made, is missing or runs another image', async () => {
    for (const containers of [after({ state: { Status: 'created', Error: 'no such device' } }), '', line({ id: 'new', image: id('c'), reference: 'other' })]) {
      const one = run({}, { up: '', containers });
      expect((await restart(one.context, release, by))._unsafeUnwrapErr()).toMatchObject({ code: 'start_failed', service: 'web' });
    }
  });
});

describe('stop and force stop (R71–R73)', () => {
  it('name what still runs, whatever Compose says', async () => {
    const one = scripted((script) => ({ steps: isChange(script) ? { stop: '', containers: [line(), line({ state: { Status: 'exited' } }), line({}, 'db')].join('\n') } : survey() }));
    expect((await stop(one.context, ['web'], by))._unsafeUnwrap()).toEqual({ survivors: ['shop-web-1'] });
    const none = scripted((script) => ({ steps: isChange(script) ? { kill: { rc: 1, err: 'no container to kill' }, containers: line({ state: { Status: 'exited' } }) } : survey() }));
    expect((await forceStop(none.context, ['web'], by))._unsafeUnwrap()).toEqual({ survivors: [] });
  });

  it('report the engine where that is at fault', async () => {
    const one = scripted((script) => ({ steps: isChange(script) ? { stop: { rc: 1, err: 'Cannot connect to the Docker daemon at x' }, direct: { rc: 1, err: 'Cannot connect to the Docker daemon at x' }, containers: line() } : survey() }));
    expect((await stop(one.context, ['web'], by))._unsafeUnwrapErr().code).toBe('docker_unavailable');
  });
});

describe('proof (R66)', () => {
  const prove = (containers: string, more: Answer = { [`image:${image}`]: JSON.stringify({ id: id('b'), digests: [], tags: [] }) }, options = {}) => proof(scripted(() => ({ steps: survey({ containers, ...more }) }), options).context, release, by);

  it('is that every container has the image id that the engine knows for the digest', async () => {
    expect((await prove(line({ image: id('b'), reference: 'web:other-name' })))._unsafeUnwrap().facts).toMatchObject({ proven: [{ service: 'web', image: id('b') }] });
    for (const wrong of [line({ image: id('c') }), '', line({ image: id('b'), state: { Status: 'restarting' } }), [line({ image: id('b') }), line({ id: 'x', image: id('c') })].join('\n')]) {
      expect((await prove(wrong))._unsafeUnwrapErr()).toMatchObject({ code: 'digest_not_running', service: 'web', expected: image });
    }
  });

  it('is what the container was made from where the name is gone from the host', async () => {
    expect((await prove(line({ reference: image }), { [`image:${image}`]: { rc: 1 } })).isOk()).toBe(true);
    expect((await prove(line({ reference: old }), { [`image:${image}`]: { rc: 1 } })).isErr()).toBe(true);
  });

  it('holds for a job that has ended well', async () => {
    const done = line({ image: id('b'), state: { Status: 'exited', ExitCode: 0 } });
    expect((await prove(done)).isErr()).toBe(true);
    expect((await prove(done, undefined, { project: { directory: '/srv/shop', jobs: ['web'] } })).isOk()).toBe(true);
  });
});

describe('commit (R32)', () => {
  const entry = (promotion: string, of: string): string => JSON.stringify({ v: 1, at: '', promotion, environment: 'production', verified: true, services: [{ service: 'web', image: of }] });
  const ledger = (...lines: readonly string[]): Answer => ({ 'file:ledger': base64(`${lines.join('\n')}\n`) });
  const run = (first: Answer, options = {}) => scripted((script) => ({ steps: isChange(script) ? { ledger: '', current: '', rotate: '', records: '' } : survey(first) }), options);

  it('keeps images of each environment by itself', async () => {
    const elsewhere = entry('p0', `r.example.com/web@${id('9')}`).replace('"production"', '"staging"');
    const one = run(ledger(elsewhere, ...['3', '4', '5', '6', '7'].map((of) => entry(`p${of}`, `r.example.com/web@${id(of)}`))), { keepPrevious: 2 });
    expect((await commit(one.context, release, by))._unsafeUnwrap().changed).toBe(true);
    const script = one.scripts.find(isChange) ?? '';
    for (const kept of ['2', '7', '6', '9']) expect(script).toContain(`davit-keep/shop/web:sha256-${id(kept).slice(7)}`);
    for (const gone of ['3', '4', '5']) expect(script).toContain(`docker rmi r.example.com/web@${id(gone)} `);
    expect(script).not.toContain(`docker rmi r.example.com/web@${id('6')}`);
  });

  it('never lets go of what runs', async () => {
    const one = run({ ...ledger(entry('p1', old), entry('p3', image)), containers: line({ reference: old }) }, { keepPrevious: 1 });
    expect((await commit(one.context, { services: [{ service: 'web', image: `r.example.com/web@${id('8')}` }] }, by)).isOk()).toBe(true);
    expect(one.scripts.find(isChange)).not.toContain(`docker rmi r.example.com/web@${id('1')}`);
  });

  it('writes the same release of the same promotion once', async () => {
    const one = run(ledger(entry('p2', image)));
    expect((await commit(one.context, release, by))._unsafeUnwrap().changed).toBe(false);
  });

  it('is no failure where only the tidying fails', async () => {
    const one = scripted((script) => ({ steps: isChange(script) ? { ledger: '', current: '', rotate: { rc: 1, err: 'conflict: unable to remove' }, records: '' } : survey() }));
    expect((await commit(one.context, release, by))._unsafeUnwrap().facts).toMatchObject({ warnings: ['conflict: unable to remove'] });
  });

  it('is a full disk where the ledger cannot be written', async () => {
    const one = scripted((script) => (isChange(script) ? { rc: 1, steps: { ledger: { rc: 1, err: 'base64: write error: No space left on device' } } } : { steps: survey() }));
    expect((await commit(one.context, release, by))._unsafeUnwrapErr()).toMatchObject({ code: 'host_disk_full', changed: false });
  });
});
