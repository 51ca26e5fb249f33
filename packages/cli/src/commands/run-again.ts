/**
 * What to do about an error of a command that keeps no journal: there is nothing to resume, and nothing to be afraid of.
 * @module
 */
import type { DavitError, ErrorCode } from '@davit/core/adapter';

const remedies: Partial<Record<ErrorCode, string>> = {
  interrupted: 'Run the same command again: nothing that is done is done twice.',
  registry_unavailable: 'Wait, then run the same command again; look at the registry.',
};

/** The error with a remedy of its own, where the usual one speaks of promotions. */
export function runAgain<E extends DavitError>(error: E): E & { readonly remedy?: string } {
  const remedy = remedies[error.code];
  return remedy === undefined ? error : { ...error, remedy };
}
