/**
 * R32, R66 and R81: writes down on the host what was proven, and keeps what the next rollback needs.
 * @module
 */
import { err, failure, ok, type HostCall, type HostChange, type HostClaim, type HostFailure, type HostRelease, type Result } from '@davit/core';
import { commitScript, type CommitPlan } from '../commands/commit.js';
import { commonFault, lastWords, withChange } from '../errors.js';
import { isLocalName, keepRepository, keepTag } from '../host/keep.js';
import { about, formatCurrent, formatLedger, sameRelease, type LedgerEntry } from '../host/ledger.js';
import { ask, type HostContext } from './context.js';
import { survey, type Survey } from './survey.js';

/** How many promotions' backups stay on the host. */
const keepRecords = 20;

/** The images of a service that stay: in every environment the last ones that differ. */
function retained(entries: readonly LedgerEntry[], service: string, count: number): readonly string[] {
  const byEnvironment = new Map<string, string[]>();
  for (const entry of entries.toReversed()) {
    const image = entry.services.find((one) => one.service === service)?.image;
    if (image === undefined) continue;
    const kept = byEnvironment.get(entry.environment) ?? [];
    if (!kept.includes(image) && kept.length < count) kept.push(image);
    byEnvironment.set(entry.environment, kept);
  }
  return [...byEnvironment.values()].flat();
}

function planOf(context: HostContext, { config, containers, ledger, images, records }: Survey, release: HostRelease, entries: readonly LedgerEntry[], { promotion }: HostClaim): CommitPlan {
  const services = release.services.map(({ service }) => service);
  // What this deployment replaced may never have been proven by us; it is what the next rollback returns to.
  const replaced = (service: string): readonly string[] => (records.find((record) => record.promotion === promotion)?.previous ?? []).filter((one) => one.service === service).map(({ image }) => image);
  const stays = (service: string): readonly string[] => [...retained(entries, service, context.settled.keepPrevious + 1), ...replaced(service)];
  const staying = new Map(services.map((service) => [service, stays(service)]));
  const everywhere = new Set(entries.flatMap((entry) => entry.services).flatMap(({ service }) => staying.get(service) ?? stays(service)));
  const tagOf = (service: string, image: string): string | undefined => (isLocalName(image) ? image : keepTag(config.name, service, image)?.tag);
  const running = new Set(containers.map(({ reference }) => reference));
  const drop = ledger.entries.flatMap((entry) => about(entry, services).services.map(({ image }) => image)).filter((image) => !isLocalName(image) && !everywhere.has(image) && !running.has(image));
  return {
    ledger: formatLedger(entries),
    current: formatCurrent(entries),
    keep: release.services.flatMap(({ service, image }) => (images.has(image) && !isLocalName(image) ? (keepTag(config.name, service, image) ?? []) : [])),
    retain: services.map((service) => ({ repository: keepRepository(config.name, service), tags: (staying.get(service) ?? []).flatMap((image) => tagOf(service, image) ?? []) })),
    drop: [...new Set(drop)],
    keepRecords,
  };
}

export async function commit(context: HostContext, release: HostRelease, call: HostCall): Promise<Result<HostChange, HostFailure>> {
  const { host, settled } = context;
  const { promotion, environment } = call.claim;
  const found = await survey(context, call, { ledger: true, images: release.services.map(({ image }) => image) });
  if (found.isErr()) return err(withChange(found.error, false));
  const { entries } = found.value.ledger;
  const last = entries.at(-1);
  const isWritten = last?.promotion === promotion && sameRelease(last, release);
  const entry: LedgerEntry = { v: 1, at: new Date(settled.clock.now()).toISOString(), promotion, environment, services: release.services, verified: true };
  // Written again as it is: a commit that was interrupted may lack the rest.
  const plan = planOf(context, found.value, release, isWritten ? entries : [...entries, entry], call.claim);
  const report = await ask(context, commitScript(settled.place, call.claim, plan), { call, claim: call.claim, what: 'the commit', explains: ['ledger', 'current'] });
  if (report.isErr()) return err(report.error);
  const failed = report.value.steps.find(({ name, rc }) => rc !== 0 && (name === 'ledger' || name === 'current'));
  if (failed !== undefined) return err(withChange(commonFault(host, failed.err) ?? failure('command_failed', `${host}: the release cannot be written down: ${lastWords(failed.err, 2)}`, { host, exitCode: failed.rc }), failed.name === 'current'));
  const warnings = report.value.steps.filter(({ name, rc }) => rc !== 0 && ['keep', 'rotate', 'records'].includes(name)).map(({ err: words }) => lastWords(words));
  return ok({ changed: !isWritten, facts: { ledger: 'releases.jsonl', warnings } });
}
