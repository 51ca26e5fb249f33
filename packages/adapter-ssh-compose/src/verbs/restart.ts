/**
 * R57–R59 and R75: brings the services up with their pinned images; one that runs its image already is left alone.
 * @module
 */
import { err, failure, ok, type Call, type DeployerError, type HostCall, type HostChange, type HostFailure, type HostRelease, type Result } from '@davit/core';
import { portsScript } from '../commands/ports.js';
import { upScript } from '../commands/up.js';
import { commonFault, evidence, faultOf, lastWords, stepFault, withChange } from '../errors.js';
import { containersOf, fingerprint, isUp, readContainers, type Container } from '../host/container.js';
import { holderOf, portIn, readPorts } from '../host/ports.js';
import { dependenciesOf } from '../project/config.js';
import type { Report } from '../report.js';
import { ask, cameBefore, say, type HostContext } from './context.js';
import { gatherEvidence } from './evidence.js';
import { findDifferences, runningDependencies } from './differences.js';
import { survey, unknownServices, type Survey } from './survey.js';

const succeeded = (container: Container): boolean => container.state.Status === 'exited' && container.state.ExitCode === 0;

/** The services that these need and that neither run nor have done their work. */
function missingDependencies({ config, containers }: Survey, services: readonly string[]): readonly string[] {
  return dependenciesOf(config, services).filter((name) => {
    const own = containersOf(containers, name);
    return own.length === 0 || !(own.some(isUp) || own.every(succeeded));
  });
}

/** Services that are as they should be already: every container from the wanted image, and up or, for a job, done. */
function isRight({ config, containers, images }: Survey, service: string, image: string, jobs: readonly string[]): boolean {
  const own = containersOf(containers, service);
  return own.length === (config.services.get(service)?.replicas ?? 1) && own.every((container) => container.reference === image && container.image === images.get(image)?.id && (jobs.includes(service) ? succeeded(container) : container.state.Status === 'running'));
}

/** Who holds the port that the engine could not bind. */
async function portFault(context: HostContext, found: Survey, service: string, words: string, call: Call): Promise<DeployerError> {
  const { host, settled } = context;
  const port = portIn(words);
  const report = await ask(context, portsScript(settled.place), { call, what: 'the look at the ports' });
  const wanted = [...(found.config.services.get(service)?.ports ?? [])].find((one) => one.port === port) ?? (port === undefined ? undefined : { port, protocol: 'tcp' });
  const holder = wanted === undefined || report.isErr() ? undefined : holderOf(wanted, { project: found.config.name, service }, readPorts(report.value));
  return failure('port_in_use', `${host}: ${service} cannot start: port ${port === undefined ? '' : `${String(port)} `}is held by ${holder ?? 'somebody else'}`, {
    host,
    service,
    ...(port === undefined ? {} : { port }),
    ...(holder === undefined ? {} : { holder }),
    ...evidence(words),
  });
}

/** The first service that did not come up; Compose's words name a container or nothing at all. */
function blame(release: HostRelease, containers: readonly Container[], words: string): string {
  const names = release.services.map(({ service }) => service);
  const stuck = names.find((service) => containersOf(containers, service).some(({ state }) => state.Status === 'created')) ?? names.find((service) => !containersOf(containers, service).some(isUp));
  return stuck ?? names.find((service) => words.includes(service)) ?? names[0] ?? '';
}

async function upFault(context: HostContext, found: Survey, release: HostRelease, report: Report, call: Call): Promise<DeployerError> {
  const { host } = context;
  const step = report.steps.filter(({ name }) => name === 'up' || name === 'again').at(-1);
  const words = step?.out ?? report.stderr;
  const after = readContainers(report.step('containers'));
  const service = blame(release, after, words);
  const fault = faultOf(words);
  if (fault === 'port_in_use') return portFault(context, found, service, words, call);
  const common = fault === 'config' ? undefined : commonFault(host, words, { service });
  if (common !== undefined) return common;
  if (fault === 'oci' || fault === 'dependency' || fault === 'no_such_image' || fault === 'conflict') {
    const logs = await gatherEvidence(context, containersOf(after, service).filter((container) => !isUp(container)), call);
    return failure('start_failed', `${host}: ${service} does not start: ${lastWords(words)}`, { host, service, ...evidence(`${words}\n${logs}`) });
  }
  return failure('compose_error', `${host}: docker compose up failed: ${lastWords(words, 2)}`, { host, service, ...(step === undefined ? {} : { exitCode: step.rc }), ...evidence(words) });
}

/** R58: a container for each service, made from the image that was asked for. Whether it stays up is a matter of health. */
function notStarted(host: string, release: HostRelease, found: Survey, after: readonly Container[]): DeployerError | undefined {
  for (const { service, image } of release.services) {
    const own = containersOf(after, service);
    if (own.length === 0) return failure('start_failed', `${host}: ${service} has no container`, { host, service });
    const stuck = own.find(({ state }) => state.Status === 'created');
    if (stuck !== undefined) return failure('start_failed', `${host}: ${stuck.name} was made and not started${stuck.state.Error === undefined || stuck.state.Error === '' ? '' : `: ${stuck.state.Error}`}`, { host, service });
    const wanted = found.images.get(image)?.id;
    const other = own.find((container) => container.reference !== image && container.image !== wanted);
    if (other !== undefined) return failure('start_failed', `${host}: ${other.name} runs ${other.reference}, not ${image}`, { host, service, expected: image, actual: other.reference });
  }
  return undefined;
}

const facts = (containers: readonly Container[], services: readonly string[]) => ({
  containers: containers
    .filter(({ service, oneoff }) => services.includes(service) && !oneoff)
    .map(({ name, id, image, state }) => ({ name, id: id.slice(0, 12), image, startedAt: state.StartedAt })),
});

export async function restart(context: HostContext, release: HostRelease, call: HostCall): Promise<Result<HostChange, HostFailure>> {
  const { host, settled } = context;
  const services = release.services.map(({ service }) => service);
  const seen = await survey(context, call, { images: release.services.map(({ image }) => image), files: true });
  if (seen.isErr()) return err(withChange(seen.error, false));
  const found = seen.value;
  const unknown = unknownServices(host, found.config, services);
  if (unknown !== undefined) return err(withChange(unknown, false));
  const todo = release.services.filter(({ service, image }) => !isRight(found, service, image, settled.jobs)).map(({ service }) => service);
  // Without a name `up` would bring up everything.
  if (todo.length === 0) return ok({ changed: false, facts: facts(found.containers, services) });
  const different = await findDifferences(context, found, [], runningDependencies(found, services), call);
  if (different.isErr()) return err(withChange(different.error, false));
  say(context, call, `starting ${todo.join(', ')}`);

  const script = upScript(settled.place, call.claim, {
    project: found.config.name,
    services: todo,
    missing: missingDependencies(found, services),
    withDependencies: different.value.settings.length + different.value.images.length === 0,
    graceSeconds: settled.graceSeconds,
  });
  const asked = await ask(context, script, { call, claim: call.claim, timeoutMs: settled.timeouts.restartMs, what: 'docker compose up' });
  if (asked.isErr()) return err(cameBefore(asked.error) ? withChange(asked.error, false) : asked.error);
  const report = asked.value;
  const look = report.step('containers');
  if (look === undefined || look.rc !== 0) return err(look === undefined ? failure('command_failed', `${host}: docker compose up gave no report`, { host }) : stepFault(host, look, 'the look at the containers'));
  const after = readContainers(look);
  const changed = fingerprint(found.containers, services) !== fingerprint(after, services);
  const step = report.steps.filter(({ name }) => name === 'up' || name === 'again').at(-1);
  if (step !== undefined && step.rc !== 0) return err(withChange(await upFault(context, found, release, report, call), changed));
  const fault = notStarted(host, release, found, after);
  return fault === undefined ? ok({ changed, facts: facts(after, services) }) : err(withChange(fault, changed));
}
