/**
 * Main chart J and L: what is needed before production is changed, and whether it is there (R10–R13, G14).
 * @module
 */
import type { ApprovalSubject } from '../ports/index.js';
import { textOf } from '../json.js';
import { asJson } from '../journal/record.js';
import { failed, passed, type Step, type StepContext } from './step.js';
import { planOf } from './plan.js';

export const requireApproval: Step = {
  id: 'approval.require',
  perform: async (c) => {
    const plan = await planOf(c);
    if (plan.isErr()) return failed(plan.error);
    const required = await c.environment.approval.requirement(subjectOf(c, plan.value.hash), c.call);
    if (required.isErr()) return failed(required.error);
    const { needed, reason, expiresAt } = required.value;
    return passed({ needed, reason, expiresAt, policy: c.environment.approval.name, planHash: plan.value.hash, plan: asJson(plan.value.plan) });
  },
};

export const evaluateApproval: Step = {
  id: 'approval.evaluate',
  perform: async (c) => {
    const planHash = textOf(c.context.facts['approval.require']?.['planHash']);
    // A decision on another plan is no decision on this one.
    const decisions = c.context.decisions.filter((decision) => decision.planHash === planHash);
    const evaluated = await c.environment.approval.evaluate(subjectOf(c, planHash), decisions, c.call);
    if (evaluated.isErr()) return failed(evaluated.error);
    const { verdict, reason } = evaluated.value;
    // Where the wait goes on, its deadline stays what it was.
    if (verdict === 'waiting') return { result: 'deferred', wait: { for: 'approval', wakeAt: null, deadline: null } };
    return passed({ verdict, reason, by: decisions.map(({ by }) => by) });
  },
};

function subjectOf(c: StepContext, planHash: string): ApprovalSubject {
  return { promotion: c.id, environment: c.created.environment, actor: c.created.actor, planHash, now: c.clock.now() };
}
