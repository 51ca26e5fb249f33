/**
 * The live view of a terminal: what is over stands as lines that scroll; below them the running step, drawn anew in place.
 *
 * Each change is one write that overwrites what is there, so that nothing flickers, and only what differs is written.
 * @module
 */
import type { Progress } from '@davit/core';
import { evidenceLines } from '../output/error-text.js';
import { cut, pad, width, wrap } from '../output/layout.js';
import { oneLine } from '../output/printable.js';
import { duration, tookLong } from '../output/quantities.js';
import type { Style } from '../output/style.js';
import type { OutputStream } from '../surroundings.js';
import { ProgressLines } from './progress-lines.js';
import type { Telling } from './telling.js';
import type { View } from './view.js';

export interface LiveViewOptions {
  readonly stream: OutputStream;
  readonly style: Style;
  readonly now: () => number;
  /** Calls back several times a second until stopped. Default: every 100 ms. */
  readonly every?: (tick: () => void) => () => void;
}

const nameWidth = 34;
const timeWidth = 12;
const usualColumns = 80;
const usualRows = 24;
/** Narrower than this, what is said of a step goes below its name. */
const leastForColumns = 72;

export function liveView({ stream, style, now, every = tenTimesASecond }: LiveViewOptions): View {
  let active: { readonly telling: Telling; readonly since: number } | undefined;
  let drawn: readonly string[] = [];
  const progress = new ProgressLines();
  const columns = (): number => Math.max(20, stream.columns() ?? usualColumns);

  const frame = (): string[] => {
    if (active === undefined) return [];
    const room = columns() - 1;
    const { telling, since } = active;
    const mark = telling.tone === 'waiting' ? style.yellow(style.marks.waiting) : style.cyan(style.marks.running);
    const took = duration(now() - since);
    const head = `${mark} ${columns() < leastForColumns ? `${telling.what}  ${took}` : `${pad(telling.what, nameWidth)}${pad(took, timeWidth)}`}${telling.detail === '' ? '' : `  ${style.dim(telling.detail)}`}`;
    const lines = [head, ...progress.lines(room - 4, now(), style).map((line) => `    ${line}`)].map((line) => cut(oneLine(line).trimEnd(), room, style.marks.ellipsis));
    const most = Math.max(1, (stream.rows() ?? usualRows) - 2);
    return lines.length <= most ? lines : [...lines.slice(0, most - 1), `    ${style.dim(`and ${String(lines.length - most + 1)} more`)}`];
  };

  /** Writes `lasting` above what is drawn for the moment, and that anew below. */
  const draw = (lasting: readonly string[]): void => {
    const next = frame();
    if (lasting.length === 0 && next.join('\n') === drawn.join('\n')) return;
    // A terminal that became narrower has wrapped what was drawn before.
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns())), 0);
    const up = rows === 0 ? '' : `\u001b[${String(rows)}F`;
    const lines = [...lasting.map(oneLine), ...next].map((line) => `${line}\u001b[K\n`).join('');
    stream.write(`\u001b[?2026h${up}${lines}\u001b[J\u001b[?2026l`);
    drawn = next;
  };

  const stop = every(() => draw([]));
  return {
    tell: (telling) => {
      if (telling.tone === 'started' || telling.tone === 'waiting') {
        progress.reset();
        active = { telling, since: telling.at };
        // A quiet step is over before anybody can read its name.
        draw([]);
        return;
      }
      if (telling.host !== undefined) {
        progress.see({ type: 'host', host: telling.host, what: telling.detail }, now());
        return;
      }
      if (telling.tone !== 'note' && telling.tone !== 'warning') active = undefined;
      draw(telling.quiet === true && telling.tone !== 'failed' ? [] : lastingLines(telling, columns(), style));
    },
    progress: (report: Progress) => {
      progress.see(report, now());
    },
    say: (line) => {
      draw([line]);
    },
    end: () => {
      active = undefined;
      draw([]);
      stop();
    },
  };
}

/** What stays of a telling when it is over. */
export function lastingLines({ tone, what, detail, tookMs, evidence }: Telling, columns: number, style: Style): string[] {
  const { marks } = style;
  if (tone === 'begin') return [style.bold(what), ...wrap(detail, columns - 3).map((line) => `  ${line}`)];
  const mark = tone === 'failed' ? style.red(marks.failed) : tone === 'passed' ? style.green(marks.passed) : tone === 'warning' ? style.yellow(marks.warning) : tone === 'back' ? style.yellow(marks.back) : tone === 'stopped' ? style.yellow(marks.failed) : style.dim(marks.note);
  const took = tookLong(tookMs);
  const below = (lines: readonly string[]): string[] => lines.map((line) => `    ${line}`);
  const bars = evidence === undefined ? [] : below(evidenceLines(evidence, style));
  if (tone === 'note' || tone === 'warning' || tone === 'back') {
    const [first = '', ...rest] = wrap(`${tone === 'back' ? style.bold(what) : what}${detail === '' ? '' : `: ${detail}`}`, columns - 5);
    return [`${mark} ${first}`, ...below(rest), ...bars];
  }
  if (columns < leastForColumns) return [`${mark} ${what}${took === '' ? '' : `  ${style.dim(took)}`}`, ...(detail === '' ? [] : below(wrap(detail, columns - 5))), ...bars];
  const head = `${mark} ${pad(what, nameWidth)}${style.dim(pad(took, timeWidth))}`;
  const room = columns - nameWidth - timeWidth - 5;
  // A failure is read whole; it has the full width below its step.
  if (width(detail) > room || detail.includes('\n')) return [head.trimEnd(), ...below(wrap(detail, columns - 5)), ...bars];
  return [`${head}${detail === '' ? '' : `  ${detail}`}`.trimEnd(), ...bars];
}

function tenTimesASecond(tick: () => void): () => void {
  const timer = setInterval(tick, 100);
  // The view alone keeps no process alive.
  timer.unref();
  return () => clearInterval(timer);
}
