/**
 * `davit promote`: begins a promotion and drives it to its end or its first wait.
 * @module
 */
import { actorOf } from '../actor.js';
import type { CommandContext } from '../command-context.js';
import { fail } from '../fail.js';
import { interruption } from '../interruption.js';
import { showPromotion } from '../show-promotion.js';
import { withPromoter } from '../with-promoter.js';
import { given } from './given.js';
import { imagesOf, type ImageArguments } from './image-arguments.js';

export interface PromoteFlags extends ImageArguments {
  readonly to: string;
  readonly version?: string;
  readonly revision?: string;
  readonly key?: string;
  readonly run?: string;
  readonly reason?: string;
  readonly actor?: string;
  readonly wait?: boolean;
  readonly allowQuarantined?: boolean;
}

export function promote(context: CommandContext, { to, references, actor, wait = false, allowQuarantined = false, version, revision, key, run, reason }: PromoteFlags): Promise<number> {
  const images = imagesOf(references);
  if (images.isErr()) return Promise.resolve(fail(context, images.error));
  return withPromoter(context, async (opened) => {
    const { promoter, clean } = opened;
    const stop = interruption(context.surroundings, (line) => context.output.say(line));
    const begun = await promoter.promote({ environment: to, ...images.value, ...actorOf(actor, context.surroundings), allowQuarantined, ...given({ version, revision, key, run, reason }) }, { stay: wait, signal: stop.signal });
    if (begun.isErr()) {
      stop.end();
      return fail(context, begun.error, { clean, beginning: true, signal: stop.received() });
    }
    const promotion = begun.value;
    if (promotion.joined) context.output.say(`This trigger began promotion ${promotion.id} before; joining it.`);
    return showPromotion(context, opened, promotion, stop, { stays: wait });
  });
}
