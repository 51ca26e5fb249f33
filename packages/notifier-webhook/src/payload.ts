/**
 * What is sent: type, timestamp and data, as Standard Webhooks recommends.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure
 * @module
 */
import type { JsonObject, Notice, NoticeType } from '@davit/core';

export interface WebhookPayload {
  readonly type: NoticeType;
  /** When it happened, ISO 8601; the header `webhook-timestamp` says when it was sent. */
  readonly timestamp: string;
  readonly data: JsonObject & {
    readonly promotion: string;
    readonly environment: string;
    readonly severity: Notice['severity'];
    /** One line for people. */
    readonly title: string;
  };
}

/** The same notice always gives the same payload, whichever attempt it is. */
export function webhookPayload(notice: Notice): WebhookPayload {
  const { type, at, promotion, environment, severity, title, data } = notice;
  return { type, timestamp: new Date(at).toISOString(), data: { ...data, promotion, environment, severity, title } };
}
