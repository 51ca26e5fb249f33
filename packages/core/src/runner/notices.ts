/**
 * What is worth telling, read off the journal: the same record always gives the same notice, so that a resumed process
 * knows which were sent and which were not (R35, R94, R104, G20).
 * @module
 */
import type { JsonObject } from '../json.js';
import type { Created } from '../journal/created.js';
import { asJson, type JournalRecord } from '../journal/record.js';
import { outcomes, type PromotionState } from '../machine/index.js';
import type { Notice, NoticeType } from '../ports/index.js';
import { manualCommandsOf } from '../steps/index.js';

/** The notices of one record, given the state before and after it. */
export function noticesOf(record: JournalRecord, created: Created, before: PromotionState | null, after: PromotionState): readonly Notice[] {
  const notices: Notice[] = [];
  const add = (type: NoticeType, severity: Notice['severity'], title: string, more: object = {}): void => {
    notices.push({
      // One record can tell two things (a rollback that ends with a failed compensation); the second id says which.
      id: `${record.promotion}_${String(record.seq)}${notices.length === 0 ? '' : `_${String(notices.length + 1)}`}`,
      type,
      at: record.at,
      promotion: record.promotion,
      environment: created.environment,
      severity,
      title: `${created.environment}: ${title}`,
      data: { ...summaryOf(record.promotion, created, after), ...asJson(more) },
    });
  };
  const what = created.release.map(({ requested, name }) => requested || name).join(', ');
  if (record.type === 'step.passed' && record.data['step'] === 'promotion.start') add('promotion.started', 'info', `promotion of ${what} started`);
  if (record.boxes.includes('promotion.L')) {
    const { reason, planHash, expiresAt, plan } = after.context.facts['approval.require'] ?? {};
    add('promotion.approval_requested', 'info', `approval wanted for ${what}`, { reason, planHash, expiresAt, plan, approve: `davit approve ${record.promotion}`, reject: `davit reject ${record.promotion}` });
  }
  if (record.boxes.includes('promotion.M')) {
    const { verdict, reason, by } = after.context.facts['approval.evaluate'] ?? {};
    if (after.context.approvalExpired) add('promotion.approval_expired', 'warning', `nobody approved ${what} in time`);
    else add('promotion.approval_decided', 'info', `${what} was ${typeof verdict === 'string' ? verdict : 'decided'}`, { verdict, reason, by });
  }
  if (record.boxes.includes('promotion.BB')) add('promotion.rollback_started', 'warning', `rolling back ${what}: ${after.context.cause?.message ?? 'asked for'}`);
  const outcome = after.outcome;
  if (outcome !== null && (before?.outcome ?? null) === null) {
    const { meaning, status, exitCode } = outcomes[outcome];
    const rollback = after.box?.startsWith('rollback.') === true || record.boxes.some((box) => box.startsWith('rollback.')) || after.context.turns['rollback.trigger'] !== undefined;
    const severity = exitCode === 5 ? 'critical' : status === 'completed' ? 'info' : 'warning';
    add(rollback ? 'promotion.rollback_ended' : status === 'completed' ? 'promotion.completed' : 'promotion.failed', severity, `${what}: ${outcome}. ${meaning}`, outcome === 'rollback_failed' ? { manual: manualCommandsOf(after.context.facts) } : {});
  }
  if (after.context.compensationFailed !== null && (before?.context.compensationFailed ?? null) === null) {
    add('promotion.compensation_failed', 'critical', `channel tags could not be put back: ${after.context.compensationFailed.message}`);
  }
  return notices;
}

function summaryOf(promotion: string, created: Created, { status, outcome, box, context }: PromotionState): JsonObject {
  return asJson({
    promotion,
    kind: created.kind,
    actor: created.actor,
    status,
    outcome,
    box,
    images: created.release.map(({ name, requested, digest, target }) => ({ name, requested, digest, target })),
    hosts: created.batches.flat(),
    ...(context.cause === null ? {} : { error: { code: context.cause.code, message: context.cause.message } }),
  });
}
