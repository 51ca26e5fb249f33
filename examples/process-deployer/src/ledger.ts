/**
 * What this host should run (the pin), what was proven to run on it (the ledger), and what a rollback returns to.
 * @module
 */
import { join } from 'node:path';
import type { HostRelease } from '@davit/core';
import { readJson, replaceJson } from './host-files.js';

/** Image by service. */
export type Pin = Readonly<Record<string, string>>;

export interface Ledger {
  /** The last release that was proven, and by which promotion. */
  readonly verified: (HostRelease & { readonly promotion: string }) | null;
  /** The one before it. */
  readonly previous: HostRelease | null;
}

export class HostBooks {
  readonly #pin: string;
  readonly #ledger: string;

  constructor(directory: string) {
    this.#pin = join(directory, 'pin.json');
    this.#ledger = join(directory, 'ledger.json');
  }

  async pin(): Promise<Pin> {
    return (await readJson<Pin>(this.#pin)) ?? {};
  }

  /** Pins the images of a release; other services keep theirs. False where they were pinned already. */
  async setPin(release: HostRelease): Promise<boolean> {
    const pin = await this.pin();
    if (release.services.every(({ service, image }) => pin[service] === image)) return false;
    await replaceJson(this.#pin, { ...pin, ...asPin(release) });
    return true;
  }

  async ledger(): Promise<Ledger> {
    return (await readJson<Ledger>(this.#ledger)) ?? { verified: null, previous: null };
  }

  /** Records what was proven. False where it was recorded already. */
  async commit(release: HostRelease, promotion: string): Promise<boolean> {
    const { verified, previous } = await this.ledger();
    if (verified?.promotion === promotion && isSame(verified, release)) return false;
    const services = release.services.map(({ service, image }) => ({ service, image }));
    await replaceJson(this.#ledger, { verified: { services, promotion }, previous: previousAfter(verified, previous, release) } satisfies Ledger);
    return true;
  }
}

/** After going back to the previous release there is none before it: the one that was left is not to be returned to. */
function previousAfter(verified: HostRelease | null, previous: HostRelease | null, release: HostRelease): HostRelease | null {
  if (previous !== null && isSame(previous, release)) return null;
  return verified === null || isSame(verified, release) ? previous : { services: verified.services };
}

/** The release to return to from `release`: the last verified one, else the one before, else what runs; never itself. */
export function rollbackTarget({ verified, previous }: Ledger, running: HostRelease, release: HostRelease): HostRelease | undefined {
  const found = [verified, previous, running].find((candidate) => candidate !== null && candidate.services.length > 0 && !isSame(candidate, release));
  return found === undefined || found === null ? undefined : { services: found.services };
}

export function isSame(a: HostRelease, b: HostRelease): boolean {
  return a.services.length === b.services.length && a.services.every(({ service, image }) => b.services.some((other) => other.service === service && other.image === image));
}

function asPin(release: HostRelease): Pin {
  return Object.fromEntries(release.services.map(({ service, image }) => [service, image]));
}
