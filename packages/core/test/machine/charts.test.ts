import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { begin, machine, project, statesPage, stateNodes, transitionsOf, type StateMeta } from '../../src/machine/index.js';
import { machineInput } from './machine-input.js';
import { specifiedCharts } from './specification.js';

const specified = specifiedCharts();

describe('the machine against the specification', () => {
  it('finds 81 boxes and 81 edges in the specification', () => {
    expect(specified.reduce((sum, { boxes }) => sum + boxes.size, 0)).toBe(81);
    expect(specified.reduce((sum, { edges }) => sum + edges.length, 0)).toBe(81);
  });

  for (const { chart, boxes, edges } of specified) {
    describe(chart, () => {
      const projection = project(chart);

      it('has every box with the specification\'s words and shape, and no other', () => {
        const ours = [...projection.boxes].map(([letter, box]) => [letter, box.label, box.kind === 'decision']);
        expect(ours.sort()).toEqual([...boxes].map(([letter, box]) => [letter, box.label, box.diamond]).sort());
      });

      it('draws every edge with its answer, and no other solid one', () => {
        expect(projection.drawn.map(({ from, to, answer }) => `${from} ${to} ${answer}`).sort()).toEqual([...edges].sort());
      });

      it('names the number for every edge that is not drawn', () => {
        expect(projection.extra.filter(({ why }) => !/^(?:[RG]\d+ \S|close$)/.test(why))).toEqual([]);
        expect(projection.unexplained).toEqual([]);
      });

      it('colours red and orange what fails, green what succeeds', () => {
        for (const [letter, { colour }] of boxes) {
          const outcome = projection.boxes.get(letter)?.outcome;
          if (outcome === undefined || letter === 'BB') continue;
          const good = outcome === 'completed' || outcome === 'rolled_back';
          expect([letter, colour === '#ccffcc'], colour).toEqual([letter, good]);
        }
      });
    });
  }
});

describe('the machine', () => {
  it('can be created and started: no target and no initial state is missing', () => {
    expect(begin(machineInput()).step).toBe('tests.run');
    expect(begin(machineInput({ kind: 'rollback' })).step).toBe('rollback.trigger');
  });

  it('lets decisions read the context only, and answers each of them', () => {
    for (const node of stateNodes()) {
      const meta = node.meta as StateMeta | undefined;
      if (meta?.kind !== 'decision') continue;
      expect(Object.keys(node.on), node.id).toEqual([]);
      const answers = transitionsOf(node).map(({ meta: edge }) => (edge).answer);
      expect(answers.filter((answer) => answer === 'Yes').length, node.id).toBe(1);
      expect(answers.filter((answer) => answer === 'No').length, node.id).toBe(1);
    }
  });

  it('invokes nothing and has no timers: it is a reducer', () => {
    for (const node of stateNodes()) {
      expect(node.invoke, node.id).toEqual([]);
      expect(node.after, node.id).toEqual([]);
    }
    expect(machine.id).toBe('promotion');
  });

  it('is drawn in docs/states.md as it is (run `npm run docs` to draw it anew)', () => {
    expect(readFileSync(new URL('../../../../docs/states.md', import.meta.url), 'utf8')).toBe(statesPage());
  });
});
