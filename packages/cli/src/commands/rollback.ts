/**
 * `davit rollback`: back to the last verified release, or to that of the promotion which is named.
 * @module
 */
import { actorOf } from '../actor.js';
import type { CommandContext } from '../command-context.js';
import { fail } from '../fail.js';
import { interruption } from '../interruption.js';
import { showPromotion } from '../show-promotion.js';
import { withPromoter } from '../with-promoter.js';
import { given } from './given.js';
import { idOf } from './promotion-argument.js';

export interface RollbackFlags {
  readonly to: string;
  readonly promotion?: string;
  readonly reason?: string;
  readonly actor?: string;
}

export function rollback(context: CommandContext, { to, promotion, reason, actor }: RollbackFlags): Promise<number> {
  return withPromoter(context, async (opened) => {
    const { promoter, clean, place } = opened;
    const stop = interruption(context.surroundings, (line) => context.output.say(line));
    const target = promotion === undefined ? {} : { to: idOf(promotion) };
    const begun = await promoter.rollback({ environment: to, ...actorOf(actor, context.surroundings), ...target, ...given({ reason }) }, { signal: stop.signal });
    if (begun.isErr()) {
      stop.end();
      return fail(context, begun.error, { clean, place, signal: stop.received() });
    }
    return showPromotion(context, opened, begun.value, stop);
  });
}
