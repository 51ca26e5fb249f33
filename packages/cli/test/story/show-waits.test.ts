import type { Progress } from '@davit/core';
import { describe, expect, it } from 'vitest';
import { interruption } from '../../src/interruption.js';
import { createOutput } from '../../src/output/output.js';
import { cleaner } from '../../src/output/printable.js';
import { showWaits } from '../../src/story/show-waits.js';
import { screen } from '../screen.js';
import { fakeProcess } from '../surroundings.js';

const retry: Progress = { type: 'request.retry', host: 'r.example', reason: 'r.example/web: 429 for hunter-secret', waitMs: 4000, attempt: 1, of: 3 };

function stage({ terminal = false, environment = {}, ...more }: { readonly terminal?: boolean; readonly environment?: Record<string, string>; readonly detail?: string; readonly isLong?: boolean } = {}) {
  const process = fakeProcess([], { environment });
  const drawn = screen(80);
  const surroundings = terminal ? { ...process, stderr: drawn } : process;
  const output = createOutput(surroundings, false);
  const stop = interruption(process, (line) => output.say(line), { keeps: false });
  let due: (() => void) | undefined;
  const later = (work: () => void): (() => void) => {
    due = work;
    return () => (due = undefined);
  };
  const show = <T>(work: Parameters<typeof showWaits<T>>[2]): Promise<T> => showWaits({ output, surroundings }, { what: 'Look up the image', clean: cleaner(() => ['hunter-secret']), stop, later, ...more }, work);
  return { process, drawn, stop, show, pass: () => due?.(), isDue: () => due !== undefined };
}

describe('what is waited for', () => {
  it('is not said where the answer comes at once', async () => {
    for (const terminal of [false, true]) {
      const { process, drawn, show, isDue } = stage({ terminal });
      expect(await show(() => Promise.resolve('it'))).toBe('it');
      expect([process.out(), process.err(), drawn.writes, isDue()]).toEqual(['', '', 0, false]);
    }
  });

  it('is said line by line on standard error, without secrets, as far as requests are tried again', async () => {
    const { process, show } = stage();
    await show((call) => Promise.resolve(call.progress?.(retry)));
    expect(process.out()).toBe('');
    expect(process.err().split('\n').map((line) => line.replace(/^[-0-9]+ [:0-9]+Z {2}/, ''))).toEqual(['start   Look up the image', 'retry   r.example/web: 429 for [redacted]; again in 4.0 s (attempt 1 of 3)', '']);
  });

  it('is said once where there is no terminal, of what takes long although nothing is amiss', async () => {
    const { process, show, pass } = stage({ isLong: true, detail: 'reading every layer' });
    await show(() => Promise.resolve(pass()));
    expect([process.out(), process.err()]).toEqual(['', expect.stringMatching(/ {2}start {3}Look up the image: reading every layer\n$/)]);
  });

  it('is drawn on a terminal after a second, and gone with the answer', async () => {
    const { process, drawn, show, pass } = stage({ terminal: true });
    await show(() => {
      expect(drawn.lines()).toEqual([]);
      pass();
      expect(drawn.lines()).toEqual([expect.stringMatching(/^● Look up the image /)]);
      return Promise.resolve();
    });
    expect([drawn.lines(), process.out()]).toEqual([[], '']);
  });

  it('is drawn with what moved before, and not at all where it was over soon', async () => {
    const planned: Progress = { type: 'check.planned', image: 'web', bytes: 2_000_000, blobs: 2 };
    const read: Progress = { type: 'check.blob', image: 'web', digest: 'sha256:a', state: 'read', bytes: 1_000_000, size: 1_000_000 };
    for (const takesLong of [false, true]) {
      const { drawn, show, pass } = stage({ terminal: true, isLong: true });
      await show(async (call) => {
        for (const progress of [planned, read]) call.progress?.(progress);
        if (!takesLong) return;
        pass();
        await expect.poll(() => drawn.lines()[1]).toContain('50 %  1.0 MB of 2.0 MB, 1 of 2 blobs');
      });
      expect([drawn.writes > 0, drawn.lines()]).toEqual([takesLong, []]);
    }
  });

  it('is not drawn in the log of a CI', async () => {
    const { drawn, show, isDue } = stage({ terminal: true, environment: { CI: 'true' } });
    await show((call) => {
      expect(isDue()).toBe(false);
      return Promise.resolve(call.progress?.(retry));
    });
    expect(drawn.lines().join('')).toContain('retry   r.example/web: 429');
  });

  it('can be stopped, which is answered on standard error', async () => {
    const { process, stop, show } = stage();
    expect(await show((call) => {
      process.stop('SIGINT');
      return Promise.resolve(call.signal.aborted);
    })).toBe(true);
    expect(stop.received()).toBe('SIGINT');
    expect([process.out(), process.err()]).toEqual(['', 'Ctrl-C: stopping. Once more ends this process at once.\n']);
  });
});
