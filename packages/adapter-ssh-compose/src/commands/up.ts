/**
 * Brings services up with the images that are pinned.
 * @module
 */
import type { HostClaim } from '@davit/core';
import { quote, quoteAll } from '../quote.js';
import { inspectFunction, namedContainers } from './inspect.js';
import { guard } from './lock.js';
import { composeFunction, enter, prelude, type Place } from './prelude.js';

export interface UpPlan {
  readonly project: string;
  readonly services: readonly string[];
  /** Whether services that these need, and that do not run, are brought up as well. */
  readonly withDependencies: boolean;
  /** Seconds that a process has to end; null: as the project says. */
  readonly graceSeconds: number | null;
}

/** Removes what a killed `up` left of these services: its next run trips over it. */
function leftovers({ project, services }: UpPlan): string {
  const own = services.map((service) => `" ${service} "*`).join('|');
  return `leftovers() {
  docker ps -a --no-trunc --filter ${quote(`label=com.docker.compose.project=${project}`)} --filter status=created --filter status=exited --filter status=dead --format '{{.ID}} {{.Label "com.docker.compose.service"}} {{.Names}}' | while read -r davit_id davit_service davit_container; do
    case " $davit_service " in ${own}) ;; *) continue ;; esac
    printf '%s\\n' "$davit_container" | grep -qE '^[0-9a-f]{12}_' || continue
    docker rm -f "$davit_id" >/dev/null
    printf '%s\\n' "$davit_container"
  done
}`;
}

/**
 * Steps `leftovers`, `up` (`again` where Docker still knew a name of before), then `containers`.
 * Nothing is pulled for the services themselves: a rollback works without a registry.
 */
export function upScript(place: Place, claim: HostClaim, plan: UpPlan): string {
  const flags = ['--no-build', ...(plan.withDependencies ? ['--pull', 'missing'] : ['--no-deps', '--pull', 'never']), ...(plan.graceSeconds === null ? [] : ['-t', String(plan.graceSeconds)])];
  return [
    prelude(place),
    composeFunction(place),
    inspectFunction,
    leftovers(plan),
    guard(claim),
    enter,
    'step leftovers leftovers',
    `up() { compose up -d ${flags.join(' ')} ${quoteAll(plan.services)} 2>&1 >/dev/null; }`,
    // Compose says everything on standard error; it is kept as the step's own words.
    'step up up',
    `case $davit_out in *"is already in use by container"*)
  sleep 1
  step leftovers leftovers
  step again up
esac`,
    namedContainers(plan.project),
  ].join('\n');
}

/** The tail of a container's log, for an error's evidence. */
export function logsScript(place: Place, containers: readonly string[], lines: number): string {
  return [
    prelude(place),
    ...containers.map((id) => `logs() { docker logs --tail ${String(lines)} ${quote(id)} 2>&1; }\nstep ${quote(`logs:${id}`)} logs`),
  ].join('\n');
}

