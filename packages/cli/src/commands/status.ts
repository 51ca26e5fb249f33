/**
 * `davit status`: one promotion, or what every environment runs and waits for.
 * @module
 */
import { failure } from '@davit/core/adapter';
import type { CommandContext } from '../command-context.js';
import type { OpenPromoter } from '../config/open-promoter.js';
import { exitCodeOfSignal } from '../exit-code.js';
import { fail } from '../fail.js';
import { interruption } from '../interruption.js';
import { showPromotion } from '../show-promotion.js';
import { tellingLines } from '../story/line-view.js';
import { damageLines, overviewLines, type EnvironmentOverview } from '../story/overview.js';
import { promotionDocument } from '../story/promotion-document.js';
import { summaryLines } from '../story/summary.js';
import { Story } from '../story/telling.js';
import { columnsOf } from '../story/view-of.js';
import { withPromoter } from '../with-promoter.js';
import { readEvents } from './read-events.js';
import { idOf } from './promotion-argument.js';

export interface StatusFlags {
  readonly id: string | undefined;
  readonly follow?: boolean;
  readonly events?: boolean;
}

export function status(context: CommandContext, { id, follow = false, events = false }: StatusFlags): Promise<number> {
  if (id === undefined && (follow || events)) return Promise.resolve(fail(context, failure('usage_invalid', `davit status --${follow ? 'follow' : 'events'} needs the id of a promotion`)));
  return withPromoter(context, (opened) => {
    if (id === undefined) return overview(context, opened);
    return follow ? followOne(context, opened, idOf(id)) : one(context, opened, idOf(id), events);
  });
}

async function one(context: CommandContext, { promoter, clean, place }: OpenPromoter, id: string, withEvents: boolean): Promise<number> {
  const { output } = context;
  const standing = await promoter.status(id);
  if (standing.isErr()) return fail(context, standing.error, { clean, place });
  const report = clean(standing.value);
  const summary = { place, config: context.config, eventsShown: withEvents, ...columnsOf(context) };
  const read = withEvents ? await readEvents(promoter, report) : undefined;
  if (read?.isErr() === true) return fail(context, read.error, { clean, place });
  const events = read?.map((all) => all.map(clean)).unwrapOr([]);
  if (events !== undefined) {
    const story = new Story();
    output.say(...events.flatMap((record) => story.tell(record)).flatMap((telling) => tellingLines(telling, output.style)), '');
  }
  output.say(...summaryLines(report, output.style, summary));
  output.document({ ...promotionDocument(report, 0, summary), ...(events === undefined ? {} : { events }) });
  return 0;
}

/** As long as a lease: whoever drives has written something by then, or waits, or is gone. */
const longestSilenceMs = 60_000;

/** Shows what others drive, and ends with the promotion's own exit code. */
async function followOne(context: CommandContext, opened: OpenPromoter, id: string): Promise<number> {
  const followed = await opened.promoter.open(id);
  if (followed.isErr()) return fail(context, followed.error, { clean: opened.clean, place: opened.place });
  const stop = interruption(context.surroundings, () => undefined);
  // Nothing is to be brought to an end: whoever drives goes on.
  stop.signal.addEventListener('abort', () => context.surroundings.exit(exitCodeOfSignal(stop.received() ?? 'SIGINT')), { once: true });
  return showPromotion(context, opened, followed.value, stop, { hintAfterMs: longestSilenceMs });
}

async function overview(context: CommandContext, { promoter, clean, place }: OpenPromoter): Promise<number> {
  const { output } = context;
  const history = await promoter.history();
  if (history.isErr()) return fail(context, history.error, { clean, place });
  const environments: EnvironmentOverview[] = [];
  for (const name of promoter.environments) {
    const environment = await promoter.environment(name);
    if (environment.isErr()) return fail(context, environment.error, { clean, place });
    environments.push({ ...environment.value, open: history.value.promotions.filter((report) => report.environment === name && report.outcome === null).reverse() });
  }
  const shown = clean(environments);
  const { unreadable } = clean(history.value);
  output.say(...overviewLines(shown, output.style, context.config), ...damageLines(unreadable, output.style));
  output.document({ environments: shown, unreadable });
  return 0;
}
