/**
 * How an upload goes over all its attempts, and what becomes of its session when one of them fails.
 * @module
 */
import type { RegistryError } from '@davit/core/adapter';

/** What is known of an upload over all its attempts. */
export interface Course {
  /** The bytes were sent in the last attempt, so that the registry may have them although its answer was lost. */
  isSent: boolean;
  /** The session whose connection broke: the registry may have kept what it got. */
  broken: URL | null;
  /** The registry could not say how far that session is; it is asked once more, and then no longer relied on. */
  isUnknown: boolean;
  sourceFault: RegistryError | undefined;
}

/** Why an attempt failed, and whether the source is to blame. */
export interface Failure {
  readonly error: RegistryError;
  readonly isSources: boolean;
}

/** What passes without a word on the session: nothing was answered to it, or an answer that others get as well. */
const passing: readonly RegistryError['code'][] = ['registry_unreachable', 'registry_timeout', 'registry_rate_limited', 'registry_unavailable', 'registry_unauthorized'];

/**
 * Whether the session of an attempt that failed may be gone on with. Not where an answer speaks of the session or of what is
 * in it: some registries keep a session, say how far it is, and refuse all that is sent to it.
 */
export function mayGoOn({ error, isSources }: Failure, offset: number): boolean {
  if (!error.retryable) return false;
  if (isSources) return true;
  // That is what a registry says, too, that cannot put the parts of a blob together.
  if (offset > 0 && error.status === 500) return false;
  return passing.includes(error.code);
}

const notRefusals: readonly RegistryError['code'][] = ['interrupted', 'reference_invalid', 'registry_certificate', 'registry_unreachable'];

/** The registry will not mount, for whatever reason of its own; an upload may still work. */
export function isRefusal({ code, retryable }: RegistryError): boolean {
  return !retryable && !notRefusals.includes(code);
}
