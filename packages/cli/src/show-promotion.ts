/**
 * Shows a promotion while it goes on, and says at its rest how it stands: behind promote, resume, rollback and
 * `status --follow`.
 * @module
 */
import type { DavitError, Promotion, PromotionReport, Result } from '@davit/core';
import type { CommandContext } from './command-context.js';
import type { OpenPromoter } from './config/open-promoter.js';
import { exitCodeOfSignal } from './exit-code.js';
import type { Interruption } from './interruption.js';
import { errorDocument, failureLines } from './output/error-text.js';
import { duration } from './output/quantities.js';
import { approveCommand, nextStep } from './story/next-steps.js';
import { promotionDocument } from './story/promotion-document.js';
import { summaryLines } from './story/summary.js';
import { Story } from './story/telling.js';
import { columnsOf, viewOf } from './story/view-of.js';
import type { View } from './story/view.js';

export interface ShowOptions {
  /** Records up to this number are not shown again. Default: 0. */
  readonly after?: number;
  /** It stays while an approval is waited for. Default: false. */
  readonly stays?: boolean;
  /** Others drive: after so long without a record, once each time, says what to do if nobody does. Milliseconds; default: never. */
  readonly hintAfterMs?: number;
}

/** Shows the promotion until this process is done with it, then prints the summary or the document. Gives the exit code. */
export async function showPromotion(context: CommandContext, opened: OpenPromoter, promotion: Promotion, stop: Interruption, options: ShowOptions = {}): Promise<number> {
  const { output } = context;
  const view = viewOf(context);
  stop.answerTo((line) => view.say(output.style.yellow(line)));
  const outcome = await watch(promotion, opened, view, options, context.config).finally(() => {
    view.end();
    stop.end();
  });
  if (outcome.isErr()) return driverFailed(context, opened, promotion, outcome.error, stop);
  const report = opened.clean(outcome.value);
  const signal = stop.received();
  const interrupted = signal !== undefined && report.outcome === null;
  const exitCode = interrupted ? exitCodeOfSignal(signal) : (report.exitCode ?? 1);
  const summary = { place: opened.place, config: context.config, interrupted, ...columnsOf(context) };
  output.say('', ...summaryLines(report, output.style, summary));
  output.document(promotionDocument(report, exitCode, summary));
  return exitCode;
}

/** How long the last records of a promotion that rests are waited for: they are on the disk, and on their way to us. */
const longestTailMs = 3000;

async function watch(promotion: Promotion, { clean, promoter }: OpenPromoter, view: View, { after = 0, stays = false, hintAfterMs }: ShowOptions, config: string | undefined): Promise<Result<PromotionReport, DavitError>> {
  const story = new Story(stays ? { approveWith: (id, planHash) => approveCommand(id, planHash, config) } : {});
  const done = new AbortController();
  const endListening = promotion.onProgress((_step, progress) => view.progress(clean(progress)));
  const silence = hintAfterMs === undefined ? undefined : setInterval(() => {
    view.say(`Nothing was written for ${duration(hintAfterMs)}. If nobody drives it any more: ${nextStep(config, `resume ${promotion.id}`, '').command}`);
  }, hintAfterMs);
  let seen = 0;
  let wanted = Infinity;
  const showing = (async () => {
    for await (const record of promotion.events({ signal: done.signal })) {
      // What cannot be read here is the error of the outcome too.
      if (record.isErr()) return;
      seen = record.value.seq;
      silence?.refresh();
      const tellings = story.tell(clean(record.value));
      if (seen > after) for (const telling of tellings) view.tell(telling);
      if (seen >= wanted) return;
    }
  })();
  const outcome = await promotion.outcome();
  const standing = outcome.isOk() ? outcome : await promoter.status(promotion.id);
  wanted = standing.isOk() ? standing.value.records : 0;
  if (seen < wanted) {
    const late = AbortSignal.timeout(longestTailMs);
    await Promise.race([showing, new Promise((resolve) => late.addEventListener('abort', resolve, { once: true }))]);
  }
  done.abort();
  clearInterval(silence);
  await showing;
  endListening();
  return outcome;
}

/** The driver stopped, not the promotion: the store is full, or another process has it. */
async function driverFailed(context: CommandContext, { promoter, place, clean }: OpenPromoter, promotion: Promotion, error: DavitError, stop: Interruption): Promise<number> {
  const { output } = context;
  const standing = await promoter.status(promotion.id);
  const report = standing.isOk() ? clean(standing.value) : undefined;
  const cleaned = clean(error);
  const driven = error.code === 'lease_held';
  const signal = stop.received();
  const exitCode = signal !== undefined && error.code === 'interrupted' ? exitCodeOfSignal(signal) : leavesHostsOpen(report) && !driven ? 5 : 1;
  const summary = { place, config: context.config, driven, interrupted: !driven, ...columnsOf(context) };
  output.complain((style) => failureLines(cleaned, style));
  if (report !== undefined) output.say('', ...summaryLines(report, output.style, summary));
  output.document({ error: errorDocument(cleaned), exitCode, promotion: report === undefined ? null : promotionDocument(report, exitCode, summary) });
  return exitCode;
}

/** Nobody drives it, and production stands between two releases: a person is needed. */
function leavesHostsOpen(report: PromotionReport | undefined): boolean {
  if (report === undefined || report.outcome !== null) return false;
  return report.hostsChanged.length > 0 || report.step === 'deployment.update' || report.step === 'deployment.restart' || report.step?.startsWith('rollback.') === true;
}
