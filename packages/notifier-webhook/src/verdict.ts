/**
 * What a receiver's answer means: delivered, try again, or not at all.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability
 * @module
 */
import { causeOf, failure, type RunError } from '@davit/core';
import type { PostAnswer } from './post.js';

const retryableStatuses = new Set([408, 425, 429]);
/** Faults that another attempt seconds later does not mend: a wrong name, a certificate that is not trusted. */
const lastingFaults = /^(?:ENOTFOUND|ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|UND_ERR_INVALID_ARG|UND_ERR_NOT_SUPPORTED)/;
const evidenceLength = 500;

/** The failure of an answer; undefined where it means delivered. `receiver` is its host: the rest of a URL may be secret. */
export function answerFault(answer: PostAnswer, receiver: string, now: number): RunError | undefined {
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  const evidence = printable(answer.body);
  const facts = { host: receiver, status, ...(evidence === '' ? {} : { evidence }) };
  if (status >= 300 && status < 400) return failure('notification_failed', `${receiver} answered ${String(status)}, a redirect, which is not followed: configure the address that it points to`, facts);
  if (status === 410) return failure('notification_failed', `${receiver} answered 410: it wants no more notifications`, facts);
  const retryable = status >= 500 || retryableStatuses.has(status);
  return failure('notification_failed', `${receiver} answered ${String(status)}`, { ...facts, retryable, retryAfterMs: retryable ? retryAfterMs(answer, now) : undefined });
}

/** The failure of a request that got no answer. */
export function networkFault(thrown: unknown, receiver: string): RunError {
  const cause = causeOf(thrown);
  return failure('notification_failed', `${receiver} cannot be reached${cause.code === undefined ? '' : ` (${cause.code})`}`, { host: receiver, cause, retryable: !lastingFaults.test(cause.code ?? '') });
}

/** Seconds, or a date that is meant by the receiver's own clock; undefined where it says neither. */
function retryAfterMs({ retryAfter, date }: PostAnswer, now: number): number | undefined {
  const text = retryAfter?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!/^[A-Z][a-z]{2,}, ?\d/.test(text)) return undefined;
  const until = Date.parse(text);
  const from = date === undefined ? now : Date.parse(date);
  return Number.isNaN(until) ? undefined : Math.max(0, until - (Number.isNaN(from) ? now : from));
}

function printable(body: string): string {
  // eslint-disable-next-line no-control-regex -- a terminal must not be told what to do by an answer
  return body.slice(0, evidenceLength).replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
}
