import { describe, expect, it } from 'vitest';
import { makeStyle } from '../../src/output/style.js';
import { liveView } from '../../src/story/live-view.js';
import type { Telling } from '../../src/story/telling.js';
import { screen, type Screen } from '../screen.js';

const plain = makeStyle(false);
const start = Date.UTC(2026, 2, 1);

function viewOn(columns: number, { colour = false, rows = 24 } = {}) {
  const terminal: Screen = screen(columns, rows);
  let now = start;
  let tick: () => void = () => undefined;
  let ticking = true;
  const view = liveView({ stream: terminal, style: colour ? makeStyle(true) : plain, now: () => now, every: (next) => ((tick = next), () => (ticking = false)) });
  const tell = (tone: Telling['tone'], what: string, more: Partial<Telling> = {}): void => view.tell({ tone, at: now, what, detail: '', ...more });
  return { view, terminal, tell, pass: (ms: number) => { now += ms; if (ticking) tick(); }, isTicking: () => ticking };
}

describe('the live view', () => {
  it('draws the running step in place and leaves one line when it is over (item 9)', () => {
    const { terminal, tell, pass } = viewOn(100);
    tell('started', 'Copy the image');
    for (let second = 0; second < 5; second += 1) pass(1000);
    expect(terminal.lines()).toEqual(['● Copy the image                    5.0 s']);
    tell('passed', 'Copy the image', { tookMs: 5000, detail: '12.0 MB in 3 blobs copied' });
    expect(terminal.lines()).toEqual(['✔ Copy the image                    5.0 s         12.0 MB in 3 blobs copied']);
  });

  it('shows bytes, blobs, rate and what is left of each image that is copied', () => {
    const { view, terminal, tell, pass } = viewOn(110);
    tell('started', 'Copy the image');
    view.progress({ type: 'copy.planned', image: 'web', bytes: 100_000_000, blobs: 4, present: 1 });
    view.progress({ type: 'copy.planned', image: 'worker', bytes: 0, blobs: 2, present: 2 });
    view.progress({ type: 'copy.blob', image: 'web', digest: 'sha256:a', state: 'copied', bytes: 25_000_000, size: 25_000_000 });
    view.progress({ type: 'copy.blob', image: 'web', digest: 'sha256:b', state: 'copying', bytes: 25_000_000, size: 50_000_000 });
    view.progress({ type: 'copy.blob', image: 'web', digest: 'sha256:c', state: 'skipped', bytes: 9, size: 9 });
    pass(10_000);
    expect(terminal.lines().slice(1)).toEqual([
      '    web     ████████████░░░░░░░░░░░░  50 %  50.0 MB of 100.0 MB, 1 of 3 blobs, 5.0 MB/s, 10 s left',
      '      sha256:b   50 %  of 50.0 MB',
      '    worker  there already',
    ]);
  });

  it('shows how far the layers of an image are read', () => {
    const { view, terminal, tell, pass } = viewOn(110);
    tell('started', 'Check the layers');
    view.progress({ type: 'check.planned', image: 'web', bytes: 100_000_000, blobs: 3 });
    view.progress({ type: 'check.blob', image: 'web', digest: 'sha256:a', state: 'reading', bytes: 10_000_000, size: 20_000_000 });
    view.progress({ type: 'check.blob', image: 'web', digest: 'sha256:b', state: 'reading', bytes: 30_000_000, size: 60_000_000 });
    view.progress({ type: 'check.blob', image: 'web', digest: 'sha256:a', state: 'read', bytes: 20_000_000, size: 20_000_000 });
    pass(10_000);
    expect(terminal.lines().slice(1)).toEqual(['    web  ████████████░░░░░░░░░░░░  50 %  50.0 MB of 100.0 MB, 1 of 3 blobs, 5.0 MB/s, 10 s left', '      sha256:b   50 %  of 60.0 MB']);
  });

  it('shows the large blobs that are on their way, and no more of them than fit', () => {
    const { view, terminal, tell, pass } = viewOn(110);
    tell('started', 'Copy the image');
    view.progress({ type: 'copy.planned', image: 'web', bytes: 1e9, blobs: 9, present: 0 });
    const blob = (digest: string, state: 'copying' | 'copied', bytes: number, size: number): void => view.progress({ type: 'copy.blob', image: 'web', digest: `sha256:${digest}`, state, bytes, size });
    blob('small', 'copying', 1000, 4_000_000);
    for (const digest of ['a', 'b', 'c', 'd', 'e', 'f']) blob(digest, 'copying', 50_000_000, 100_000_000);
    blob('a', 'copied', 100_000_000, 100_000_000);
    pass(500);
    expect(terminal.lines().slice(2).map((line) => line.trim())).toEqual(['b', 'c', 'd', 'e'].map((digest) => `sha256:${digest}   50 %  of 100.0 MB`));
  });

  it('shows the hosts of a step below it, and forgets them with the next step', () => {
    const { view, terminal, tell, pass } = viewOn(80);
    tell('started', 'Restart the services');
    view.progress({ type: 'host', host: 'app-1', what: 'compose up' });
    tell('note', 'Restart the services: app-1', { detail: 'done', host: 'app-1' });
    view.progress({ type: 'host', host: 'app-2', what: 'compose up' });
    pass(200);
    expect(terminal.lines().slice(1)).toEqual(['    app-1  done', '    app-2  compose up']);
    tell('started', 'Wait for healthy services');
    expect(terminal.lines()).toEqual(['● Wait for healthy services         0.0 s']);
  });

  it('says that a request is tried again, for as long as that is news', () => {
    const { view, terminal, tell, pass } = viewOn(100);
    tell('started', 'Copy the image');
    view.progress({ type: 'request.retry', host: 'ghcr.io', reason: '503', waitMs: 4000, attempt: 1, of: 3 });
    pass(100);
    expect(terminal.lines()[1]).toBe('    ghcr.io: 503; again at 00:00:04Z (attempt 1 of 3)');
    pass(7000);
    expect(terminal.lines()).toHaveLength(1);
  });

  it('says of a retry the whole reason, and the host once', () => {
    const { view, terminal, tell, pass } = viewOn(60);
    tell('started', 'Look up the image');
    view.progress({ type: 'request.retry', host: '127.0.0.1:6102', reason: '127.0.0.1:6102/no: cannot resolve sha256:0123456789abcdef: 503 Service Unavailable', waitMs: 4000, attempt: 1, of: 3 });
    pass(100);
    expect(terminal.lines().slice(1).map((line) => line.trim()).join(' ')).toBe('127.0.0.1:6102/no: cannot resolve sha256:0123456789abcdef: 503 Service Unavailable; again at 00:00:04Z (attempt 1 of 3)');
    for (const line of terminal.lines()) expect(line.length).toBeLessThan(60);
  });

  it.each([20, 33, 59, 60, 71, 72, 80, 200])('never writes wider than a terminal of %i columns', (columns) => {
    const { view, terminal, tell, pass } = viewOn(columns, { colour: true });
    tell('started', 'Lock the hosts, note what runs', { detail: 'again, after it was interrupted (start 2)' });
    view.progress({ type: 'copy.planned', image: 'a-rather-long-image-name', bytes: 5e9, blobs: 40, present: 3 });
    view.progress({ type: 'copy.blob', image: 'a-rather-long-image-name', digest: 'sha256:a', state: 'copying', bytes: 1e9, size: 2e9 });
    view.progress({ type: 'host', host: 'app-1.production.example.com', what: 'docker compose --project-directory /srv/shop up --detach' });
    for (let turn = 0; turn < 3; turn += 1) pass(1000);
    const drawn = terminal.lines();
    expect(drawn).toHaveLength(4);
    for (const line of drawn) expect(line.length).toBeLessThan(columns);
    tell('passed', 'Lock the hosts, note what runs', { tookMs: 3000 });
    expect(terminal.lines().filter((line) => line.includes('●'))).toEqual([]);
  });

  it('wraps what it says for good instead of cutting it, on a narrow terminal too', () => {
    const { terminal, tell } = viewOn(50);
    const detail = 'app-1: web is unhealthy: GET /up answered 500 three times in a row [service_unhealthy]';
    tell('started', 'Wait for healthy services');
    tell('failed', 'Wait for healthy services', { tookMs: 61_000, detail, evidence: 'TypeError\n    at server.js:14' });
    expect(terminal.lines()[0]).toBe('✖ Wait for healthy services  1 min 01 s');
    expect(terminal.lines().slice(1, -2).map((line) => line.trim()).join(' ')).toBe(detail);
    expect(terminal.lines().slice(-2)).toEqual(['    | TypeError', '    |     at server.js:14']);
    for (const line of terminal.lines()) expect(line.length).toBeLessThanOrEqual(50);
  });

  it('lets no text of others begin a line of its own', () => {
    const { view, terminal, tell, pass } = viewOn(100);
    tell('started', 'Restart the services', { detail: 'a\n✔ b' });
    view.progress({ type: 'host', host: 'app-1', what: 'up\n✔ Verify the image signature' });
    pass(100);
    expect(terminal.lines()).toEqual(['● Restart the services              0.1 s         a\\n✔ b', '    app-1  up\\n✔ Verify the image signature']);
    view.say('one\n✔ two');
    tell('passed', 'Restart the services', { detail: 'done\n✔ Verify the image signature' });
    tell('note', 'Notified\n✔ x', { detail: 'y' });
    expect(terminal.lines()).toEqual(['one\\n✔ two', '✔ Restart the services', '    done', '    | ✔ Verify the image signature', '· Notified', '    | ✔ x: y']);
  });

  it('finds its own lines again after the terminal became narrower', () => {
    const { view, terminal, tell, pass } = viewOn(120);
    tell('passed', 'Check the image size');
    tell('started', 'Copy the image');
    view.progress({ type: 'copy.planned', image: 'web', bytes: 100_000_000, blobs: 4, present: 1 });
    view.progress({ type: 'copy.blob', image: 'web', digest: 'sha256:a', state: 'copying', bytes: 40_000_000, size: 50_000_000 });
    pass(3000);
    terminal.resize(70);
    pass(1000);
    const lines = terminal.lines();
    expect(lines.filter((line) => line.startsWith('●'))).toHaveLength(1);
    expect(lines).toHaveLength(4);
  });

  it('keeps within the height of the terminal when there are many hosts', () => {
    const { view, terminal, tell, pass } = viewOn(80, { rows: 8 });
    tell('started', 'Pull the image');
    for (let host = 1; host <= 20; host += 1) view.progress({ type: 'host', host: `app-${String(host)}`, what: 'pulling' });
    pass(100);
    expect(terminal.lines()).toHaveLength(6);
    expect(terminal.lines().at(-1)).toBe('    and 16 more');
  });

  it('writes nothing while nothing changes, and nothing after its end', () => {
    const { view, terminal, tell, pass, isTicking } = viewOn(80);
    tell('started', 'Copy the image');
    pass(0);
    const { writes } = terminal;
    pass(10);
    pass(10);
    expect(terminal.writes).toBe(writes);
    view.end();
    expect(terminal.lines()).toEqual([]);
    expect(isTicking()).toBe(false);
  });

  it('puts the answer to Ctrl-C above the running step', () => {
    const { view, terminal, tell } = viewOn(80);
    tell('started', 'Copy the image');
    view.say('Ctrl-C: stopping');
    expect(terminal.lines()).toEqual(['Ctrl-C: stopping', '● Copy the image                    0.0 s']);
  });

  it('leaves no line of a step that is over at once and says nothing new, but shows its failure', () => {
    const { terminal, tell } = viewOn(80);
    tell('started', 'Close', { quiet: true });
    tell('passed', 'Close', { quiet: true });
    expect(terminal.lines()).toEqual([]);
    tell('failed', 'Close', { quiet: true, detail: 'the store has no space left [store_full]' });
    expect(terminal.lines()).toEqual(['✖ Close', '    the store has no space left [store_full]']);
  });
});
