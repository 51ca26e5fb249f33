/**
 * `davit resume`: goes on with a promotion that waits, was interrupted, or whose process died.
 * @module
 */
import type { CommandContext } from '../command-context.js';
import { fail } from '../fail.js';
import { interruption } from '../interruption.js';
import { count } from '../output/quantities.js';
import { showPromotion } from '../show-promotion.js';
import { withPromoter } from '../with-promoter.js';
import { idOf } from './promotion-argument.js';

export interface ResumeFlags {
  readonly id: string;
  readonly wait?: boolean;
}

export function resume(context: CommandContext, { id: text, wait = false }: ResumeFlags): Promise<number> {
  return withPromoter(context, async (opened) => {
    const { promoter, clean, place } = opened;
    const id = idOf(text);
    const before = await promoter.status(id);
    if (before.isErr()) return fail(context, before.error, { clean, place });
    const { records, outcome, environment } = before.value;
    const stop = interruption(context.surroundings, (line) => context.output.say(line));
    const resumed = await promoter.resume(id, { stay: wait, signal: stop.signal });
    if (resumed.isErr()) {
      stop.end();
      return fail(context, resumed.error, { clean, place, signal: stop.received() });
    }
    context.output.say(outcome === null ? `Going on with promotion ${id} to ${environment}, after ${count(records, 'record')}.` : `Promotion ${id} has ended already.`);
    return showPromotion(context, opened, resumed.value, stop, { after: records, stays: wait });
  });
}
