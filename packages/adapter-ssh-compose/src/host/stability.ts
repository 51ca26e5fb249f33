/**
 * When services count as up and well (R60–R62): every container of every service, for long enough, without a restart.
 *
 * `docker compose up --wait` is no help here: it passes for crash loops, looks at one container of several, and fails for
 * jobs that are done.
 * @module
 */
import { containersOf, type Container } from './container.js';

export interface StabilityPlan {
  readonly services: readonly string[];
  /** How many containers a service should have. */
  readonly replicas: ReadonlyMap<string, number>;
  /** Services that run to their end: well when every container exited with 0. */
  readonly jobs: readonly string[];
  /** How long a service without a health check has to stay up. Milliseconds. */
  readonly stableMs: number;
  /** The same for a service with one. */
  readonly stableWithHealthcheckMs: number;
}

export type Verdict =
  | { readonly kind: 'waiting'; readonly why: readonly string[] }
  | { readonly kind: 'failed'; readonly service: string; readonly container: Container; readonly why: string }
  | { readonly kind: 'steady'; readonly withoutHealthcheck: readonly string[] };

export interface Stability {
  /** Judges one look at the host. */
  look(now: number, containers: readonly Container[]): Verdict;
}

/** Why a container is beyond hope; undefined while it is not. */
function fatal(container: Container, isJob: boolean, before: Container | undefined): string | undefined {
  const { state } = container;
  const isDone = isJob && state.Status === 'exited' && state.ExitCode === 0;
  if (isDone) return undefined;
  if (state.OOMKilled && (state.Status !== 'running' || before?.state.OOMKilled === false)) return 'ran out of memory';
  if (state.Status === 'exited' || state.Status === 'dead') return `exited with code ${String(state.ExitCode)}`;
  if (state.Status === 'restarting') return `restarts again and again, last with exit code ${String(state.ExitCode)}`;
  if (before !== undefined && container.restarts > before.restarts) return `was restarted (${String(container.restarts)} times so far)`;
  if (state.Health?.Status === 'unhealthy') return 'is unhealthy';
  return undefined;
}

/** What is still to come before a container is well; undefined when it is. */
function pending(container: Container, isJob: boolean): string | undefined {
  const { state } = container;
  if (isJob) return state.Status === 'exited' ? undefined : 'has not ended';
  if (state.Status !== 'running') return `is ${state.Status}`;
  return state.Health != null && state.Health.Status !== 'healthy' && state.Health.Status !== 'none' ? `has health ${state.Health.Status}` : undefined;
}

export function watchStability(plan: StabilityPlan): Stability {
  const first = new Map<string, Container>();
  const good = new Map<string, { readonly since: number; readonly signature: string }>();

  const judge = (service: string, now: number, all: readonly Container[]): Verdict => {
    const own = containersOf(all, service);
    const isJob = plan.jobs.includes(service);
    for (const container of own) {
      const why = fatal(container, isJob, first.get(container.id));
      if (why !== undefined) return { kind: 'failed', service, container, why };
      if (!first.has(container.id)) first.set(container.id, container);
    }
    const expected = plan.replicas.get(service) ?? 1;
    const waits = own.flatMap((container) => {
      const why = pending(container, isJob);
      return why === undefined ? [] : [`${container.name} ${why}`];
    });
    if (own.length !== expected) waits.push(`${service} has ${String(own.length)} of ${String(expected)} containers`);
    const signature = own.map(({ id, state }) => `${id} ${state.StartedAt}`).sort().join();
    const since = waits.length > 0 ? undefined : good.get(service);
    if (waits.length > 0) {
      good.delete(service);
      return { kind: 'waiting', why: waits };
    }
    if (since === undefined || since.signature !== signature) good.set(service, { since: now, signature });
    const bare = !isJob && own.every(({ state }) => state.Health == null || state.Health.Status === 'none');
    const needed = isJob ? 0 : bare ? plan.stableMs : plan.stableWithHealthcheckMs;
    const steadyMs = now - (good.get(service)?.since ?? now);
    if (steadyMs < needed) return { kind: 'waiting', why: [`${service} is up for ${String(Math.floor(steadyMs / 1000))} of ${String(Math.ceil(needed / 1000))} s`] };
    return { kind: 'steady', withoutHealthcheck: bare ? [service] : [] };
  };

  return {
    look: (now, containers) => {
      const verdicts = plan.services.map((service) => judge(service, now, containers));
      const failed = verdicts.find((verdict) => verdict.kind === 'failed');
      if (failed !== undefined) return failed;
      const why = verdicts.flatMap((verdict) => (verdict.kind === 'waiting' ? verdict.why : []));
      if (why.length > 0) return { kind: 'waiting', why };
      return { kind: 'steady', withoutHealthcheck: verdicts.flatMap((verdict) => (verdict.kind === 'steady' ? verdict.withoutHealthcheck : [])) };
    },
  };
}
