/**
 * Main chart E and O: may this promotion begin, and may it go on to change production (R5, R15, G14, G15).
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { textOf } from '../json.js';
import { planOf } from './plan.js';
import { standsQuarantined } from './quarantine.js';
import { failed, passed, type PastPromotion, type Step, type StepContext } from './step.js';

/** How soon a held environment is looked at again. */
const lookAgainMs = 5_000;

export const startPromotion: Step = {
  id: 'promotion.start',
  perform: async (c) => {
    const past = await c.past();
    if (past.isErr()) return failed(past.error);
    // Said once, when it begins; at O the same journals are passed over again.
    for (const { id, error } of past.value.unreadable) {
      await c.note('note.warning', { step: 'promotion.start', message: `the journal of promotion ${id} is damaged, so nobody knows whether its image proved unhealthy: ${error.message}` });
    }
    const quarantined = quarantine(c, past.value.promotions);
    return quarantined === undefined ? passed({ hosts: c.created.batches.flat() }) : failed(quarantined);
  },
};

export const proceed: Step = {
  id: 'promotion.proceed',
  perform: async (c) => {
    const past = await c.past();
    const quarantined = past.isErr() ? past.error : quarantine(c, past.value.promotions);
    if (quarantined !== undefined) return failed(quarantined);
    const held = await c.hold.take();
    if (held.isErr()) {
      if (held.error.code !== 'environment_held') return failed(held.error);
      await c.note('note.warning', { step: 'promotion.proceed', message: `${held.error.message}; this promotion goes on when it ends. Look at it: davit status ${held.error.holder ?? ''}` });
      return { result: 'deferred', wait: { for: 'hold', wakeAt: c.clock.now() + lookAgainMs, deadline: null } };
    }
    // Under the hold nobody else changes production, so what is true of the plan now stays true.
    const plan = await planOf(c);
    const approved = textOf(c.context.facts['approval.require']?.['planHash']);
    const needed = c.context.facts['approval.require']?.['needed'] !== false;
    if (plan.isOk() && (plan.value.hash === approved || !needed)) return passed({ holds: c.created.environment });
    // What cannot be freed is freed when the promotion closes.
    void (await c.hold.free());
    if (plan.isErr()) return failed(plan.error);
    return failed(failure('plan_changed', 'what would be carried out is no longer what was approved; it needs to be approved anew', { expected: approved, actual: plan.value.hash }));
  },
};

/** An image that proved unhealthy here is not promoted again, unless somebody asks for just that. */
function quarantine(c: StepContext, past: readonly PastPromotion[]): DavitError | undefined {
  if (c.created.allowQuarantined === true) return undefined;
  for (const image of c.release) {
    const found = standsQuarantined(past, image.digest);
    if (found !== undefined) {
      return failure('image_quarantined', `${image.name} ${image.digest} proved unhealthy in ${c.created.environment} in promotion ${found.id}; allow it explicitly to try it again`, { digest: image.digest, promotion: found.id });
    }
  }
  return undefined;
}
