/**
 * Which view a stream gets.
 * @module
 */
import type { CommandContext } from '../command-context.js';
import { lineView, type LineViewOptions } from './line-view.js';
import { liveView } from './live-view.js';
import type { View } from './view.js';

/** A terminal is drawn on; everything else, and the log of a CI that pretends to be a terminal, gets lines. */
export function viewOf({ output, surroundings: { environment, now } }: CommandContext, lines: Pick<LineViewOptions, 'blobs'> = {}): View {
  const { words, style } = output;
  if (words.isTerminal && environment['TERM'] !== 'dumb' && (environment['CI'] ?? '') === '') return liveView({ stream: words, style, now });
  return lineView((line) => output.say(line), style, { now, ...lines });
}

/** The width of the terminal, where there is one. */
export function columnsOf({ output }: Pick<CommandContext, 'output'>): { readonly columns?: number } {
  const columns = output.words.columns();
  return columns === undefined ? {} : { columns };
}
