import { describe, expect, it } from 'vitest';
import type { ComposeOptions } from '../../src/options.js';
import { formatPins } from '../../src/project/pin-file.js';
import { preflight, versionOf } from '../../src/verbs/preflight.js';
import { container } from '../host/samples.js';
import { config, scripted, type Answer } from '../scripted-shell.js';

const absent = { rc: 44 };
const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const release = { services: [{ service: 'web', image: 'r.example.com/web@sha256:2' }] };
const call = { signal: new AbortController().signal };

const good: Answer = {
  tools: '',
  clock: String(Date.UTC(2026, 0, 1) / 1000),
  engine: '20.10.24',
  version: '2.26.1-4',
  writable: '',
  config: config({ web: { image: 'web:1' } }),
  containers: '',
  names: 'compose.yaml',
  'file:pin': absent,
  'file:environment': absent,
  root: '/var/lib/docker',
  'free:images': '99999999',
  'free:project': '99999999',
  'file:ledger': absent,
  records: '',
  listening: '',
  published: '',
};
const line = (of: ReturnType<typeof container>): string => JSON.stringify({ ...of, oneoff: 'False' });

async function check(answer: Answer, options: Partial<ComposeOptions> = {}, hashes: Answer = { hashes: 'web h', bare: 'web b' }) {
  const { context } = scripted((script) => ({ steps: script.includes('hashes()') ? hashes : { ...good, ...answer } }), options);
  return preflight(context, release, call);
}
const fault = async (answer: Answer, options: Partial<ComposeOptions> = {}, hashes?: Answer) => (await check(answer, options, hashes))._unsafeUnwrapErr();
const warnings = async (answer: Answer, options: Partial<ComposeOptions> = {}, hashes?: Answer) => (await check(answer, options, hashes))._unsafeUnwrap().warnings;

describe('preflight (R50)', () => {
  it('passes a host that has everything, and warns of a missing rollback target (G5)', async () => {
    expect(await warnings({})).toEqual(['there is no previous release to return to if this one fails']);
  });

  it('reads the versions of Compose that distributions print, and refuses what is older than 2.21', async () => {
    expect(versionOf('v2.40.0+ds1-0ubuntu1')).toEqual([2, 40, 0]);
    expect(versionOf('5.0.2')).toEqual([5, 0, 2]);
    for (const version of ['2.21.0', 'v2.26.1-4', '2.100.0', '5.0.2']) expect(await warnings({ version })).toHaveLength(1);
    for (const version of ['2.20.3', '1.29.2', 'v2.3']) expect(await fault({ version })).toMatchObject({ code: 'compose_unavailable', expected: '2.21', changed: false });
    expect((await fault({ version: { rc: 1, err: 'docker: unknown command: docker compose' } })).code).toBe('compose_unavailable');
  });

  it.each([
    ['command_failed', { tools: 'flock\nbase64' }, 'flock, base64'],
    ['docker_unavailable', { engine: { rc: 1, err: 'Cannot connect to the Docker daemon at x. Is the docker daemon running?' } }, 'Cannot connect'],
    ['project_invalid', { directory: { rc: 1, err: "sh: cd: can't cd to /srv/shop" } }, '/srv/shop'],
    ['project_invalid', { config: { rc: 15, err: 'validating x: Additional property imagee is not allowed' } }, 'imagee'],
    ['project_invalid', { names: '' }, 'no Compose file'],
    ['service_unknown', { config: config({ api: {}, db: {} }) }, 'it has api, db'],
    ['pin_failed', { writable: '/srv/shop is not writable' }, 'not writable'],
    ['pin_failed', { 'file:pin': { rc: 45 } }, 'symbolic link'],
    ['pin_failed', { 'file:environment': { rc: 45 } }, 'project.files'],
    ['pin_failed', { 'file:pin': base64('services: { web: { image: x } }') }, 'by hand'],
    ['host_disk_full', { 'free:images': '1048575' }, '1023 MiB left; 1024 MiB'],
    ['host_disk_full', { 'free:project': '100' }, 'the project directory'],
    ['port_in_use', { config: config({ web: { ports: [{ published: '80', target: 80, protocol: 'tcp' }] } }), listening: 'tcp LISTEN 0 1 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=7,fd=6))' }, 'process nginx, pid 7'],
  ] as const)('refuses with %s', async (code, answer, words) => {
    expect(await fault(answer as Answer)).toMatchObject({ code, host: 'host', changed: false, message: expect.stringContaining(words) as string });
  });

  it('takes a link or an unreadable .env for nothing to it where the files are named in the options', async () => {
    expect(await warnings({ 'file:environment': { rc: 45 }, names: '' }, { project: { directory: '/srv/shop', files: ['a.yaml'] } })).toHaveLength(1);
  });

  it('says that a free space is not known, instead of guessing', async () => {
    expect(await warnings({ 'free:images': { rc: 1 } })).toContain("the free space of Docker's directory /var/lib/docker is not known");
  });

  it('refuses a project that differs from what runs, and knows a service that was brought up by itself', async () => {
    const running = { containers: line(container('web', { hash: 'h' })) };
    expect(await warnings(running)).toEqual([]);
    expect(await warnings(running, {}, { hashes: 'web x', bare: 'web h' })).toEqual([]);
    expect(await fault(running, {}, { hashes: 'web x', bare: 'web y' })).toMatchObject({ code: 'project_differs', service: 'web', changed: false });
    expect((await fault(running, {}, { hashes: { rc: 1, err: 'broken pipe' }, bare: '' })).code).toBe('command_failed');
  });

  it('does not compare across an update of Compose, and says so', async () => {
    const older = { containers: line(container('web', { version: '2.24.0' })) };
    expect(await warnings(older, {}, { hashes: 'web x', bare: 'web y' })).toEqual(['shop-web-1 was made by Compose 2.24.0, and 2.26.1 cannot tell whether its settings changed since']);
  });

  it('refuses when something that the release needs would be made anew, for its settings or its image', async () => {
    const answer: Answer = { config: config({ web: { depends_on: { db: {} } }, db: { image: 'postgres:16' } }), containers: [line(container('web')), line(container('db', { reference: 'postgres:16' }))].join('\n') };
    const image = (id: string): Answer => ({ hashes: 'web h\ndb h', bare: '', 'image:postgres:16': JSON.stringify({ id, digests: [], tags: [] }) });
    expect(await warnings(answer, {}, image(container('db').image))).toEqual([]);
    expect(await fault(answer, {}, image('sha256:other'))).toMatchObject({ code: 'project_differs', service: 'db', message: expect.stringContaining('postgres:16') as string });
    expect(await fault(answer, {}, { ...image(container('db').image), hashes: 'web h\ndb changed', bare: 'web b\ndb b' })).toMatchObject({ code: 'project_differs', service: 'db' });
  });

  it('warns of a previous image that is gone from the host (R69)', async () => {
    const gone = `r.example.com/web@${container('web').image}`;
    const answer: Answer = { containers: line(container('web', { state: { Status: 'exited' } })), 'file:ledger': base64(`${JSON.stringify({ v: 1, at: '', promotion: 'p1', environment: 'e', verified: true, services: [{ service: 'web', image: gone }] })}\n`), [`image:${gone}`]: { rc: 1, err: 'No such image' } };
    expect(await warnings(answer)).toContain(`the previous image ${gone} is no longer on the host; a rollback has to pull it first`);
    expect(await warnings({ ...answer, [`image:${gone}`]: '{"id":"x","digests":[],"tags":[]}' })).not.toContainEqual(expect.stringContaining('no longer on the host'));
  });

  it('warns of a wrong clock, of drift and of another number of containers', async () => {
    const answer: Answer = {
      clock: String(Date.UTC(2026, 0, 1) / 1000 - 300),
      config: config({ web: { scale: 3 } }),
      containers: line(container('web')),
      'file:pin': base64(formatPins(new Map())),
      'file:ledger': base64(`${JSON.stringify({ v: 1, at: '', promotion: 'p1', environment: 'e', verified: true, services: [{ service: 'web', image: 'r.example.com/web@sha256:0' }] })}\n`),
    };
    expect(await warnings(answer)).toEqual([
      expect.stringContaining('the ledger says r.example.com/web@sha256:0 (promotion p1)'),
      "the clock of the host is 300 s behind this machine's",
      'web has 1 containers; the project asks for 3',
    ]);
  });
});
