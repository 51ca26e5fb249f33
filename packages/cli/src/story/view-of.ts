/**
 * Which view a stream gets, and its width.
 * @module
 */
import type { CommandContext } from '../command-context.js';
import { styleFor } from '../output/style.js';
import type { OutputStream, Surroundings } from '../surroundings.js';
import { lineView, type LineViewOptions } from './line-view.js';
import { liveView } from './live-view.js';
import type { View } from './view.js';

type DrawnOn = Pick<CommandContext, 'output' | 'surroundings'>;

/** A terminal is drawn on; everything else, and the log of a CI that pretends to be a terminal, gets lines. */
export function isDrawnOn(stream: Pick<OutputStream, 'isTerminal'>, environment: Surroundings['environment']): boolean {
  return stream.isTerminal && environment['TERM'] !== 'dumb' && (environment['CI'] ?? '') === '';
}

export function viewOf({ output, surroundings: { environment, now } }: DrawnOn, lines: Pick<LineViewOptions, 'blobs'> = {}): View {
  const { words, style } = output;
  if (isDrawnOn(words, environment)) return liveView({ stream: words, style, now });
  return lineView((line) => output.say(line), style, { now, ...lines });
}

/** The same on standard error, for a command whose answer alone belongs on standard output. */
export function viewOnError({ output, surroundings: { environment, now, stderr } }: DrawnOn): View {
  const style = styleFor(stderr, environment);
  if (isDrawnOn(stderr, environment)) return liveView({ stream: stderr, style, now });
  return lineView((line) => output.complain(() => [line]), style, { now, blobs: true });
}

/** The width of the terminal, where there is one. */
export function columnsOf({ output }: Pick<CommandContext, 'output'>): { readonly columns?: number } {
  const columns = output.words.columns();
  return columns === undefined ? {} : { columns };
}
