/**
 * R68: what runs on a host, and what a rollback would return to. Reads only.
 * @module
 */
import type { Call, DeployerError, HostRelease, HostState, Result } from '@davit/core';
import { hostState } from '../host/previous.js';
import type { HostContext } from './context.js';
import { seenOf, survey } from './survey.js';

export async function current(context: HostContext, release: HostRelease, call: Call): Promise<Result<HostState, DeployerError>> {
  const found = await survey(context, call, { ledger: true });
  return found.map((seen) => hostState(release, seenOf(context, seen, release)));
}
