/**
 * A promotion as the JSON document of a command: core's report, and what scripts ask for most at its top.
 * @module
 */
import type { PromotionReport } from '@davit/core';
import { nextSteps, type NextStepOptions } from './next-steps.js';

export interface PromotionDocument extends PromotionReport {
  /** Of the only image; null where the release has several (see `images`). */
  readonly digest: string | null;
  /** `repository@digest` in the production registry, of the only image. */
  readonly image: string | null;
  /** The exit code of the command that printed this. */
  readonly exitCode: number;
  /** Commands that can follow. */
  readonly next: readonly string[];
}

export function promotionDocument(report: PromotionReport, exitCode: number, options: NextStepOptions): PromotionDocument {
  const [only, ...others] = report.images;
  const single = others.length === 0 ? only : undefined;
  return { ...report, digest: single?.digest ?? null, image: single?.image ?? null, exitCode, next: nextSteps(report, options).map(({ command }) => command) };
}
