/**
 * `davit plan`: what promote would do. Writes nothing.
 * @module
 */
import type { CommandContext } from '../command-context.js';
import { fail } from '../fail.js';
import { configSuffix } from '../story/next-steps.js';
import { planHeading, planLines } from '../story/plan-text.js';
import { stepLines } from '../story/summary.js';
import { withPromoter } from '../with-promoter.js';
import { given } from './given.js';
import { imagesOf, type ImageArguments } from './image-arguments.js';

export interface PlanFlags extends ImageArguments {
  readonly to: string;
  readonly version?: string;
  readonly revision?: string;
}

export function plan(context: CommandContext, { to, version, revision, references }: PlanFlags): Promise<number> {
  const images = imagesOf(references);
  if (images.isErr()) return Promise.resolve(fail(context, images.error));
  return withPromoter(context, async ({ promoter, clean }) => {
    const planned = await promoter.plan({ environment: to, ...images.value, ...given({ version, revision }) });
    if (planned.isErr()) return fail(context, planned.error, { clean, beginning: true });
    const { output } = context;
    const { style } = output;
    const shown = clean(planned.value);
    const next = { command: `davit promote ${[...references, '--to', to].join(' ')}${configSuffix(context.config)}`, why: 'carry it out' };
    output.say(`${style.bold('Plan')}: ${planHeading(shown.plan)}`, ...planLines(shown, style), ...stepLines([next], style));
    output.document(shown);
    return 0;
  });
}
