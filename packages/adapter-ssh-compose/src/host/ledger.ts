/**
 * What a host remembers: `releases.jsonl`, one proven release a line, and `current.json`, which says for each service
 * what was proven last. The second is made from the first and is for programs that read a host (R100).
 * @module
 */
import type { HostRelease, ServiceImage } from '@davit/core';

export interface LedgerEntry {
  readonly v: 1;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly promotion: string;
  readonly environment: string;
  readonly services: readonly ServiceImage[];
  readonly verified: true;
}

export interface Ledger {
  /** Oldest first. */
  readonly entries: readonly LedgerEntry[];
  /** Lines that could not be read. */
  readonly damaged: number;
}

/** Older entries are dropped: far more than any rollback or retention looks at. */
const maxEntries = 500;

export function readLedger(bytes: Buffer | null): Ledger {
  const entries: LedgerEntry[] = [];
  let damaged = 0;
  for (const line of bytes?.toString('utf8').split('\n') ?? []) {
    if (line.trim() === '') continue;
    try {
      const entry = JSON.parse(line) as Partial<LedgerEntry>;
      if (entry.verified === true && Array.isArray(entry.services) && typeof entry.promotion === 'string') entries.push(entry as LedgerEntry);
    } catch {
      damaged += 1;
    }
  }
  return { entries, damaged };
}

export const formatLedger = (entries: readonly LedgerEntry[]): Buffer => Buffer.from(entries.slice(-maxEntries).map((entry) => `${JSON.stringify(entry)}\n`).join(''));

/** `current.json`: the last proven image of each service, whichever environment it belongs to. */
export function formatCurrent(entries: readonly LedgerEntry[]): Buffer {
  const services: Record<string, { image: string; promotion: string; environment: string; verifiedAt: string }> = {};
  for (const { services: proven, promotion, environment, at } of entries) {
    for (const { service, image } of proven) services[service] = { image, promotion, environment, verifiedAt: at };
  }
  return Buffer.from(`${JSON.stringify({ v: 1, services }, null, 2)}\n`);
}

/** The part of an entry that is about these services. */
export const about = (entry: { readonly services: readonly ServiceImage[] }, services: readonly string[]): HostRelease => ({ services: entry.services.filter(({ service }) => services.includes(service)) });

/** Entries that name one of the services, newest first. */
export const entriesOf = ({ entries }: Ledger, services: readonly string[]): readonly LedgerEntry[] => entries.filter((entry) => about(entry, services).services.length > 0).toReversed();

/** The same images for the same services, in whatever order. */
export function sameRelease(a: HostRelease, b: HostRelease): boolean {
  return a.services.length === b.services.length && a.services.every(({ service, image }) => b.services.some((other) => other.service === service && other.image === image));
}
