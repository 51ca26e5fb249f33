/**
 * Real processes on a real store: killed with SIGKILL anywhere in a promotion, and stopped for longer than their lease
 * (G21). The next process goes on at once, since the store can prove that the dead one is gone; and everything that is
 * done outside is done once.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createPromoter, fileStore } from '@davit/core';
import { buildImage } from '@davit/core/testing';
import { build } from 'tsup';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newWorld } from '../../runner/world.js';
import { readHost, writeHost, type HostFile } from './file-hosts.js';
import { makeFileRegistry, tagsOf } from './file-registry.js';

const v1 = buildImage({ layers: ['version 1'] });
const v2 = buildImage({ layers: ['version 2'] });
const imageOf = (image: typeof v1): string => `production.example/web@${image.digest}`;
const shortOf = (image: typeof v1): string => image.digest.slice('sha256:'.length, 'sha256:'.length + 6);

let built: string;
let directory: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'davit-built-'));
  const entry = { child: join(import.meta.dirname, 'drive-loop.ts') };
  // One file with all in it, made from the sources: what is killed is this very code, not an older build.
  await build({ entry, outDir: built, config: false, format: 'esm', outExtension: () => ({ js: '.mjs' }), noExternal: [/.*/], dts: false, silent: true, esbuildOptions: (options) => void (options.conditions = ['@davit/source']) });
}, 120_000);

afterAll(async () => {
  await rm(built, { recursive: true, force: true });
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'davit-killed-'));
  makeFileRegistry(join(directory, 'staging'), { v2 });
  makeFileRegistry(join(directory, 'production'), { production: v1 });
  await mkdir(join(directory, 'hosts'));
  const before: HostFile = { pin: imageOf(v1), running: imageOf(v1), isUp: true, images: [imageOf(v1)], verified: imageOf(v1), previous: null, fence: 0 };
  writeHost(join(directory, 'hosts'), 'host-1', before);
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

type Said = Readonly<Record<string, unknown>>;
type Settings = Readonly<Record<string, string>>;

/** Starts a process. `said` are its lines; `ended` resolves with them. */
function start(verb: 'promote' | 'resume' | 'approve', settings: Settings) {
  const child = spawn(process.execPath, [join(built, 'child.mjs'), directory, verb], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...settings } });
  children.add(child);
  const said: Said[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => said.push(JSON.parse(line) as Said));
  const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]).then(() => {
    children.delete(child);
    return said;
  });
  return { child, said, ended };
}

const run = async (verb: 'promote' | 'resume' | 'approve', settings: Settings): Promise<readonly Said[]> => start(verb, settings).ended;

const linesOf = async (name: string): Promise<readonly string[]> => (existsSync(join(directory, name)) ? (await readFile(join(directory, name), 'utf8')).split('\n').filter((line) => line !== '') : []);

/** What everybody can see from outside; and that nothing was done twice. */
async function outside() {
  const effects = await linesOf('effects.log');
  expect(effects.filter((line, at) => effects.indexOf(line) !== at), 'done twice').toEqual([]);
  const { fence: _fence, ...host } = readHost(join(directory, 'hosts'), 'host-1');
  const notices = new Map((await linesOf('notices.log')).map((line) => line.split(' ') as [string, string]));
  return { effects: [...effects].sort(), host, tags: tagsOf(join(directory, 'production')), notices: [...notices.values()] };
}

/** The journals as another program reads them: whole, and with the hold free. */
async function journals(): Promise<object> {
  const { environment, clock } = newWorld();
  const promoter = createPromoter({ store: fileStore({ directory: join(directory, 'store') }), environments: { production: environment }, clock });
  const [report, ...others] = (await promoter.history())._unsafeUnwrap().promotions;
  const { holder } = (await promoter.environment('production'))._unsafeUnwrap();
  return { outcome: report?.outcome, status: report?.status, others: others.length, holder };
}

interface End {
  readonly outcome: string;
  readonly effects: readonly string[];
  readonly host: Omit<HostFile, 'fence'>;
  readonly tags: Readonly<Record<string, string>>;
  readonly notices: readonly string[];
}

const completed: End = {
  outcome: 'completed',
  effects: [...[...v2.blobs.keys()].map((digest) => `writeBlob ${digest}`), `writeManifest ${v2.digest}`, `tag v2 ${v2.digest}`, `tag production ${v2.digest}`, `pull ${shortOf(v2)} host-1`, `pin ${shortOf(v2)} host-1`, `restart ${shortOf(v2)} host-1`, `commit ${shortOf(v2)} host-1`].sort(),
  host: { pin: imageOf(v2), running: imageOf(v2), isUp: true, images: [imageOf(v1), imageOf(v2)], verified: imageOf(v2), previous: imageOf(v1) },
  tags: { production: v2.digest, v2: v2.digest },
  notices: ['promotion.started', 'promotion.completed'],
};

const rolledBack: End = {
  outcome: 'rolled_back',
  effects: [...completed.effects.filter((line) => !line.startsWith('commit')), `tag production ${v1.digest}`, 'stop host-1', `restorePin ${shortOf(v1)} host-1`, `restart ${shortOf(v1)} host-1`].sort(),
  host: { ...completed.host, pin: imageOf(v1), running: imageOf(v1), verified: imageOf(v1), previous: null },
  tags: { production: v1.digest, v2: v2.digest },
  notices: ['promotion.started', 'promotion.rollback_started', 'promotion.rollback_ended'],
};

async function expectEnd({ outcome, ...rest }: End): Promise<void> {
  expect(await journals()).toEqual({ outcome, status: outcome, others: 0, holder: null });
  expect(await outside()).toEqual(rest);
}

/** Where a process can be proven to be gone. */
const onLinux = process.platform === 'linux';

describe('a process that is killed with SIGKILL', () => {
  const firstBlob = [...v2.blobs.keys()][0] ?? '';
  for (const at of [
    'before append step.started image.copy',
    'after append step.started image.copy',
    `after writeBlob ${firstBlob}`,
    'before append step.passed image.copy',
    'after append hold.taken',
    `after tag production ${v2.digest}`,
    `before restart ${shortOf(v2)} host-1`,
    `after restart ${shortOf(v2)} host-1`,
    'after append step.passed deployment.restart',
    'after append step.passed promotion.complete',
    'after append hold.freed',
    'after notify promotion.completed',
  ]) {
    it(`on its way is followed by one that completes the promotion: ${at.replaceAll(/[0-9a-f]{64}/g, '…')}`, { timeout: 120_000 }, async () => {
      expect(await run('promote', { DAVIT_TEST_AT: at })).toEqual([{ reached: at }]);
      const said = await run('resume', {});
      // The lease of the dead one is good for another minute; nobody waits for it.
      if (onLinux) expect(said).toHaveLength(1);
      expect(said.at(-1)).toMatchObject({ outcome: 'completed', exitCode: 0 });
      await expectEnd(completed);
    });
  }

  for (const at of ['after stop host-1', `after restorePin ${shortOf(v1)} host-1`, `before restart ${shortOf(v1)} host-1`, 'before append step.passed rollback.restart', 'after append step.passed rollback.proof']) {
    it(`in a rollback is followed by one that rolls back: ${at}`, { timeout: 120_000 }, async () => {
      const unhealthy = { DAVIT_TEST_UNHEALTHY: v2.digest };
      expect(await run('promote', { ...unhealthy, DAVIT_TEST_AT: at })).toEqual([{ reached: at }]);
      const said = await run('resume', unhealthy);
      if (onLinux) expect(said).toHaveLength(1);
      expect(said.at(-1)).toMatchObject({ outcome: 'rolled_back', exitCode: 3 });
      await expectEnd(rolledBack);
    });
  }

  for (const [at, verb] of [
    ['after append step.passed approval.require', 'promote'],
    ['before append approval.given', 'approve'],
    ['after append approval.given', 'approve'],
    ['before append step.passed approval.evaluate', 'resume'],
  ] as const) {
    it(`around an approval is followed by one that goes on: ${at}`, { timeout: 120_000 }, async () => {
      const needed = { DAVIT_TEST_APPROVAL: 'needed' };
      for (const next of ['promote', 'approve', 'resume'] as const) {
        const said = await run(next, next === verb ? { ...needed, DAVIT_TEST_AT: at } : needed);
        if (next === verb) expect(said).toEqual([{ reached: at }]);
      }
      // Whoever looks after it does what is left: it waits for an approval, or has one.
      const [now] = await run('resume', needed);
      if (now?.['waitingFor'] === 'approval') {
        expect(await run('approve', needed)).toEqual([{ approved: true }]);
        await run('resume', needed);
      }
      await expectEnd({ ...completed, notices: ['promotion.started', 'promotion.approval_requested', 'promotion.approval_decided', 'promotion.completed'] });
    });
  }
});

describe('a process that is stopped with SIGSTOP for longer than its lease', () => {
  for (const at of [`before fence restart ${shortOf(v2)} host-1`, `after restart ${shortOf(v2)} host-1`, 'after append step.started deployment.restart']) {
    it(`finds the promotion completed when it is continued, and changes nothing: ${at}`, { timeout: 120_000 }, async () => {
      const short = { DAVIT_TEST_LEASE_MS: '1500' };
      const first = start('promote', { ...short, DAVIT_TEST_AT: at, DAVIT_TEST_SIGNAL: 'SIGSTOP' });
      await once(first.child.stdout, 'data');
      const second = await run('resume', short);
      expect(second.at(-1)).toMatchObject({ outcome: 'completed', exitCode: 0 });
      // It lives, so its lease has to run out first.
      for (const line of second.slice(0, -1)) expect(line).toEqual({ error: 'lease_held' });
      await expectEnd(completed);
      first.child.kill('SIGCONT');
      expect(await first.ended).toEqual([{ reached: at }, second.at(-1)]);
      await expectEnd(completed);
    });
  }
});
