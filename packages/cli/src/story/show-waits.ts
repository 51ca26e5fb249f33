/**
 * What a command shows while it asks a registry and has nothing to say yet: why it takes so long, where it does.
 * @module
 */
import type { Call, Progress } from '@davit/core';
import type { CommandContext } from '../command-context.js';
import type { Interruption } from '../interruption.js';
import type { Clean } from '../output/printable.js';
import { afterASecond } from './after-a-second.js';
import { isDrawnOn, viewOnError } from './view-of.js';

export interface ShownWork {
  /** `Look up the image` */
  readonly what: string;
  /** A few words about it. */
  readonly detail?: string;
  /** It may take minutes although nothing is amiss: that it is at work is said where there is no terminal, too. Default: false. */
  readonly isLong?: boolean;
  readonly clean: Clean;
  readonly stop: Interruption;
  /** Calls back after a while, unless stopped before. Default: a second. */
  readonly later?: (work: () => void) => () => void;
}

/**
 * Works, and says on standard error what is waited for: each request that is tried again, and on a terminal after a second
 * that it is at work at all. An answer that comes at once is all that is seen.
 */
export async function showWaits<T>(context: Pick<CommandContext, 'output' | 'surroundings'>, { what, detail = '', isLong = false, clean, stop, later = afterASecond }: ShownWork, work: (call: Call) => PromiseLike<T>): Promise<T> {
  const { output, surroundings: { environment, now, stderr } } = context;
  const view = viewOnError(context);
  const startedAt = now();
  let begun = false;
  /** What moved before there was anything to show it below. */
  const early: Progress[] = [];
  const begin = (): void => {
    if (begun) return;
    begun = true;
    view.tell({ tone: 'started', at: startedAt, what, detail });
    for (const progress of early) view.progress(progress);
  };
  const drop = isLong || isDrawnOn(stderr, environment) ? later(begin) : () => undefined;
  stop.answerTo((line) => view.say(line));
  try {
    return await work({
      signal: stop.signal,
      progress: (progress) => {
        if (progress.type === 'request.retry') begin();
        if (begun) view.progress(clean(progress));
        else early.push(clean(progress));
      },
    });
  } finally {
    drop();
    view.end();
    stop.answerTo((line) => output.complain(() => [line]));
  }
}
