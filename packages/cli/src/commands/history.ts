/**
 * `davit history`: the promotions in the store, newest first.
 * @module
 */
import { failure } from '@davit/core/adapter';
import type { CommandContext } from '../command-context.js';
import { fail } from '../fail.js';
import { damageLines, historyLines } from '../story/overview.js';
import { withPromoter } from '../with-promoter.js';

export interface HistoryFlags {
  readonly to?: string;
  readonly limit: number;
}

export function history(context: CommandContext, { to, limit }: HistoryFlags): Promise<number> {
  return withPromoter(context, async ({ promoter, clean, place }) => {
    // A name that is misspelt would look like an environment where nothing ever happened.
    if (to !== undefined && !promoter.environments.includes(to)) {
      return fail(context, failure('environment_unknown', `there is no environment ${JSON.stringify(to)}; there ${promoter.environments.length === 1 ? 'is' : 'are'} ${promoter.environments.join(', ')}`, { environment: to }), { clean });
    }
    const found = await promoter.history({ limit, ...(to === undefined ? {} : { environment: to }) });
    if (found.isErr()) return fail(context, found.error, { clean, place });
    const { promotions, unreadable } = clean(found.value);
    context.output.say(...historyLines(promotions, context.output.style), ...damageLines(unreadable, context.output.style));
    context.output.document({ promotions, unreadable });
    return 0;
  });
}
