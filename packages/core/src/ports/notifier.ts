/**
 * Tells people and programs (specification: main chart II and bullet Notification System; R35, R94, G20).
 * @module
 */
import type { RunError } from '../errors/index.js';
import type { JsonObject } from '../json.js';
import type { ResultAsync } from '../result.js';
import type { Call } from './call.js';

/** What is told. */
export type NoticeType =
  | 'promotion.started'
  | 'promotion.approval_requested'
  | 'promotion.approval_decided'
  | 'promotion.approval_expired'
  | 'promotion.completed'
  | 'promotion.failed'
  | 'promotion.rollback_started'
  | 'promotion.rollback_ended'
  | 'promotion.compensation_failed';

export interface Notice {
  /** `<promotion>_<seq of the record it tells of>`: the same over resends, so that a receiver can drop doubles. */
  readonly id: string;
  readonly type: NoticeType;
  /** When it happened; milliseconds since 1970. */
  readonly at: number;
  readonly promotion: string;
  readonly environment: string;
  readonly severity: 'info' | 'warning' | 'critical';
  /** One line for people. */
  readonly title: string;
  /** Status, outcome, images with digests, hosts: what a receiver needs without asking back. */
  readonly data: JsonObject;
}

/** One channel. A failure is recorded and never changes the promotion's result. */
export interface Notifier {
  /** Unique among the notifiers of an environment; deliveries are recorded under it. */
  readonly name: string;
  /** Whether this channel is for this notice; what is not wanted is not recorded as delivered either. Absent: all are. */
  wants?(notice: Notice): boolean;
  notify(notice: Notice, call: Call): ResultAsync<void, RunError>;
}
