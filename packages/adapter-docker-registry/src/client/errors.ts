/**
 * The errors that need no reading of what came; see `refusal.ts` for statuses, and `network-fault.ts` for what a library throws.
 * @module
 */
import { failure, type RegistryError } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';

export function interrupted(asked: Asked): RegistryError {
  return failure('interrupted', `${sentence(asked)}: it was interrupted`, factsOf(asked));
}

/** Why a signal fired: the adapter was closed. It is the adapter's own, and never leaves it. */
export class AdapterClosed extends Error {
  readonly adapter: string;
  constructor(adapter: string) {
    super(`the adapter ${adapter} was closed`);
    this.adapter = adapter;
  }
}

/** What a signal that has fired ended. Whom nobody interrupted, asking the same adapter again never helps. */
export function stopped(asked: Asked, signal: AbortSignal): RegistryError {
  const reason: unknown = signal.reason;
  return reason instanceof AdapterClosed ? failure('interrupted', `${sentence(asked)}: the adapter ${reason.adapter} was closed; make another one to go on`, factsOf(asked)) : interrupted(asked);
}

/** The answer is none that the specification knows. Retryable where it may have been damaged on the way. */
export function protocolError(asked: Asked, what: string, retryable = false): RegistryError {
  return failure('registry_protocol', `${sentence(asked)}: ${what}`, { ...factsOf(asked), retryable });
}
