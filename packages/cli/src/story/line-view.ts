/**
 * Plain lines, one for each event, with the time: for pipes, files and the logs of CI.
 * @module
 */
import { evidenceLines } from '../output/error-text.js';
import { bar } from '../output/layout.js';
import { bytes, duration, shortDigest, time, tookLong } from '../output/quantities.js';
import type { Style } from '../output/style.js';
import { afterASecond, quickMs } from './after-a-second.js';
import { retryText } from './retry-text.js';
import type { Telling, Tone } from './telling.js';
import type { View } from './view.js';

/** Words instead of marks: they can be searched for. All of one length, so that what follows stands in a column. */
const words: Readonly<Record<Tone, string>> = { begin: 'begin', started: 'start', passed: 'done', failed: 'FAILED', waiting: 'wait', stopped: 'stop', note: 'note', warning: 'WARN', back: 'BACK' };
const wordWidth = 6;

export function tellingLines({ tone, at, what, detail, tookMs, evidence }: Telling, style: Style): string[] {
  const paint = tone === 'failed' ? style.red : tone === 'warning' || tone === 'back' || tone === 'stopped' ? style.yellow : tone === 'passed' ? style.green : style.dim;
  const took = tookLong(tookMs) === '' ? '' : ` (${tookLong(tookMs)})`;
  // A message of several lines stays one event: what follows the first line is marked as a continuation.
  const [first = '', ...rest] = detail.split('\n');
  const lines = [`${what}${first === '' ? '' : `: ${first}`}${took}`, ...rest.map((line) => `  ${bar}${line}`)];
  return [...lines.map((line) => `${style.dim(time(at))}  ${paint(words[tone].padEnd(wordWidth))}  ${line}`), ...(evidence === undefined ? [] : evidenceLines(evidence, style).map((line) => `  ${line}`))];
}

export interface LineViewOptions {
  readonly now: () => number;
  /** A line for each blob that was copied or mounted, and for each that it took long to read. Default: false; the step says how many. */
  readonly blobs?: boolean;
  /** Calls back after a while, unless stopped before. Default: a second. */
  readonly later?: (work: () => void) => () => void;
}

/** A step that is over within a second gets one line, that of its end. */
export function lineView(write: (line: string) => void, style: Style, { now, blobs = false, later = afterASecond }: LineViewOptions): View {
  let held: { readonly telling: Telling; readonly drop: () => void } | undefined;
  const begun = new Map<string, number>();

  const release = (): void => {
    if (held === undefined) return;
    const { telling, drop } = held;
    held = undefined;
    drop();
    for (const line of tellingLines(telling, style)) write(line);
  };
  const event = (word: string, text: string): void => {
    release();
    write(`${style.dim(time(now()))}  ${style.dim(word.padEnd(wordWidth))}  ${text}`);
  };

  return {
    tell: (telling) => {
      if (telling.tone === 'started') {
        release();
        begun.clear();
        held = { telling, drop: later(release) };
        return;
      }
      const isEnd = telling.tone === 'passed' || telling.tone === 'failed' || telling.tone === 'stopped';
      if (isEnd && held?.telling.what === telling.what && telling.at - held.telling.at < quickMs) {
        held.drop();
        held = undefined;
      }
      release();
      for (const line of tellingLines(telling, style)) write(line);
    },
    progress: (progress) => {
      // Bytes would fill the log; that a request is tried again says why it takes so long.
      if (progress.type === 'request.retry') event('retry', retryText(progress, `in ${duration(progress.waitMs)}`));
      if ((progress.type !== 'copy.blob' && progress.type !== 'check.blob') || !blobs) return;
      const { digest, state, size } = progress;
      if (state === 'copying' || state === 'reading') begun.set(digest, begun.get(digest) ?? now());
      const tookMs = now() - (begun.get(digest) ?? now());
      const done = `${shortDigest(digest)}: ${bytes(size)} ${state}`;
      if (state === 'mounted') event('blob', done);
      if (state === 'copied' || (state === 'read' && tookMs >= quickMs)) event('blob', `${done}${rate(size, tookMs)}`);
    },
    say: (line) => {
      release();
      write(line);
    },
    end: release,
  };
}

/** Of less than this the time is that of the requests. */
const leastForRate = 1_000_000;

const rate = (size: number, ms: number): string => (size < leastForRate || tookLong(ms) === '' ? '' : ` (${tookLong(ms)}, ${bytes(Math.round(size / (ms / 1000)))}/s)`);
