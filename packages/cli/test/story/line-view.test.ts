import { describe, expect, it } from 'vitest';
import { makeStyle } from '../../src/output/style.js';
import { lineView } from '../../src/story/line-view.js';
import type { Telling } from '../../src/story/telling.js';

const start = Date.UTC(2026, 2, 1);

function viewOf({ blobs = false } = {}) {
  const lines: string[] = [];
  let now = start;
  let due: (() => void) | undefined;
  const view = lineView((line) => lines.push(line), makeStyle(false), {
    now: () => now,
    blobs,
    later: (work) => {
      due = work;
      return () => (due = undefined);
    },
  });
  const tell = (tone: Telling['tone'], what: string, more: Partial<Telling> = {}): void => view.tell({ tone, at: now, what, detail: '', ...more });
  /** Time passes; what waited for it happens. */
  const pass = (ms: number): void => {
    now += ms;
    if (ms >= 1000) due?.();
  };
  return { view, tell, pass, lines: () => lines.map((line) => line.replace(/^2026-03-01 /, '')) };
}

describe('the lines of a pipe', () => {
  it('gives a step that is over within a second one line', () => {
    const { tell, pass, lines } = viewOf();
    tell('started', 'Check the image size');
    pass(400);
    tell('passed', 'Check the image size', { tookMs: 400 });
    tell('started', 'Check the layers');
    tell('failed', 'Check the layers', { detail: 'a layer is missing' });
    pass(5000);
    expect(lines()).toEqual(['00:00:00Z  done    Check the image size (0.4 s)', '00:00:00Z  FAILED  Check the layers: a layer is missing']);
  });

  it('says of a longer one when it began, while it runs', () => {
    const { tell, pass, lines } = viewOf();
    tell('started', 'Pull the image');
    pass(1000);
    expect(lines()).toEqual(['00:00:00Z  start   Pull the image']);
    pass(11_000);
    tell('passed', 'Pull the image', { tookMs: 12_000 });
    expect(lines().slice(1)).toEqual(['00:00:12Z  done    Pull the image (12 s)']);
  });

  it('keeps the order: whatever else is said comes after the beginning of its step', () => {
    const { view, tell, lines } = viewOf();
    tell('started', 'Pull the image');
    tell('note', 'Pull the image: app-1', { detail: 'done' });
    tell('passed', 'Pull the image');
    tell('started', 'Copy the image');
    view.progress({ type: 'request.retry', host: 'ghcr.io', reason: '503 Service Unavailable', waitMs: 4000, attempt: 1, of: 3 });
    view.say('Ctrl-C: stopping');
    tell('started', 'Wait');
    view.end();
    expect(lines().map((line) => line.replace(/^00:00:00Z {2}/, ''))).toEqual(['start   Pull the image', 'note    Pull the image: app-1: done', 'done    Pull the image', 'start   Copy the image', 'retry   ghcr.io: 503 Service Unavailable; again in 4.0 s (attempt 1 of 3)', 'Ctrl-C: stopping', 'start   Wait']);
  });

  it('gives each line of a message the word of its event, and marks what is not ours', () => {
    const { tell, lines } = viewOf();
    tell('failed', 'Run the staging tests', { detail: 'exit code 1\ndone    Verify the image signature', evidence: 'a log\n::add-mask::x' });
    expect(lines()).toEqual(['00:00:00Z  FAILED  Run the staging tests: exit code 1', '00:00:00Z  FAILED    | done    Verify the image signature', '  | a log', '  | ::add-mask::x']);
  });

  it('leaves the rate of a small blob away, which would be that of its requests', () => {
    const { view, tell, pass, lines } = viewOf({ blobs: true });
    tell('started', 'Copy the image');
    for (const [digest, size] of [['a', 999_999], ['b', 1_000_000]] as const) {
      view.progress({ type: 'copy.blob', image: 'web', digest: `sha256:${digest}`, state: 'copying', bytes: 0, size });
      pass(100);
      view.progress({ type: 'copy.blob', image: 'web', digest: `sha256:${digest}`, state: 'copied', bytes: size, size });
    }
    expect(lines().slice(1).map((line) => line.slice(11))).toEqual(['blob    sha256:a: 1000.0 kB copied', 'blob    sha256:b: 1.0 MB copied (0.1 s, 10.0 MB/s)']);
  });

  it('has a line for each layer that it took long to read', () => {
    const { view, tell, pass, lines } = viewOf({ blobs: true });
    const blob = (digest: string, state: 'reading' | 'read', bytes: number): void => view.progress({ type: 'check.blob', image: 'web', digest: `sha256:${digest.repeat(64)}`, state, bytes, size: 50_000_000 });
    tell('started', 'Validate the image');
    blob('a', 'reading', 1);
    blob('b', 'reading', 1);
    pass(900);
    blob('a', 'read', 50_000_000);
    pass(1100);
    blob('b', 'read', 50_000_000);
    expect(lines().slice(1)).toEqual(['00:00:02Z  blob    sha256:bbbbbbbbbbbb: 50.0 MB read (2.0 s, 25.0 MB/s)']);
  });

  it('has a line for each blob that moved, where that is wanted', () => {
    const report = (blobs: boolean): readonly string[] => {
      const { view, tell, pass, lines } = viewOf({ blobs });
      const blob = (digest: string, state: 'copying' | 'copied' | 'mounted' | 'skipped', bytes: number): void => view.progress({ type: 'copy.blob', image: 'web', digest: `sha256:${digest.repeat(64)}`, state, bytes, size: 52_400_000 });
      tell('started', 'Copy the image');
      blob('a', 'copying', 0);
      blob('b', 'skipped', 52_400_000);
      blob('c', 'mounted', 52_400_000);
      pass(500);
      blob('a', 'copying', 26_000_000);
      pass(500);
      blob('a', 'copied', 52_400_000);
      tell('passed', 'Copy the image', { tookMs: 1000 });
      return lines();
    };
    expect(report(true)).toEqual(['00:00:00Z  start   Copy the image', '00:00:00Z  blob    sha256:cccccccccccc: 52.4 MB mounted', '00:00:01Z  blob    sha256:aaaaaaaaaaaa: 52.4 MB copied (1.0 s, 52.4 MB/s)', '00:00:01Z  done    Copy the image (1.0 s)']);
    expect(report(false)).toEqual(['00:00:00Z  start   Copy the image', '00:00:01Z  done    Copy the image (1.0 s)']);
  });
});
