/**
 * R50: everything that can be known to fail before anything is changed.
 * @module
 */
import { err, failure, ok, type Call, type DeployerError, type HostFailure, type HostRelease, type Result } from '@davit/core';
import { imagesScript, preflightScript } from '../commands/preflight.js';
import { lastWords, withChange } from '../errors.js';
import { containersOf, readImages } from '../host/container.js';
import { readFile } from '../host/files.js';
import { isLocalName } from '../host/keep.js';
import { hostState } from '../host/previous.js';
import { holderOf, readPorts } from '../host/ports.js';
import { projectFiles } from '../project/env-file.js';
import { readPins } from '../project/pin-file.js';
import type { Report } from '../report.js';
import { ask, type HostContext } from './context.js';
import { findDifferences, runningDependencies } from './differences.js';
import { readSurvey, seenOf, unknownServices, type Survey } from './survey.js';

/** The oldest Compose whose `ps` prints one JSON object a line. */
const leastCompose = [2, 21] as const;
const allowedSkewSeconds = 60;

/** The numbers of a version, whatever a distribution adds to it: `2.26.1-4` is [2, 26, 1]. */
export const versionOf = (text: string): readonly number[] => (/(\d+)\.(\d+)(?:\.(\d+))?/.exec(text)?.slice(1) ?? []).filter((part) => part !== undefined).map(Number);

const isOlder = ([major = 0, minor = 0]: readonly number[], [leastMajor, leastMinor]: readonly [number, number]): boolean => major < leastMajor || (major === leastMajor && minor < leastMinor);

function checkPrograms(host: string, report: Report): DeployerError | undefined {
  const absent = report.out('tools')?.split('\n').filter((name) => name !== '') ?? [];
  if (absent.length > 0) return failure('command_failed', `${host}: programs are missing: ${absent.join(', ')}`, { host });
  const engine = report.step('engine');
  if (engine !== undefined && engine.rc !== 0) return failure('docker_unavailable', `${host}: Docker does not answer: ${lastWords(engine.err)}`, { host, retryable: true });
  const version = report.step('version');
  if (version === undefined || version.rc !== 0) return failure('compose_unavailable', `${host}: there is no Docker Compose: ${lastWords(version?.err ?? '')}`, { host });
  if (isOlder(versionOf(version.out), leastCompose)) return failure('compose_unavailable', `${host}: Docker Compose is ${version.out.trim()}; 2.21 is the oldest that will do`, { host, expected: '2.21', actual: version.out.trim() });
  const directory = report.step('directory');
  if (directory !== undefined) return failure('project_invalid', `${host}: the project directory cannot be entered: ${lastWords(directory.err)}`, { host });
  return undefined;
}

function checkFiles(context: HostContext, report: Report): DeployerError | undefined {
  const { host, settled } = context;
  const [cannot] = report.out('writable')?.split('\n').filter((line) => line !== '') ?? [];
  if (cannot !== undefined) return failure('pin_failed', `${host}: ${cannot}`, { host });
  const pin = readFile(report, 'pin');
  const environment = readFile(report, 'environment');
  if (pin.kind === 'link') return failure('pin_failed', `${host}: ${settled.place.pinFile} is a symbolic link, which is not written through`, { host, path: settled.place.pinFile });
  if (settled.place.files === null && environment.kind === 'link') return failure('pin_failed', `${host}: .env is a symbolic link, which is not written through; name the files in the option project.files`, { host, path: '.env' });
  if (pin.kind === 'file' && readPins(pin.bytes) === null) return failure('pin_failed', `${host}: ${settled.place.pinFile} was changed by hand; put your settings into another file and remove it`, { host, path: settled.place.pinFile });
  return undefined;
}

function checkSpace({ host, settled }: HostContext, report: Report, warnings: string[]): DeployerError | undefined {
  const places = [
    ['images', settled.minimumFree.images, `Docker's directory ${report.out('root')?.trim() ?? ''}`],
    ['project', settled.minimumFree.project, 'the project directory'],
  ] as const;
  for (const [name, least, where] of places) {
    const kibibytes = Number(report.out(`free:${name}`)?.trim() || Number.NaN);
    if (Number.isNaN(kibibytes)) warnings.push(`the free space of ${where} is not known`);
    else if (kibibytes * 1024 < least) return failure('host_disk_full', `${host}: ${where} has ${String(Math.floor(kibibytes / 1024))} MiB left; ${String(Math.ceil(least / 2 ** 20))} MiB are asked for`, { host, expected: least, actual: kibibytes * 1024 });
  }
  return undefined;
}

function checkPorts({ host }: HostContext, found: Survey, release: HostRelease): DeployerError | undefined {
  const inUse = readPorts(found.report);
  for (const { service } of release.services) {
    for (const port of found.config.services.get(service)?.ports ?? []) {
      const holder = holderOf(port, { project: found.config.name, service }, inUse);
      if (holder !== undefined) return failure('port_in_use', `${host}: port ${String(port.port)}/${port.protocol}, which ${service} publishes, is held by ${holder}`, { host, service, port: port.port, holder });
    }
  }
  return undefined;
}

/** R50, second half: what runs and the project may differ in the promoted images alone. */
async function checkDifferences(context: HostContext, found: Survey, release: HostRelease, call: Call, warnings: string[]): Promise<DeployerError | undefined> {
  const { host } = context;
  const services = release.services.map(({ service }) => service);
  const different = await findDifferences(context, found, services, runningDependencies(found, services), call);
  if (different.isErr()) return different.error;
  const refused = (service: string, why: string): DeployerError =>
    failure('project_differs', `${host}: ${service} ${why}; bring that up by itself first (docker compose up -d ${service}), then promote`, { host, service });
  const now = versionOf(found.report.out('version') ?? '').join('.');
  for (const container of different.value.settings) {
    if (versionOf(container.version).join('.') === now) return refused(container.service, 'runs with other settings than the Compose project has now');
    // Every version of Compose hashes in its own way: across an update of Compose there is nothing to compare.
    warnings.push(`${container.name} was made by Compose ${container.version}, and ${now} cannot tell whether its settings changed since`);
  }
  const [moved] = different.value.images;
  return moved === undefined ? undefined : refused(moved.service, `would be made anew, because its image ${found.config.services.get(moved.service)?.image ?? ''} is another one on the host by now`);
}

/** Images of the previous release that are no longer on the host: a rollback would have to pull them first. */
async function goneImages(context: HostContext, found: Survey, previous: HostRelease, call: Call): Promise<readonly string[]> {
  const running = new Set(found.containers.map(({ reference }) => reference));
  const names = previous.services.map(({ image }) => image).filter((image) => !running.has(image) && ![...found.images.values()].some(({ digests }) => digests.includes(image)));
  if (names.length === 0) return [];
  const asked = await ask(context, imagesScript(context.settled.place, names), { call, what: 'the look at the previous images' });
  if (asked.isErr()) return [];
  const present = readImages(asked.value);
  return names.filter((image) => !present.has(image) && !isLocalName(image));
}

async function remarks(context: HostContext, found: Survey, release: HostRelease, call: Call): Promise<readonly string[]> {
  const { previous, drift } = hostState(release, seenOf(context, found, release));
  const sentences = [...drift];
  for (const image of previous === undefined ? [] : await goneImages(context, found, previous, call)) sentences.push(`the previous image ${image} is no longer on the host; a rollback has to pull it first`);
  if (previous === undefined) sentences.push('there is no previous release to return to if this one fails');
  const skew = Math.round(Number(found.report.out('clock') ?? Number.NaN) - context.settled.clock.now() / 1000);
  if (Math.abs(skew) > allowedSkewSeconds) sentences.push(`the clock of the host is ${String(Math.abs(skew))} s ${skew > 0 ? 'ahead of' : 'behind'} this machine's`);
  for (const { service } of release.services) {
    const runs = containersOf(found.containers, service).length;
    const wanted = found.config.services.get(service)?.replicas ?? 1;
    if (runs > 0 && runs !== wanted) sentences.push(`${service} has ${String(runs)} containers; the project asks for ${String(wanted)}`);
  }
  return sentences;
}

async function check(context: HostContext, release: HostRelease, call: Call): Promise<Result<{ readonly warnings: readonly string[] }, DeployerError>> {
  const { host, settled } = context;
  const services = release.services.map(({ service }) => service);
  const asked = await ask(context, preflightScript(settled.place, release.services.map(({ image }) => image)), { call, what: 'the preflight', explains: ['directory'] });
  if (asked.isErr()) return err(asked.error);
  const report = asked.value;
  const programs = checkPrograms(host, report);
  if (programs !== undefined) return err(programs);
  const found = readSurvey(host, report);
  if (found.isErr()) return err(found.error);
  const warnings: string[] = [];
  const faults = [
    () => unknownServices(host, found.value.config, services),
    () => checkFiles(context, report),
    () => checkSpace(context, report, warnings),
    () => checkPorts(context, found.value, release),
  ];
  for (const fault of faults) {
    const error = fault();
    if (error !== undefined) return err(error);
  }
  if (settled.place.files === null) {
    const environment = readFile(report, 'environment');
    const files = projectFiles(environment.kind === 'file' ? environment.bytes : null, (report.out('names') ?? '').split('\n'), settled.place.pinFile);
    if (files.isErr()) return err(failure('project_invalid', `${host}: ${files.error}`, { host }));
  }
  const different = await checkDifferences(context, found.value, release, call, warnings);
  if (different !== undefined) return err(different);
  return ok({ warnings: [...warnings, ...(await remarks(context, found.value, release, call))] });
}

/** Reads only, so a failure never changed anything. */
export async function preflight(context: HostContext, release: HostRelease, call: Call): Promise<Result<{ readonly warnings: readonly string[] }, HostFailure>> {
  return (await check(context, release, call)).mapErr((error) => withChange(error, false));
}
