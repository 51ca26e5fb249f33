/**
 * Real processes on one directory: killed with SIGKILL in the middle of their work, and followed from another process.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileStore } from '@davit/core';
import { build } from 'tsup';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const stream = { kind: 'promotion', id: 'p1' } as const;
let built: string;
let directory: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'davit-built-'));
  const entry = { child: join(import.meta.dirname, 'append-loop.ts') };
  // One file with all in it, made from the sources: what is killed is this very code, not an older build.
  await build({ entry, outDir: built, config: false, format: 'esm', outExtension: () => ({ js: '.mjs' }), noExternal: [/.*/], dts: false, silent: true, esbuildOptions: (options) => void (options.conditions = ['@davit/source']) });
}, 60_000);

afterAll(async () => {
  await rm(built, { recursive: true, force: true });
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** Starts a child; `lines` is what it has said so far. */
function start(run: string): { readonly child: ChildProcess; readonly lines: string[]; readonly said: (count: number) => Promise<void>; readonly ended: Promise<unknown> } {
  const child = spawn(process.execPath, [join(built, 'child.mjs'), directory, run], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const ended = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(() => children.delete(child));
  return { child, lines, ended, said: async (count) => { while (lines.length < count && child.exitCode === null) await once(reader, 'line'); } };
}

describe('a process that is killed with SIGKILL', () => {
  it('loses nothing that was acknowledged and leaves nothing half-written, ten times over (R95, G21)', async () => {
    directory = await mkdtemp(join(tmpdir(), 'davit-store-'));
    (await fileStore({ directory }).create('p1', null, '{"run":"0","seq":1}'))._unsafeUnwrap();
    const appended = new Map<number, string>();
    const created: string[] = [];
    let fence = 0;
    for (let run = 1; run <= 10; run += 1) {
      const { child, lines, said, ended } = start(String(run));
      await said(5 + run);
      // A little later than a line: not always at the same place of the loop.
      await new Promise((resolve) => setTimeout(resolve, (run * 7) % 5));
      child.kill('SIGKILL');
      await ended;
      for (const line of lines) {
        const [what, ...rest] = line.split(' ');
        const value = rest.join(' ');
        if (what === 'append') appended.set(Number(value), String(run));
        if (what === 'create') created.push(value);
        if (what === 'fence') {
          expect(Number(value)).toBeGreaterThan(fence);
          fence = Number(value);
        }
      }
      const store = fileStore({ directory });
      const records = (await store.read(stream, 1))._unsafeUnwrap();
      expect(records.map(({ seq }) => seq)).toEqual(records.map((_, at) => at + 1));
      const parsed = records.map(({ line }) => JSON.parse(line) as { run: string; seq: number });
      expect(parsed.map(({ seq }) => seq)).toEqual(records.map((_, at) => at + 1));
      for (const [seq, by] of appended) expect(parsed[seq - 1]).toEqual({ run: by, seq });
      const ids = (await store.list())._unsafeUnwrap();
      for (const id of created) expect(ids).toContain(id);
    }
    // Every key ever made leads to a promotion with its own first record, also where its maker died in between.
    const store = fileStore({ directory });
    for (const name of await readdir(join(directory, 'keys'))) {
      const { key } = JSON.parse(await readFile(join(directory, 'keys', name), 'utf8')) as { key: string };
      const { id } = (await store.create('another', key, '"another"'))._unsafeUnwrap();
      expect((await store.read({ kind: 'promotion', id }, 1))._unsafeUnwrap()).toEqual([{ seq: 1, line: JSON.stringify({ key }) }]);
    }
    expect((await store.list())._unsafeUnwrap()).not.toContain('another');
  });
});

describe('what another process appends', () => {
  it.each([
    ['by the notices of the file system alone', { pollIntervalMs: 10 * 60_000 }],
    ['by looking every now and then alone', { pollIntervalMs: 10, watch: false }],
  ])('is delivered live, dense and in order: %s (R102)', async (_, options) => {
    directory = await mkdtemp(join(tmpdir(), 'davit-store-'));
    const store = fileStore({ directory, ...options });
    (await store.create('p1', null, '{"run":"0","seq":1}'))._unsafeUnwrap();
    const { child, ended } = start('a');
    const seen: number[] = [];
    for await (const record of store.follow(stream, 1, new AbortController().signal)) {
      seen.push(record._unsafeUnwrap().seq);
      if (seen.length === 60) break;
    }
    child.kill('SIGKILL');
    await ended;
    expect(seen).toEqual(Array.from({ length: 60 }, (_, at) => at + 1));
  });
});
