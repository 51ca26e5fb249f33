import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/journal/memory-store.js';
import { asJson, encodeRecord } from '../../src/journal/record.js';
import { begin, boxIn, charts, entryBox, stateNodes, stepIds, transitionsOf, type MachineInput, type Outcome, type StepId } from '../../src/machine/index.js';
import type { PromotionJournal } from '../../src/journal/promotion-journal.js';
import { drive } from '../../src/runner/driver.js';
import { readRecords } from '../../src/runner/past.js';
import type { Step, StepReport, StepTable } from '../../src/steps/index.js';
import { machineInput } from '../machine/machine-input.js';
import { coveringPaths, simplePaths, type Move, type Walk } from '../machine/paths.js';
import { specifiedCharts } from '../machine/specification.js';
import { briskClock, newWorld } from './world.js';

const id = '01J00000000000000000000000';

/** Drives a promotion through the real runner so that it takes exactly this path. */
async function driveAlong(input: MachineInput, { path }: Walk): Promise<{ readonly outcome: Outcome | null; readonly boxes: readonly (readonly string[])[] }> {
  const store = memoryStore();
  const { environment } = newWorld();
  const clock = briskClock();
  const created = { ...input, environment: 'production', actor: 'ann', knownBy: 'test', deployer: 'scripted' };
  const first = encodeRecord({ seq: 1, at: clock.now(), promotion: id, actor: 'ann', type: 'promotion.created', boxes: begin(input).trail, data: asJson(created), prev: '' })._unsafeUnwrap();
  (await store.create(id, null, first.line))._unsafeUnwrap();
  const left = [...path];
  const next = (step: StepId): Promise<StepReport> => {
    const move = left.shift();
    if (move === undefined || !('step' in move) || move.step !== step) throw new Error(`${step} was run, the path has ${JSON.stringify(move)}`);
    const { type, step: _step, ...rest } = move as Move & { readonly step: StepId };
    return Promise.resolve({ result: type.slice('step.'.length), ...rest } as unknown as StepReport);
  };
  const steps = Object.fromEntries(stepIds.map((step): [StepId, Step] => [step, { id: step, perform: () => next(step) }])) as unknown as StepTable;
  const run = () => drive({ store, id, environment: { ...environmentFor(environment), notifiers: [] }, clock, owner: store.newOwner(), leaseMs: 10 ** 12, steps });
  for (;;) {
    const end = (await run())._unsafeUnwrap();
    if (end.reason === 'over') {
      expect(left, 'the whole path was taken').toEqual([]);
      const records = (await readRecords(store, id))._unsafeUnwrap();
      return { outcome: end.journal.state.outcome, boxes: records.map(({ boxes }) => boxes) };
    }
    await meetWait(left, clock, end.journal);
  }
}

/** Does from outside what the path has next: a decision, or the passing of time. */
async function meetWait(left: Move[], clock: ReturnType<typeof briskClock>, journal: PromotionJournal): Promise<void> {
  const move = left.shift();
  if (move?.type === 'wait.expired') clock.jump((journal.state.wait?.deadline ?? 0) - clock.now() + 1);
  else if (move?.type === 'approval.given') expect((await journal.event(move, 'ann', () => true)).isErr()).toBe(false);
  else throw new Error(`waits, but the path has ${JSON.stringify(move)}`);
}

const environmentFor = (options: ReturnType<typeof newWorld>['environment']) => ({
  name: 'production',
  source: options.source,
  target: options.target,
  deployer: options.deployer,
  tests: undefined,
  checks: { maxSizeBytes: 1 },
  endpoints: [],
  approval: options.approval as never,
  requireRollbackTarget: false,
});

/** Back-offs end by the clock, so the path's word for it is not needed. */
const withoutBackoff = (walk: Walk): Walk => ({ ...walk, path: walk.path.filter((move) => !(move.type === 'wait.due' && move.wait === 'backoff')) });

/** What boxes may follow each other by a drawn edge, and which such edges a run has walked. */
function edgesWalked(runs: readonly (readonly (readonly string[])[])[]): ReadonlySet<string> {
  const walked = new Set<string>();
  for (const records of runs) {
    const last = new Map<string, string>();
    for (const box of records.flat()) {
      const [chart = '', letter = ''] = box.split('.');
      const before = last.get(chart);
      if (before !== undefined) walked.add(`${chart} ${before} ${letter}`);
      last.set(chart, letter);
    }
  }
  return walked;
}

describe('every path through the real runner', () => {
  const runs: (readonly (readonly string[])[])[] = [];
  const variants: Readonly<Record<string, MachineInput>> = {
    'one host': machineInput(),
    'all checks made (R6)': machineInput({ policy: { collectAll: true } }),
    'no automatic rollback (R28)': machineInput({ policy: { automaticRollback: false } }),
    'no stop before a rollback (G10)': machineInput({ policy: { stopFirst: false } }),
    'a rollback asked for (G23)': machineInput({ kind: 'rollback' }),
  };

  it('ends as the machine says: every simple path of one host and one batch', { timeout: 120_000 }, async () => {
    let count = 0;
    for (const walk of simplePaths(machineInput())) {
      const end = await driveAlong(machineInput(), withoutBackoff(walk));
      expect(end.outcome).toBe(walk.end.outcome);
      runs.push(end.boxes);
      count += 1;
    }
    expect(count).toBeGreaterThan(300);
  });

  for (const [name, input] of Object.entries(variants).slice(1)) {
    it(`ends as the machine says: every move, ${name}`, { timeout: 120_000 }, async () => {
      for (const walk of coveringPaths(input, {})) {
        const end = await driveAlong(input, withoutBackoff(walk));
        expect(end.outcome).toBe(walk.end.outcome);
        runs.push(end.boxes);
      }
    });
  }

  it('walked all 81 boxes, as the journals tell it', () => {
    const walked = new Set(runs.flat(2));
    const wanted = specifiedCharts().flatMap(({ chart, boxes }) => [...boxes.keys()].map((letter) => `${chart}.${letter}`));
    expect(wanted.filter((box) => !walked.has(box))).toEqual([]);
    expect([...walked].filter((box) => !wanted.includes(box))).toEqual([]);
  });

  it('walked all 81 edges, and no solid edge that the specification does not draw', () => {
    const walked = edgesWalked(runs);
    const wanted = specifiedCharts().flatMap(({ chart, edges }) => edges.map((edge) => `${chart} ${edge.split(' ').slice(0, 2).join(' ')}`));
    expect(wanted.filter((edge) => !walked.has(edge))).toEqual([]);
    // What else was walked is an edge that the machine names a number for.
    const dotted = new Set<string>();
    for (const chart of charts) {
      for (const node of stateNodes()) {
        for (const { source, target, meta } of transitionsOf(node)) {
          if (meta.extra !== undefined && target !== undefined) dotted.add(`${chart} ${boxIn(chart, source) ?? ''} ${entryBox(chart, target) ?? ''}`);
        }
      }
    }
    expect([...walked].filter((edge) => !wanted.includes(edge) && !dotted.has(edge))).toEqual([]);
  });
});
