/**
 * What is said of a promotion: its state, its images, its hosts, what went wrong and what is waited for. Plain data.
 * @module
 */
import { errorCodes, type DavitError } from '../errors/index.js';
import { textOf, type Json } from '../json.js';
import type { Created } from '../journal/created.js';
import type { JournalRecord } from '../journal/record.js';
import { exitCodeOf, outcomes, type Outcome, type PromotionState, type Status } from '../machine/index.js';
import { manualCommandsOf, type ManualCommands } from '../steps/index.js';

export interface PromotionReport {
  readonly id: string;
  readonly kind: 'promotion' | 'rollback';
  readonly environment: string;
  readonly status: Status;
  readonly outcome: Outcome | null;
  /** The outcome in a sentence; null before the end. */
  readonly meaning: string | null;
  /** The exact failure within the outcome: `image_too_large`. */
  readonly detail: string | null;
  /** `verdict`: the answer is no. `technical`: something broke. */
  readonly failureKind: 'verdict' | 'technical' | null;
  readonly retryable: boolean;
  readonly box: string | null;
  readonly step: string | null;
  readonly waitingFor: WaitReport | null;
  readonly images: readonly ImageReport[];
  readonly hosts: readonly string[];
  readonly hostsChanged: readonly string[];
  /** Whether anything was changed anywhere. */
  readonly changed: boolean;
  readonly rollback: RollbackReport | null;
  readonly error: ErrorReport | null;
  /** Set beside the outcome when channel tags could not be put back. */
  readonly compensationFailed: ErrorReport | null;
  /** Notifications that were not delivered. */
  readonly undelivered: readonly string[];
  readonly actor: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly records: number;
  /** 4 at a wait, null while it runs. */
  readonly exitCode: number | null;
}

export interface WaitReport {
  readonly for: string;
  readonly wakeAt: string | null;
  readonly deadline: string | null;
  readonly reason: string | null;
  readonly planHash: string | null;
  readonly plan: Json;
}

export interface ImageReport {
  readonly name: string;
  readonly requested: string;
  readonly digest: string;
  /** `repository@digest` in the production registry. */
  readonly image: string;
  readonly tags: { readonly immutable: readonly string[]; readonly channel: readonly string[] };
  readonly services: readonly string[];
}

export interface RollbackReport {
  /** Whether services were restarted; false where nothing had been changed (G3). */
  readonly restarted: boolean;
  /** What was returned to, by host and service. */
  readonly to: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What a person types on each host to bring that up by hand, line by line; empty where the deployer does not say (R77). */
  readonly manual: ManualCommands;
}

export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly evidence?: string;
}

/** Codes that say no; all others say that something broke. */
const verdicts: ReadonlySet<string> = new Set([
  'tests_failed',
  'tests_missing',
  'tests_stale',
  'tests_other_image',
  'image_too_large',
  'image_corrupted',
  'invalid_metadata',
  'invalid_signature',
  'signature_policy_missing',
  'image_quarantined',
  'tag_conflict',
  'service_unhealthy',
  'endpoint_failed',
  'project_differs',
  'plan_changed',
]);
const verdictOutcomes: ReadonlySet<Outcome> = new Set<Outcome>(['approval_rejected', 'approval_expired', 'cancelled', 'superseded']);

export function reportOf(id: string, created: Created, state: PromotionState, records: readonly JournalRecord[]): PromotionReport {
  const { context, outcome } = state;
  const failedSo = outcome !== null && outcomes[outcome].status !== 'completed';
  const cause = context.cause;
  const rolledBack = context.turns['rollback.health'] !== undefined || context.turns['rollback.target'] !== undefined;
  return {
    id,
    kind: created.kind,
    environment: created.environment,
    status: state.status,
    outcome,
    meaning: outcome === null ? null : outcomes[outcome].meaning,
    detail: failedSo ? (cause?.code ?? null) : null,
    failureKind: !failedSo ? null : verdictOutcomes.has(outcome) || verdicts.has(cause?.code ?? '') ? 'verdict' : 'technical',
    retryable: failedSo && cause?.retryable === true,
    box: state.box,
    step: state.step,
    waitingFor: state.wait === null ? null : waitOf(state, records),
    images: created.release.map(({ name, requested, digest, target, tags, services }) => ({ name, requested, digest, image: `${target}@${digest}`, tags, services })),
    hosts: created.batches.flat(),
    hostsChanged: context.touched,
    changed: context.changed,
    rollback: rolledBack ? { restarted: context.turns['rollback.restart'] !== undefined, to: targetsOf(context.facts['rollback.trigger']?.['targets']), manual: manualCommandsOf(context.facts) } : null,
    error: failedSo && cause !== null ? errorReport(outcome === 'rollback_failed' || outcome === 'no_rollback_target' || outcome === 'rollback_incomplete' ? worst(context.endError, cause) : cause) : null,
    compensationFailed: context.compensationFailed === null ? null : errorReport(context.compensationFailed),
    undelivered: undelivered(records),
    actor: created.actor,
    createdAt: isoTime(records[0]?.at ?? 0),
    updatedAt: isoTime(records.at(-1)?.at ?? 0),
    records: records.length,
    exitCode: outcome !== null ? exitCodeOf({ outcome, kind: created.kind, hostsChanged: context.touched.length > 0 }) : state.wait === null ? null : 4,
  };
}

/** Error with what to do about it; the words come from the closed list of codes. */
export function errorReport(error: DavitError): ErrorReport {
  return { code: error.code, message: error.message, remedy: errorCodes[error.code].remedy, ...(error.evidence === undefined ? {} : { evidence: error.evidence }) };
}

/** A rollback that failed says both: why it was needed, and why it did not work. */
function worst(last: DavitError | null, cause: DavitError): DavitError {
  if (last === null || last.message === cause.message) return cause;
  return { ...last, message: `${last.message} (the deployment had failed: ${cause.message})` };
}

function waitOf(state: PromotionState, records: readonly JournalRecord[]): WaitReport {
  const { wait, context } = state;
  const required = wait?.for === 'approval' ? context.facts['approval.require'] : undefined;
  const warning = records.findLast(({ type }) => type === 'note.warning')?.data['message'];
  const reason = required?.['reason'] ?? warning;
  return {
    for: wait?.for ?? '',
    wakeAt: wait?.wakeAt == null ? null : isoTime(wait.wakeAt),
    deadline: wait?.deadline == null ? null : isoTime(wait.deadline),
    reason: typeof reason === 'string' ? reason : null,
    planHash: typeof required?.['planHash'] === 'string' ? required['planHash'] : null,
    plan: required?.['plan'] ?? null,
  };
}

function targetsOf(targets: Json | undefined): RollbackReport['to'] {
  if (typeof targets !== 'object' || targets === null || Array.isArray(targets)) return {};
  return Object.fromEntries(
    Object.entries(targets as Readonly<Record<string, { readonly services: readonly { readonly service: string; readonly image: string }[] } | null>>).map(([host, target]) => [
      host,
      Object.fromEntries((target?.services ?? []).map(({ service, image }) => [service, image])),
    ]),
  );
}

function undelivered(records: readonly JournalRecord[]): readonly string[] {
  const last = new Map<string, boolean>();
  for (const { type, data } of records) if (type === 'note.delivery') last.set(`${textOf(data['notifier'])}: ${textOf(data['notice'])}`, data['delivered'] === true);
  return [...last].filter(([, delivered]) => !delivered).map(([what]) => what);
}

const isoTime = (at: number): string => new Date(at).toISOString();
