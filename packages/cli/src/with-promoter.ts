/**
 * Opens the promoter for a command and closes it after it, whatever becomes of the command.
 * @module
 */
import type { CommandContext } from './command-context.js';
import { openPromoter, type OpenPromoter } from './config/open-promoter.js';
import { fail, faultOf } from './fail.js';

export async function withPromoter(context: CommandContext, work: (opened: OpenPromoter) => Promise<number>): Promise<number> {
  const opened = await openPromoter(context.surroundings.directory, context.config);
  if (opened.isErr()) return fail(context, opened.error);
  context.surroundings.onLoaded();
  try {
    return await work(opened.value);
  } catch (thrown) {
    // An adapter that throws may say in it what only its secrets keep out.
    return fail(context, faultOf(thrown), { clean: opened.value.clean });
  } finally {
    await opened.value.promoter.close();
  }
}
