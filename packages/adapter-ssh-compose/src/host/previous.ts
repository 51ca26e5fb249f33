/**
 * What a rollback returns to (R68): what was noted before this release was begun, else what runs and is well, else what
 * the ledger proved last, else what an earlier deployment of the release noted. Never the release that is being promoted.
 * @module
 */
import type { HostRelease, HostState, ServiceImage } from '@davit/core';
import { about, entriesOf, sameRelease, type Ledger } from './ledger.js';
import type { ServiceView } from './view.js';

/** Noted on the host by a promotion before it changed the pin. */
export interface DeploymentRecord {
  readonly v: 1;
  readonly promotion: string;
  readonly environment: string;
  readonly wanted: readonly ServiceImage[];
  readonly previous: readonly ServiceImage[] | null;
}

/** Null where the text is none, for it was cut off or edited. */
export function readRecord(text: string): DeploymentRecord | null {
  try {
    const record = JSON.parse(text) as Partial<DeploymentRecord> | null;
    return typeof record?.promotion === 'string' && Array.isArray(record.wanted) ? (record as DeploymentRecord) : null;
  } catch {
    return null;
  }
}

export interface Seen {
  readonly views: readonly ServiceView[];
  readonly ledger: Ledger;
  /** Newest first. */
  readonly records: readonly DeploymentRecord[];
}

const observed = (views: readonly ServiceView[]): HostRelease => ({ services: views.flatMap(({ service, image }) => (image === undefined ? [] : [{ service, image }])) });

/** The deployment of exactly this release that has begun on the host and was not proven yet. */
function begun(release: HostRelease, { records, ledger }: Seen): DeploymentRecord | undefined {
  // A project may hold services of several environments; the newest record of these services counts.
  const newest = records.find(({ wanted }) => about({ services: wanted }, release.services.map(({ service }) => service)).services.length > 0);
  if (newest === undefined || !sameRelease({ services: newest.wanted }, release)) return undefined;
  return ledger.entries.some(({ promotion }) => promotion === newest.promotion) ? undefined : newest;
}

function previousOf(release: HostRelease, seen: Seen): HostRelease | undefined {
  const services = release.services.map(({ service }) => service);
  const noted = begun(release, seen);
  if (noted !== undefined) return noted.previous === null ? undefined : { services: noted.previous };

  const other = (candidate: HostRelease): boolean => candidate.services.length > 0 && !candidate.services.every(({ service, image }) => release.services.some((wanted) => wanted.service === service && wanted.image === image));
  const runs = observed(seen.views);
  const isWell = seen.views.every(({ state, mixed }) => (state === 'running' && !mixed) || state === 'absent');
  const proven = entriesOf(seen.ledger, services).map((entry) => about(entry, services));
  if (isWell && other(runs)) return runs;
  const before = seen.records.find(({ wanted, previous }) => previous !== null && sameRelease({ services: wanted }, release))?.previous ?? [];
  // What ran before Davit came is in no ledger; what runs, although unwell, is better than nothing.
  return [...proven, { services: before }, runs].find(other);
}

function driftOf(release: HostRelease, seen: Seen): readonly string[] {
  const services = release.services.map(({ service }) => service);
  const wanted = new Map((begun(release, seen)?.wanted ?? []).map(({ service, image }) => [service, image]));
  const sentences: string[] = [];
  if (seen.ledger.damaged > 0) sentences.push(`${String(seen.ledger.damaged)} lines of the ledger cannot be read`);
  for (const view of seen.views) {
    if (view.mixed) sentences.push(`${view.service} runs containers of different images`);
    const entry = entriesOf(seen.ledger, [view.service])[0];
    const proven = entry?.services.find(({ service }) => service === view.service)?.image;
    if (entry === undefined || proven === undefined || !services.includes(view.service)) continue;
    if (view.image === undefined) {
      if (wanted.size === 0) sentences.push(`${view.service} does not run; the ledger says ${proven} (promotion ${entry.promotion})`);
    } else if (view.image !== proven && !view.aliases.includes(proven) && view.image !== wanted.get(view.service)) {
      sentences.push(`${view.service} runs ${view.image}; the ledger says ${proven} (promotion ${entry.promotion})`);
    }
  }
  return sentences;
}

/** What the port reports of a host. */
export function hostState(release: HostRelease, seen: Seen): HostState {
  const services = release.services.map(({ service }) => service);
  const [last] = entriesOf(seen.ledger, services);
  const previous = previousOf(release, seen);
  return {
    services: seen.views.map(({ service, image, state }) => ({ service, ...(image === undefined ? {} : { image }), state })),
    ...(previous === undefined ? {} : { previous }),
    ...(last === undefined ? {} : { verified: { ...about(last, services), promotion: last.promotion } }),
    drift: driftOf(release, seen),
  };
}
