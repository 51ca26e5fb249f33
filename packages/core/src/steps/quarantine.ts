/**
 * What the past says of an image: whether it proved well or unwell in an environment (R15, R31, R68).
 * @module
 */
import type { PastPromotion } from './step.js';

/** The promotion ended with its release proven to run and to be healthy. */
export const isVerified = ({ kind, outcome }: PastPromotion): boolean => outcome === 'completed' || outcome === 'unchanged' || (kind === 'rollback' && outcome === 'rolled_back');

/**
 * The promotion in which the image proved unhealthy, unless it was verified since. What counts is how it went last: an
 * image that somebody allowed once more, and that is well now, is like any other.
 * @param past Ended promotions, newest first.
 */
export function standsQuarantined(past: readonly PastPromotion[], digest: string): PastPromotion | undefined {
  const last = past.find((promotion) => (promotion.quarantined || isVerified(promotion)) && promotion.release.some((image) => image.digest === digest));
  return last?.quarantined === true ? last : undefined;
}
