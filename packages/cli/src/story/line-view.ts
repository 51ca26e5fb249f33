/**
 * Plain lines, one for each event, with the time: for pipes, files and the logs of CI.
 * @module
 */
import { evidenceLines } from '../output/error-text.js';
import { duration, time, tookLong } from '../output/quantities.js';
import type { Style } from '../output/style.js';
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
  const lines = [`${what}${first === '' ? '' : `: ${first}`}${took}`, ...rest.map((line) => `  ${line}`)];
  return [...lines.map((line) => `${style.dim(time(at))}  ${paint(words[tone].padEnd(wordWidth))}  ${line}`), ...(evidence === undefined ? [] : evidenceLines(evidence, style).map((line) => `  ${line}`))];
}

export function lineView(write: (line: string) => void, style: Style): View {
  return {
    tell: (telling) => {
      for (const line of tellingLines(telling, style)) write(line);
    },
    progress: (progress) => {
      // Bytes would fill the log; that a request is tried again says why it takes so long.
      if (progress.type === 'request.retry') write(`${style.dim(' '.repeat(20))}  ${'retry'.padEnd(wordWidth)}  ${progress.host}: ${progress.reason}; again in ${duration(progress.waitMs)} (attempt ${String(progress.attempt)} of ${String(progress.of)})`);
    },
    say: write,
    end: () => undefined,
  };
}
