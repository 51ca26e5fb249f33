/**
 * Ends services: politely, or by force. Only the named ones, and never by the exit code: Compose returns 0 in any case.
 * @module
 */
import type { HostClaim } from '@davit/core';
import { quoteAll } from '../quote.js';
import { inspectFunction, namedContainers } from './inspect.js';
import { guard } from './lock.js';
import { composeFunction, enter, prelude, type Place } from './prelude.js';

export interface StopPlan {
  readonly project: string;
  readonly services: readonly string[];
  /** Seconds; null: as the project says. */
  readonly graceSeconds: number | null;
}

/** `each COMMAND…` runs a command over the ids of all containers of the services that are up. */
function eachRunning({ project, services }: StopPlan): string {
  return `each() {
  for davit_service in ${quoteAll(services)}; do
    davit_ids=$(docker ps -q --no-trunc --filter "label=com.docker.compose.project=${project}" --filter "label=com.docker.compose.service=$davit_service" --filter label=com.docker.compose.oneoff=False)
    [ -z "$davit_ids" ] || "$@" $davit_ids
  done
}`;
}

function parts(place: Place, claim: HostClaim, plan: StopPlan): readonly string[] {
  return [prelude(place), composeFunction(place), inspectFunction, eachRunning(plan), guard(claim), enter];
}

/** Step `stop`; where Compose cannot (a service is no longer in the project), step `direct`. Then `containers`. */
export function stopScript(place: Place, claim: HostClaim, plan: StopPlan): string {
  const grace = plan.graceSeconds === null ? '' : ` -t ${String(plan.graceSeconds)}`;
  return [
    ...parts(place, claim, plan),
    `step stop compose stop${grace} ${quoteAll(plan.services)}`,
    `[ "$davit_rc" -eq 0 ] || step direct each docker stop${grace}`,
    namedContainers(plan.project),
  ].join('\n');
}

/** Steps `kill` and, for what still runs then, `remove`. Then `containers`. */
export function forceStopScript(place: Place, claim: HostClaim, plan: StopPlan): string {
  return [
    ...parts(place, claim, plan),
    `step kill compose kill ${quoteAll(plan.services)}`,
    'running() { each printf "%s\\n"; }',
    'for davit_try in 1 2 3 4 5 6 7 8 9 10; do [ -n "$(running)" ] || break; sleep 0.2; done',
    '[ -z "$(running)" ] || step remove each docker rm -f',
    namedContainers(plan.project),
  ].join('\n');
}
