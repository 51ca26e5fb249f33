/**
 * Where a command's words go: to standard output, or to standard error where standard output belongs to one JSON document.
 * @module
 */
import type { OutputStream, Surroundings } from '../surroundings.js';
import { oneLine } from './printable.js';
import { styleFor, type Style } from './style.js';

export interface Output {
  readonly isJson: boolean;
  /** The stream that words go to. */
  readonly words: OutputStream;
  readonly style: Style;
  /** Lines for people. Each is one line whatever is in it. */
  say(...lines: readonly string[]): void;
  /** Lines on standard error: what went wrong. */
  complain(lines: (style: Style) => readonly string[]): void;
  /** The one document on standard output. Does nothing without `--json`. */
  document(value: unknown): void;
}

export function createOutput({ stdout, stderr, environment }: Pick<Surroundings, 'stdout' | 'stderr' | 'environment'>, isJson: boolean): Output {
  const words = isJson ? stderr : stdout;
  const write = (stream: OutputStream, lines: readonly string[]): void => {
    if (lines.length > 0) stream.write(`${lines.map(oneLine).join('\n')}\n`);
  };
  return {
    isJson,
    words,
    style: styleFor(words, environment),
    say: (...lines) => write(words, lines),
    complain: (lines) => write(stderr, lines(styleFor(stderr, environment))),
    document: (value) => {
      if (isJson) stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
    },
  };
}
