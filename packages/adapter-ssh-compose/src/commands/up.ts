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
  /** Services that these need and that do not run yet. */
  readonly missing: readonly string[];
  /** Whether `up` may look after what the services need: it leaves alone what has not changed. */
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
 * Steps `leftovers`, `up` (`again` where Docker still knew a name of before), then `containers`. Images of the release are
 * never pulled here: a rollback works without a registry.
 *
 * `--no-deps` would be the obvious way to touch nothing else. But Compose hashes a service without its `depends_on` then,
 * and the next plain `up` by hand would recreate it. So it is kept for the case that something needed has changed, where
 * `up` would recreate that.
 */
export function upScript(place: Place, claim: HostClaim, plan: UpPlan): string {
  const grace = plan.graceSeconds === null ? '' : ` -t ${String(plan.graceSeconds)}`;
  const services = quoteAll(plan.services);
  const whole = `compose up -d --no-build --pull ${plan.missing.length > 0 ? 'missing' : 'never'}${grace} ${services}`;
  const first = plan.missing.length > 0 ? `compose up -d --no-build --pull missing --no-recreate ${quoteAll(plan.missing)} && ` : '';
  const apart = `${first}compose up -d --no-build --no-deps --pull never${grace} ${services}`;
  return [
    prelude(place),
    composeFunction(place),
    inspectFunction,
    leftovers(plan),
    guard(claim),
    enter,
    'step leftovers leftovers',
    // Compose says everything on standard error; it is kept as the step's own words.
    `up() { { ${plan.withDependencies ? whole : apart}; } 2>&1 >/dev/null; }`,
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

