/**
 * Journals of every released flow, as they were written then: every later version must read them, record by record and
 * box by box. Once a flow is released they are never changed. Where one is missing (a new story, a new flow),
 * DAVIT_WRITE_GOLDEN=yes writes it.
 * @module
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readEnvironment } from '../../src/journal/environment-journal.js';
import { memoryStore } from '../../src/journal/memory-store.js';
import { decodeRecord, encodeRecord, type JournalRecord } from '../../src/journal/record.js';
import { isMachineRecord, isRecordType } from '../../src/journal/record-type.js';
import { replayAll } from '../../src/journal/replay.js';
import { textOf } from '../../src/json.js';
import { currentFlow } from '../../src/machine/index.js';
import { idOf } from '../crash/story.js';
import { goldenStories } from './stories.js';

const chance = vi.hoisted(() => ({ drawn: 0 }));

vi.mock('node:crypto', async (importReal) => {
  const real = await importReal<typeof import('node:crypto')>();
  return { ...real, randomBytes: (size: number) => Buffer.alloc(size, (chance.drawn += 1)) };
});

const fileOf = (flow: number, name: string): string => join(import.meta.dirname, `flow-${String(flow)}`, `${name}.jsonl`);

function linesOf(flow: number, name: string): readonly string[] {
  return readFileSync(fileOf(flow, name), 'utf8').split('\n').filter((line) => line !== '');
}

/** The records of a journal, with its chain checked. */
function decoded(lines: readonly string[], kind: 'promotion' | 'environment' = 'promotion'): readonly JournalRecord[] {
  const records: JournalRecord[] = [];
  for (const [at, line] of lines.entries()) {
    const { promotion: id } = JSON.parse(line) as { readonly promotion: string };
    records.push(decodeRecord({ seq: at + 1, line }, { kind, id }, records.at(-1)?.hash ?? '')._unsafeUnwrap());
  }
  return records;
}

/** The same journal with one record changed and the chain made anew: what another version of the machine would have written. */
function rewritten(records: readonly JournalRecord[], change: (record: JournalRecord) => JournalRecord): readonly JournalRecord[] {
  const made: JournalRecord[] = [];
  for (const record of records) {
    const { v: _v, hash: _hash, ...body } = { ...change(record), prev: made.at(-1)?.hash ?? '' };
    const { line } = encodeRecord(body)._unsafeUnwrap();
    made.push(decodeRecord({ seq: body.seq, line }, { kind: 'promotion', id: body.promotion }, body.prev)._unsafeUnwrap());
  }
  return made;
}

/** What the machine was told and where it went; notes come and go beside it. */
const walkOf = (records: readonly JournalRecord[]): readonly string[] =>
  records.filter(({ type }) => isMachineRecord(type)).map(({ type, boxes, data }) => [type, textOf(data['step'] ?? data['wait']), ...boxes].join(' '));

async function writtenToday(tell: (typeof goldenStories)[number]['tell']): Promise<{ readonly promotion: readonly string[]; readonly environment: readonly string[] }> {
  chance.drawn = 0;
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const story = await tell();
  random.mockRestore();
  const store = memoryStore(story.world.state);
  const read = async (kind: 'promotion' | 'environment', id: string): Promise<readonly string[]> => (await store.read({ kind, id }, 1))._unsafeUnwrap().map(({ line }) => line);
  return { promotion: await read('promotion', (await idOf(story)) ?? ''), environment: await read('environment', 'production') };
}

function keep(name: string, lines: readonly string[]): void {
  if (process.env['DAVIT_WRITE_GOLDEN'] !== 'yes' || existsSync(fileOf(currentFlow, name))) return;
  mkdirSync(join(fileOf(currentFlow, name), '..'), { recursive: true });
  writeFileSync(fileOf(currentFlow, name), `${lines.join('\n')}\n`);
}

describe('today\'s version', () => {
  for (const { name, tell, outcome } of goldenStories) {
    it(`walks as the golden journal does, or has another flow: ${name}`, async () => {
      const { promotion, environment } = await writtenToday(tell);
      expect(replayAll(decoded(promotion))._unsafeUnwrap().state).toMatchObject({ outcome, over: true });
      keep(name, promotion);
      if (name === 'completed') keep('environment', environment);
      expect(walkOf(decoded(promotion))).toEqual(walkOf(decoded(linesOf(currentFlow, name))));
    });
  }

  it('writes the same bytes when the same happens', async () => {
    for (const { tell } of goldenStories.slice(0, 2)) expect(await writtenToday(tell)).toEqual(await writtenToday(tell));
  });
});

describe('golden journals', () => {
  const flows = readdirSync(import.meta.dirname).flatMap((name) => (name.startsWith('flow-') ? [Number(name.slice('flow-'.length))] : []));
  const outcomes = new Map<string, string>(goldenStories.map(({ name, outcome }) => [name, outcome]));

  it('are there for every flow up to the present one', () => {
    expect(flows).toEqual(Array.from({ length: currentFlow }, (_, at) => at + 1));
  });

  for (const flow of flows) {
    for (const file of readdirSync(join(import.meta.dirname, `flow-${String(flow)}`)).sort()) {
      const name = file.replace('.jsonl', '');
      if (name === 'environment') continue;
      it(`of flow ${String(flow)} replay, box by box: ${name}`, () => {
        const records = decoded(linesOf(flow, name));
        const { state, created } = replayAll(records)._unsafeUnwrap();
        expect(created.flow).toBe(flow);
        expect(state).toMatchObject({ outcome: outcomes.get(name), over: true });
      });
    }
  }

  it('of an environment tell who held it', async () => {
    const store = memoryStore();
    for (const [at, line] of linesOf(1, 'environment').entries()) (await store.append({ kind: 'environment', id: 'production' }, at + 1, line))._unsafeUnwrap();
    expect((await readEnvironment(store, 'production'))._unsafeUnwrap()).toMatchObject({ holder: null, records: [{ type: 'hold.taken' }, { type: 'hold.freed' }] });
  });

  it('hold every kind of record that a promotion can have', () => {
    const met = new Set(goldenStories.flatMap(({ name }) => decoded(linesOf(1, name)).map(({ type }) => type)));
    const kinds = ['promotion.created', 'step.started', 'step.passed', 'step.failed', 'step.deferred', 'step.interrupted', 'wait.due', 'wait.expired', 'approval.given', 'cancel.requested', 'note.driver', 'note.host', 'note.delivery', 'note.warning'];
    expect(kinds.filter((kind) => !isRecordType(kind))).toEqual([]);
    expect([...met].sort()).toEqual([...kinds].sort());
  });

  it('would be refused where this version walked otherwise, and where a newer one wrote them', () => {
    const records = decoded(linesOf(1, 'rolled-back'));
    const at = records.findIndex(({ boxes }) => boxes.includes('promotion.EE'));
    const otherwise = rewritten(records, (record) => (record.seq === at + 1 ? { ...record, boxes: record.boxes.filter((box) => box !== 'promotion.EE') } : record));
    expect(replayAll(otherwise)._unsafeUnwrapErr()).toMatchObject({ code: 'journal_diverged' });
    const skipped = rewritten(records, (record) => (record.seq === at + 2 ? { ...record, data: { ...record.data, step: 'rollback.stop' } } : record));
    expect(replayAll(skipped)._unsafeUnwrapErr()).toMatchObject({ code: 'journal_diverged' });
    const newer = rewritten(records, (record) => (record.seq === 1 ? { ...record, data: { ...record.data, flow: currentFlow + 1 } } : record));
    expect(replayAll(newer)._unsafeUnwrapErr()).toMatchObject({ code: 'journal_newer' });
  });
});
