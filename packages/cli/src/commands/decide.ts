/**
 * `davit approve`, `davit reject` and `davit cancel`: they write down what a person wants. Whoever drives acts on it.
 * @module
 */
import type { DavitError, PromotionReport, ResultAsync } from '@davit/core';
import { actorOf } from '../actor.js';
import type { CommandContext } from '../command-context.js';
import type { OpenPromoter } from '../config/open-promoter.js';
import { fail } from '../fail.js';
import { afterDecision } from '../story/next-steps.js';
import { promotionDocument } from '../story/promotion-document.js';
import { stepLines } from '../story/summary.js';
import { withPromoter } from '../with-promoter.js';
import { isDriven } from './driver-probe.js';
import { given } from './given.js';
import { idOf } from './promotion-argument.js';

export interface DecideFlags {
  readonly id: string;
  readonly plan?: string;
  readonly comment?: string;
  readonly actor?: string;
}

export function approve(context: CommandContext, flags: DecideFlags): Promise<number> {
  return decide(context, flags, 'approve');
}

export function reject(context: CommandContext, flags: DecideFlags): Promise<number> {
  return decide(context, flags, 'reject');
}

function decide(context: CommandContext, { id, plan, comment, actor }: DecideFlags, verb: 'approve' | 'reject'): Promise<number> {
  return recorded(context, id, verb === 'approve' ? 'approved' : 'rejected', async (opened, promotion) => {
    const planHash = plan === undefined ? undefined : await fullHash(opened, promotion, plan);
    return opened.promoter[verb](promotion, { ...actorOf(actor, context.surroundings), ...given({ planHash, comment }) });
  });
}

export function cancel(context: CommandContext, { id, actor }: Pick<DecideFlags, 'id' | 'actor'>): Promise<number> {
  return recorded(context, id, 'cancelled', ({ promoter }, promotion) => promoter.cancel(promotion, actorOf(actor, context.surroundings)));
}

type Ask = (opened: OpenPromoter, id: string) => PromiseLike<Awaited<ResultAsync<PromotionReport, DavitError>>>;

const words = {
  approved: { done: 'The approval is recorded', next: 'The promotion goes on when it is resumed.' },
  rejected: { done: 'The rejection is recorded', next: 'The promotion ends when it is resumed; nothing is touched.' },
  cancelled: { done: 'The wish to cancel is recorded', next: 'It takes effect when the promotion is resumed.' },
} as const;

function recorded(context: CommandContext, text: string, what: keyof typeof words, ask: Ask): Promise<number> {
  return withPromoter(context, async (opened) => {
    const { output, surroundings } = context;
    const { clean, place, promoter, store } = opened;
    const id = idOf(text);
    const before = await promoter.status(id);
    if (before.isErr()) return fail(context, before.error, { clean, place });
    // Asked before: whoever drives may be through with it by the time that we would ask after.
    const driven = before.value.outcome === null && (await isDriven(store, id, surroundings.now())) === true;
    const answer = await ask(opened, id);
    if (answer.isErr()) return fail(context, answer.error, { clean, place });
    const steps = afterDecision(id, { config: context.config, driven });
    const { done, next } = words[what];
    output.say(`${output.style.green(output.style.marks.passed)} ${done} for ${id}.`, `  ${driven ? 'A process drives this promotion and acts on it now.' : next}`, ...stepLines(steps, output.style));
    output.document({ ...promotionDocument(clean(answer.value), 0, { config: context.config, driven }), driven, next: steps.map(({ command }) => command) });
    return 0;
  });
}

/** People copy the first digits that they were shown; the promotion asks for the whole hash. What does not match is passed on, and refused there. */
async function fullHash({ promoter }: OpenPromoter, id: string, plan: string): Promise<string> {
  const wanted = plan.startsWith('sha256:') ? plan : `sha256:${plan}`;
  const report = await promoter.status(id);
  const hash = report.isOk() ? report.value.waitingFor?.planHash : null;
  return typeof hash === 'string' && wanted.length >= 'sha256:'.length + 8 && hash.startsWith(wanted) ? hash : wanted;
}
