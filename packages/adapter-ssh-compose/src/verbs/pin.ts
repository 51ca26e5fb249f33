/**
 * R54–R56 and R74: brings the pin of a release into the project, or that of the one before it, and asserts what Compose
 * makes of it. On failure the old files are back.
 * @module
 */
import { err, failure, ok, type DeployerError, type HostCall, type HostChange, type HostFailure, type HostRelease, type Result } from '@davit/core';
import { differs, pinScript, unpinScript, type Change } from '../commands/pin.js';
import { commonFault, evidence, lastWords, withChange } from '../errors.js';
import { bytesOf, readFile } from '../host/files.js';
import { hostState, readRecord, type DeploymentRecord } from '../host/previous.js';
import { readConfig } from '../project/config.js';
import { projectFiles, stickyEnvironment } from '../project/env-file.js';
import { formatPins, readPins, type Pins } from '../project/pin-file.js';
import type { Report, Step } from '../report.js';
import { ask, cameBefore, say, type HostContext } from './context.js';
import { seenOf, survey, unknownServices, type Survey } from './survey.js';

interface Plan {
  readonly pin: Change;
  readonly environment: Change | null;
  readonly record: string;
}

/** The pins after the change: those of other services stay. */
type Aim = (now: Pins, found: Survey) => { readonly pins: Pins; readonly bytes?: Buffer };

function planOf(context: HostContext, found: Survey, release: HostRelease, aim: Aim, call: HostCall): Result<Plan, DeployerError> {
  const { host, settled } = context;
  const { pinFile, files } = settled.place;
  const unknown = unknownServices(host, found.config, release.services.map(({ service }) => service));
  if (unknown !== undefined) return err(unknown);
  for (const [name, path] of [['pin', pinFile], ['environment', '.env']] as const) {
    const file = readFile(found.report, name);
    if (files !== null && name === 'environment') continue;
    if (file.kind === 'link') return err(failure('pin_failed', `${host}: ${path} is a symbolic link, which is not written through`, { host, path }));
    if (file.kind === 'unreadable') return err(failure('pin_failed', `${host}: ${path} cannot be read: ${lastWords(file.why)}`, { host, path }));
  }
  const before = bytesOf(readFile(found.report, 'pin'));
  const now = before === null ? new Map<string, string>() : readPins(before);
  if (now === null) return err(failure('pin_failed', `${host}: ${pinFile} was changed by hand; put your settings into another file and remove it`, { host, path: pinFile }));
  const { pins, bytes } = aim(now, found);
  let environment: Change | null = null;
  if (files === null) {
    const old = bytesOf(readFile(found.report, 'environment'));
    const project = projectFiles(old, (found.report.out('names') ?? '').split('\n'), pinFile);
    if (project.isErr()) return err(failure('project_invalid', `${host}: ${project.error}`, { host }));
    environment = { before: old, after: stickyEnvironment(old, project.value, pinFile) };
  }
  const previous = hostState(release, seenOf(context, found, release)).previous?.services ?? null;
  const record: DeploymentRecord = { v: 1, promotion: call.claim.promotion, environment: call.claim.environment, wanted: release.services, previous };
  return ok({ pin: { before, after: bytes ?? formatPins(pins) }, environment, record: `${JSON.stringify(record)}\n` });
}

/** The services that Compose would run with another image than asked for. */
function wrongImages(config: string, release: HostRelease): readonly string[] {
  const { services } = readConfig(config);
  return release.services.filter(({ service, image }) => services.get(service)?.image !== image).map(({ service }) => service);
}

function overridden(host: string, services: readonly string[], pinFile: string): DeployerError {
  return failure('pin_failed', `${host}: Compose does not take the image of ${services.join(', ')} from ${pinFile}; another file comes after it`, { host, services });
}

/** What went wrong with writing, in its own words. */
function writeFault(host: string, step: Step): DeployerError {
  return commonFault(host, step.err) ?? failure('pin_failed', `${host}: the pin cannot be written: ${lastWords(step.err, 2)}`, { host, ...evidence(step.err) });
}

function scriptFault(context: HostContext, report: Report): HostFailure {
  const { host } = context;
  const isBack = (report.step('restored')?.rc ?? 0) === 0;
  const failed = report.steps.find(({ name, rc }) => rc !== 0 && (name === 'backup' || name === 'written'));
  if (failed !== undefined) return withChange(writeFault(host, failed), !isBack);
  const words = report.step('config')?.err ?? report.stderr;
  return withChange(failure('pin_failed', `${host}: Compose does not accept the pinned project: ${lastWords(words, 2)}`, { host, ...evidence(words) }), !isBack);
}

async function apply(context: HostContext, release: HostRelease, aim: Aim, call: HostCall): Promise<Result<HostChange, HostFailure>> {
  const { host, settled } = context;
  // A second time where somebody edited a file between our look and our change.
  for (let attempt = 1; ; attempt += 1) {
    const found = await survey(context, call, { ledger: true, files: true, promotion: call.claim.promotion });
    if (found.isErr()) return err(withChange(found.error, false));
    const plan = planOf(context, found.value, release, aim, call);
    if (plan.isErr()) return err(withChange(plan.error, false));
    const { pin, environment, record } = plan.value;
    const changed = differs(pin) || (environment !== null && differs(environment));
    say(context, call, `pinning ${release.services.map(({ service }) => service).join(', ')}`);
    const report = await ask(context, pinScript(settled.place, call.claim, { pin, environment, record }), { call, claim: call.claim, what: 'pinning', explains: ['moved', 'backup', 'written', 'config'] });
    if (report.isErr()) return err(cameBefore(report.error) || !changed ? withChange(report.error, false) : report.error);
    const moved = report.value.step('moved');
    if (moved !== undefined) {
      if (attempt < 2) continue;
      return err(withChange(failure('pin_failed', `${host}: somebody else is editing ${moved.out}`, { host, path: moved.out, retryable: true }), false));
    }
    if (report.value.rc !== 0) return err(scriptFault(context, report.value));
    const wrong = wrongImages(report.value.out('config') ?? '{}', release);
    if (wrong.length > 0) {
      const undone = changed ? await ask(context, unpinScript(settled.place, call.claim, pin, environment), { call, claim: call.claim, what: 'putting the old pin back', explains: ['restored'] }) : ok(null);
      const isBack = undone.isOk() && (undone.value === null || undone.value.step('restored')?.rc === 0);
      return err(withChange(overridden(host, wrong, settled.place.pinFile), !isBack));
    }
    return ok({ changed, facts: { pinFile: settled.place.pinFile } });
  }
}

/** R54: pins the images of a release. */
export function pin(context: HostContext, release: HostRelease, call: HostCall): Promise<Result<HostChange, HostFailure>> {
  const aim: Aim = (now) => ({ pins: new Map([...now, ...release.services.map(({ service, image }) => [service, image] as const)]) });
  return apply(context, release, aim, call);
}

const samePins = (a: Pins, b: Pins): boolean => a.size === b.size && [...a].every(([service, image]) => b.get(service) === image);

/** R74: the bytes from before this promotion where they mean the previous release, else a pin of it. */
export function restorePin(context: HostContext, previous: HostRelease, call: HostCall): Promise<Result<HostChange, HostFailure>> {
  const aim: Aim = (now, { report }) => {
    const noted = readRecord(bytesOf(readFile(report, 'backup:record.json'))?.toString('utf8') ?? '');
    const kept = bytesOf(readFile(report, 'backup:pin'));
    const before: Pins = (kept === null ? null : readPins(kept)) ?? new Map<string, string>();
    const pins = new Map(now);
    // A service that this promotion brought, and that was not pinned before, is not pinned afterwards.
    for (const { service } of noted?.wanted ?? []) {
      const old = before.get(service);
      if (old === undefined) pins.delete(service);
      else pins.set(service, old);
    }
    for (const { service, image } of previous.services) pins.set(service, image);
    return kept !== null && samePins(before, pins) ? { pins, bytes: kept } : { pins };
  };
  return apply(context, previous, aim, call);
}
