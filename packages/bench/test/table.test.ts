import { describe, expect, it } from 'vitest';
import { median, tableOf } from '../src/table.js';
import type { Run } from '../src/copy-bench.js';

const run = (wallMs: number): Run => ({ wallMs, cpuMs: 100, peakMb: 50, sourceRequests: 3, targetRequests: 4 });

describe('the table of a measurement', () => {
  it('takes the middle of an odd number and between the two middles of an even one', () => {
    expect([median([5, 1, 3]), median([4, 1, 3, 2]), median([])]).toEqual([3, 2.5, null]);
  });

  it('takes ratios round by round, so that a slow round counts for both', () => {
    const lines = tableOf(new Map([['davit', [run(1000), run(9000), run(1000)]], ['crane', [run(2000), run(18_000), run(1000)]]]), new Map());
    expect(lines[0]).toMatch(/× crane$/);
    // 0.5, 0.5 and 1: the ratio of the medians would be 1000 / 2000 by chance, that of the last round is 1.
    expect(lines[1]).toMatch(/^davit\s+1\.00\s+1\.00\s+0\.10\s+50\s+3\s+4\s+0\.50$/);
    expect(lines[2]).toMatch(/\s1$/);
  });

  it('takes the start off where a case is short', () => {
    const lines = tableOf(new Map([['davit', [run(300)]], ['crane', [run(100)]]]), new Map([['davit', 100], ['crane', 20]]));
    expect(lines[0]).toContain('without start s');
    expect(lines[1]).toMatch(/^davit\s+0\.30\s+0\.30\s+0\.20/);
  });
});
