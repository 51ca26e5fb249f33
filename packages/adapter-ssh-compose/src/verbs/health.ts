/**
 * R60–R62: waits until every service is stable and healthy, by its own looks at the containers.
 * @module
 */
import { err, failure, ok, type Call, type DeployerError, type HostChange, type HostFailure, type HostRelease, type Result } from '@davit/core';
import { inspectFunction, namedContainers } from '../commands/inspect.js';
import { prelude } from '../commands/prelude.js';
import { evidence, interrupted, stepFault, withChange } from '../errors.js';
import { containersOf, readContainers, type Container } from '../host/container.js';
import { watchStability } from '../host/stability.js';
import { ask, say, type HostContext } from './context.js';
import { gatherEvidence } from './evidence.js';
import { survey, unknownServices } from './survey.js';

/** Looks in a row that may fail, for the network's sake, before the wait is given up. */
const patience = 3;

async function unhealthy(context: HostContext, service: string, why: string, containers: readonly Container[], call: Call): Promise<HostFailure> {
  const { host } = context;
  const text = await gatherEvidence(context, containers, call);
  const [first] = containers;
  return withChange(failure('service_unhealthy', `${host}: ${service}: ${why}`, { host, service, ...(first === undefined ? {} : { exitCode: first.state.ExitCode }), ...evidence(text) }), false);
}

export async function health(context: HostContext, release: HostRelease, call: Call): Promise<Result<HostChange, HostFailure>> {
  const { host, settled } = context;
  const services = release.services.map(({ service }) => service);
  const found = await survey(context, call);
  if (found.isErr()) return err(withChange(found.error, false));
  const { config } = found.value;
  const unknown = unknownServices(host, config, services);
  if (unknown !== undefined) return err(withChange(unknown, false));
  const replicas = new Map(services.map((service) => [service, config.services.get(service)?.replicas ?? 1]));
  const stability = watchStability({ ...settled.health, services, replicas, jobs: settled.jobs });
  const script = [prelude(settled.place), inspectFunction, namedContainers(config.name)].join('\n');
  const deadline = settled.clock.now() + settled.health.timeoutMs;
  let containers = found.value.containers;
  let failures = 0;
  let fault: DeployerError | undefined;
  for (;;) {
    if (call.signal.aborted) return err(withChange(interrupted(host), false));
    if (fault === undefined) {
      const verdict = stability.look(settled.clock.now(), containers);
      if (verdict.kind === 'failed') return err(await unhealthy(context, verdict.service, `${verdict.container.name} ${verdict.why}`, [verdict.container], call));
      if (verdict.kind === 'steady') {
        const own = services.flatMap((service) => containersOf(containers, service));
        return ok({ changed: false, facts: { withoutHealthcheck: [...verdict.withoutHealthcheck], containers: own.map(({ name, state }) => ({ name, startedAt: state.StartedAt, health: state.Health?.Status ?? 'none' })) } });
      }
      say(context, call, verdict.why.join('; '));
      if (settled.clock.now() >= deadline) {
        const [service = ''] = services.filter((name) => verdict.why.some((sentence) => sentence.includes(name)));
        const shown = containersOf(containers, service);
        return err(await unhealthy(context, service, `not healthy within ${String(settled.health.timeoutMs / 1000)} s: ${verdict.why.join('; ')}`, shown, call));
      }
    } else if (failures > patience || !fault.retryable || settled.clock.now() >= deadline) return err(withChange(fault, false));
    await settled.clock.sleep(settled.health.intervalMs, call.signal);
    const report = await ask(context, script, { call, what: 'the look at the containers' });
    const step = report.isOk() ? report.value.step('containers') : undefined;
    const seen = step !== undefined && (step.rc === 0 || /no such (?:container|object)/i.test(step.err));
    fault = seen ? undefined : report.isErr() ? report.error : step === undefined ? failure('command_failed', `${host}: the look at the containers is incomplete`, { host }) : stepFault(host, step, 'the look at the containers');
    failures = fault === undefined ? 0 : failures + 1;
    if (step !== undefined && fault === undefined) containers = readContainers(step);
  }
}
