/**
 * That a request is tried again, and why.
 * @module
 */
import type { Progress } from '@davit/core';

/** @param again When: `in 4.0 s`, `at 02:14:05Z`. */
export function retryText({ host, reason, attempt, of }: Extract<Progress, { readonly type: 'request.retry' }>, again: string): string {
  // The words of a registry's adapter begin with the place that was asked.
  return `${reason.startsWith(host) ? '' : `${host}: `}${reason}; again ${again} (attempt ${String(attempt)} of ${String(of)})`;
}
