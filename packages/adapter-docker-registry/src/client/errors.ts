/**
 * The errors that need no reading of what came; see `refusal.ts` for statuses, and `network-fault.ts` for what a library throws.
 * @module
 */
import { failure, type RegistryError } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';

export function interrupted(asked: Asked): RegistryError {
  return failure('interrupted', `${sentence(asked)}: it was interrupted`, factsOf(asked));
}

/** The answer is none that the specification knows. Retryable where it may have been damaged on the way. */
export function protocolError(asked: Asked, what: string, retryable = false): RegistryError {
  return failure('registry_protocol', `${sentence(asked)}: ${what}`, { ...factsOf(asked), retryable });
}
