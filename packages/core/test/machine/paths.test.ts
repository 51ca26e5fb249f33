import { describe, expect, it } from 'vitest';
import { apply, begin, nextRun, outcomes, type MachineInput, type Outcome } from '../../src/machine/index.js';
import { machineInput } from './machine-input.js';
import { coveringPaths, simplePaths } from './paths.js';

const variants: Readonly<Record<string, MachineInput>> = {
  'one host': machineInput(),
  'two batches': machineInput({ batches: [['host-1'], ['host-2']] }),
  'all checks made (R6)': machineInput({ policy: { collectAll: true } }),
  'no automatic rollback (R28)': machineInput({ policy: { automaticRollback: false } }),
  'no stop before a rollback (G10)': machineInput({ policy: { stopFirst: false } }),
  'a rollback asked for (G23)': machineInput({ kind: 'rollback' }),
};

describe('paths through the machine', () => {
  for (const [name, input] of Object.entries(variants)) {
    it(`end in an outcome whose status says the same, on every simple path: ${name}`, () => {
      let count = 0;
      for (const { end: state } of simplePaths(input)) {
        count += 1;
        expect(state.outcome).not.toBeNull();
        expect(state.status).toBe(outcomes[state.outcome as Outcome].status);
        // Hosts that were changed end proven new, proven old, or with a person called (G4).
        if (state.context.touched.length > 0 && state.outcome !== 'completed' && state.outcome !== 'rolled_back') {
          expect(['no_rollback_target', 'rollback_failed', 'rollback_incomplete', 'deployment_failed']).toContain(state.outcome);
        }
      }
      expect(count).toBeGreaterThan(5);
    });
  }

  it('reach every outcome but superseded and cancelled without anybody asking for them', () => {
    const reached = new Set<Outcome | null>();
    for (const input of Object.values(variants)) for (const { end } of coveringPaths(input, {})) reached.add(end.outcome);
    expect(Object.keys(outcomes).filter((outcome) => !reached.has(outcome as Outcome)).sort()).toEqual(['cancelled', 'superseded', 'unchanged']);
  });

  it('end in unchanged when nothing had to be changed anywhere', () => {
    let state = begin(machineInput());
    while (!state.over) {
      const started = apply(state, { type: 'step.started', ...(nextRun(state) as NonNullable<ReturnType<typeof nextRun>>), key: 'key' });
      const step = state.step as NonNullable<typeof state.step>;
      const next = started.andThen((so) => apply(so, { type: 'step.passed', step, facts: step === 'approval.require' ? { needed: false } : {} }));
      state = next._unsafeUnwrap();
    }
    expect([state.outcome, state.status]).toEqual(['unchanged', 'completed']);
  });
});

describe('a cancel, wherever it comes (R14)', () => {
  for (const [name, input] of Object.entries(variants)) {
    it(`ends before hosts are changed in N, and after that in a rollback: ${name}`, () => {
      for (const { path, end: state } of coveringPaths(input, { cancel: true, defer: true, interrupt: true, planChange: true })) {
        expect(state.over).toBe(true);
        if (state.context.cancel === null) continue;
        expect(['completed', 'unchanged'], JSON.stringify(path.map(({ type }) => type))).not.toContain(state.outcome);
        if (state.outcome === 'cancelled') expect(state.context.touched).toEqual([]);
        // Whatever may have been tagged was put back, or that was tried.
        if (state.outcome === 'cancelled') expect(state.context.tagsTouched).toBe(false);
      }
    });
  }
});
