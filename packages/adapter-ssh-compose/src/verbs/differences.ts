/**
 * Where a Compose project and what runs of it differ in more than the promoted images.
 *
 * `docker compose up` recreates every service that differs, with all that it needs: a database, too, whose tag names
 * another image by now. So both are looked for, in preflight to refuse, and before a restart to keep its hands off.
 * @module
 */
import { err, failure, ok, type Call, type DeployerError, type Result } from '@davit/core';
import { hashScript } from '../commands/preflight.js';
import { stepFault } from '../errors.js';
import { containersOf, isUp, readImages, type Container } from '../host/container.js';
import { readFile } from '../host/files.js';
import { dependenciesOf } from '../project/config.js';
import { projectFiles } from '../project/env-file.js';
import type { Report } from '../report.js';
import { ask, type HostContext } from './context.js';
import type { Survey } from './survey.js';

export interface Differences {
  /** Made with other settings than the project has now. */
  readonly settings: readonly Container[];
  /** Made from another image than the project's name means on the host now. */
  readonly images: readonly Container[];
}

const none: Differences = { settings: [], images: [] };

/** `service hash`, a line each. */
const readHashes = (text: string): ReadonlyMap<string, string> => new Map(text.split('\n').map((line) => line.trim().split(/\s+/)).flatMap(([service, hash]) => (service === undefined || hash === undefined ? [] : [[service, hash] as const])));

/** The services that a release needs besides its own and that are up. */
export const runningDependencies = ({ config, containers }: Survey, services: readonly string[]): readonly string[] => dependenciesOf(config, services).filter((name) => containersOf(containers, name).some(isUp));

function filesOf(context: HostContext, report: Report): readonly string[] {
  const { pinFile, files } = context.settled.place;
  const environment = readFile(report, 'environment');
  const present = (report.out('names') ?? '').split('\n').filter((name) => name !== '');
  const named = files ?? projectFiles(environment.kind === 'file' ? environment.bytes : null, present, pinFile).map((project) => project.files).unwrapOr([]);
  return [...named, ...(readFile(report, 'pin').kind === 'file' ? [pinFile] : [])];
}

/**
 * Renders each service with the image that it runs now, so that whatever still differs is something else than the image.
 * `others` are services that are not promoted: their image is compared as well. Wants a survey with `files`.
 */
export async function findDifferences(context: HostContext, found: Survey, services: readonly string[], others: readonly string[], call: Call): Promise<Result<Differences, DeployerError>> {
  const { host, settled } = context;
  const { config, containers, report } = found;
  const pins = new Map([...services, ...others].flatMap((service) => containersOf(containers, service).slice(0, 1).map(({ reference }) => [service, reference] as const)));
  if (pins.size === 0) return ok(none);
  const names = others.flatMap((service) => config.services.get(service)?.image ?? []);
  const asked = await ask(context, hashScript(settled.place, filesOf(context, report), config.name, pins, names), { call, what: 'the comparison of the project' });
  if (asked.isErr()) return err(asked.error);
  const hashes: ReadonlyMap<string, string>[] = [];
  for (const name of ['hashes', 'bare']) {
    const step = asked.value.step(name);
    if (step === undefined) return err(failure('command_failed', `${host}: the comparison of the project is incomplete`, { host }));
    if (step.rc !== 0) return err(stepFault(host, step, 'the comparison of the project'));
    hashes.push(readHashes(step.out));
  }
  const settings = [...pins].flatMap(([service, reference]) => containersOf(containers, service).filter((container) => container.hash !== '' && container.reference === reference && !hashes.some((known) => known.get(service) === container.hash)));
  const present = readImages(asked.value);
  const images = others.flatMap((service) => {
    const image = config.services.get(service)?.image;
    return image === undefined ? [] : containersOf(containers, service).filter((container) => container.image !== present.get(image)?.id);
  });
  return ok({ settings, images });
}
