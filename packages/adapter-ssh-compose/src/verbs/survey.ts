/**
 * One look at a host: what the project is, what runs, what the ledger says.
 * @module
 */
import { err, failure, ok, type Call, type DeployerError, type HostRelease, type Result } from '@davit/core';
import { surveyScript, type SurveyOptions } from '../commands/survey.js';
import { commonFault, lastWords, stepFault, evidence } from '../errors.js';
import { readContainers, readImages, type Container, type Image } from '../host/container.js';
import { bytesOf, readFile } from '../host/files.js';
import { entriesOf, readLedger, type Ledger } from '../host/ledger.js';
import { readRecord, type DeploymentRecord, type Seen } from '../host/previous.js';
import { viewOf, type ServiceView } from '../host/view.js';
import { readConfig, type ProjectConfig } from '../project/config.js';
import type { Report } from '../report.js';
import { ask, type HostContext } from './context.js';

export interface Survey {
  readonly config: ProjectConfig;
  readonly containers: readonly Container[];
  readonly images: ReadonlyMap<string, Image>;
  readonly ledger: Ledger;
  /** Newest first. */
  readonly records: readonly DeploymentRecord[];
  readonly report: Report;
}

/** Reads the steps `config`, `containers` and the others that a survey prints. */
export function readSurvey(host: string, report: Report): Result<Survey, DeployerError> {
  const config = report.step('config');
  if (config === undefined) return err(failure('command_failed', `${host}: the survey of the host is incomplete`, { host }));
  if (config.rc !== 0) {
    return err(commonFault(host, config.err) ?? failure('project_invalid', `${host}: Compose does not accept the project: ${lastWords(config.err, 2)}`, { host, exitCode: config.rc, ...evidence(config.err) }));
  }
  const containers = report.step('containers');
  // One that went away between the listing and the look is no longer of interest.
  if (containers !== undefined && containers.rc !== 0 && !/no such (?:container|object)/i.test(containers.err)) return err(stepFault(host, containers, 'the look at the containers'));
  const ledger = readLedger(bytesOf(readFile(report, 'ledger')));
  const records = (report.out('records') ?? '').split('\n').map(readRecord).filter((record) => record !== null);
  return ok({ config: readConfig(config.out), containers: readContainers(containers), images: readImages(report), ledger, records, report });
}

export async function survey(context: HostContext, call: Call, options: SurveyOptions = {}): Promise<Result<Survey, DeployerError>> {
  const report = await ask(context, surveyScript(context.settled.place, options), { call, what: 'the look at the host' });
  return report.andThen((found) => readSurvey(context.host, found));
}

/** What runs of each service of a release. */
export function viewsOf(context: HostContext, seen: Survey, release: HostRelease): readonly ServiceView[] {
  return release.services.map(({ service, image }) => {
    const proven = entriesOf(seen.ledger, [service]).flatMap(({ services }) => services.filter((one) => one.service === service).map((one) => one.image));
    return viewOf(service, seen.containers, seen.images, { project: seen.config.name, jobs: context.settled.jobs, known: [image, ...proven] });
  });
}

export const seenOf = (context: HostContext, found: Survey, release: HostRelease): Seen => ({ views: viewsOf(context, found, release), ledger: found.ledger, records: found.records });

/** The error for services that the project does not have; undefined where it has all. */
export function unknownServices(host: string, config: ProjectConfig, services: readonly string[]): DeployerError | undefined {
  const unknown = services.filter((service) => !config.services.has(service));
  if (unknown.length === 0) return undefined;
  const names = [...config.services.keys()];
  return failure('service_unknown', `${host}: the Compose project has no service ${unknown.join(', ')}; it has ${names.join(', ') || 'none'}`, { host, services: unknown, expected: names, ...(unknown[0] === undefined ? {} : { service: unknown[0] }) });
}
