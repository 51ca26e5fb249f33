/**
 * Which release a rollback that was asked for returns to (R68, G19, G23).
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import type { ReleaseImage } from '../machine/index.js';
import { err, ok, type Result } from '../result.js';
import type { Past } from '../runner/past.js';
import { isVerified, standsQuarantined, type PastPromotion } from '../steps/index.js';

export interface ReturnTarget {
  /** The promotion whose release is returned to. */
  readonly target: PastPromotion;
  /** The promotion whose release is taken back. */
  readonly taken: PastPromotion;
}

/**
 * The same where journals are damaged. One that is newer than the release which would be taken back may be what runs: then
 * only the caller knows what to return to.
 */
export function knownReturnTarget(environment: string, { promotions, unreadable }: Past, to: string | undefined): Result<ReturnTarget, DavitError> {
  const named = unreadable.find(({ id }) => id === to);
  if (named !== undefined) return err(named.error);
  const found = returnTarget(environment, promotions, to);
  const [newest] = unreadable;
  if (newest === undefined || (to !== undefined && found.isOk())) return found;
  if (found.isOk() && newest.id < found.value.taken.id) return found;
  const remedy = found.isOk() ? '; name the promotion to return to (--promotion ID); davit history lists them' : '';
  return err({ ...newest.error, message: `promotion ${newest.id} may be what runs in ${environment}, and its journal is damaged${remedy}: ${newest.error.message}` });
}

/** @param past Ended promotions of the environment, newest first. @param to The promotion that the caller names. */
export function returnTarget(environment: string, past: readonly PastPromotion[], to: string | undefined): Result<ReturnTarget, DavitError> {
  const stack = verifiedStack(past);
  const present = leftBehind(past) ?? stack.at(-1);
  if (present === undefined) return err(failure('previous_missing', `nothing was promoted to ${environment} yet, so there is nothing to return to`, { environment }));
  if (to !== undefined) {
    const named = past.find((promotion) => promotion.id === to && isVerified(promotion));
    return named === undefined ? err(failure('promotion_unknown', `promotion ${to} is not one that was verified in ${environment}; see davit history`, { promotion: to })) : ok({ target: named, taken: present });
  }
  const target = stack.findLast(({ release }) => !sameDigests(release, present.release) && !release.some(({ digest }) => standsQuarantined(past, digest) !== undefined));
  return target === undefined ? err(failure('previous_missing', `there is no verified release in ${environment} before the present one`, { environment, promotion: present.id })) : ok({ target, taken: present });
}

/**
 * The verified releases, each on top of the one that it replaced. A rollback takes off what was taken back, so that a
 * second one goes further back instead of to what the first one left for a reason.
 */
function verifiedStack(past: readonly PastPromotion[]): readonly PastPromotion[] {
  const stack: PastPromotion[] = [];
  for (const promotion of past.toReversed().filter(isVerified)) {
    const same = stack.findLastIndex(({ release }) => sameDigests(release, promotion.release));
    if (same >= 0 && (promotion.kind === 'rollback' || same === stack.length - 1)) stack.length = same;
    stack.push(promotion);
  }
  return stack;
}

/** What ended badly since the last verified release and may have left its image behind: it is what is taken back. */
function leftBehind(past: readonly PastPromotion[]): PastPromotion | undefined {
  const sinceVerified = past.findIndex(isVerified);
  const later = sinceVerified < 0 ? past : past.slice(0, sinceVerified);
  return later.find(({ outcome, hostsChanged }) => outcome === 'rollback_failed' || outcome === 'no_rollback_target' || outcome === 'rollback_incomplete' || (outcome === 'deployment_failed' && hostsChanged));
}

const sameDigests = (one: readonly ReleaseImage[], other: readonly ReleaseImage[]): boolean => one.length === other.length && one.every(({ name, digest }) => other.some((image) => image.name === name && image.digest === digest));
