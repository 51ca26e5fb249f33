/**
 * Exit codes of failures that are no outcome of a promotion. Those of outcomes come with the report.
 * @module
 */
import type { StopSignal } from './surroundings.js';

/** What was given is wrong: nothing was begun. */
const wrongUse: ReadonlySet<string> = new Set(['usage_invalid', 'configuration_invalid', 'configuration_unreadable', 'reference_invalid', 'digest_invalid', 'environment_unknown', 'promotion_unknown']);

/** 2 for wrong use, else 1. `beginning`: a reference that names nothing is wrong use as well (R1). */
export function exitCodeOfError(code: string, { beginning = false }: { readonly beginning?: boolean } = {}): 1 | 2 {
  return wrongUse.has(code) || (beginning && code === 'manifest_not_found') ? 2 : 1;
}

/** As shells have it: 128 and the number of the signal. */
export function exitCodeOfSignal(signal: StopSignal): 130 | 143 {
  return signal === 'SIGINT' ? 130 : 143;
}
