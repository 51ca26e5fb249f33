/**
 * The driver's lease in a file store.
 *
 * Each change of a lease (taken, renewed, given back) is a file with the next number, made by compare-and-set: a renewal
 * and a take-over that meet cannot both succeed. The newest file is the lease; old ones are removed. The fence is the
 * number of the file that took it, so it only grows.
 * @module
 */
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreError } from '../errors/index.js';
import type { DriverLease } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { errorNumber, storeTampered } from './file-store-fault.js';
import { fileNameOf, recordName, recordNumber, type StoreLayout } from './file-store-layout.js';
import { putFile, syncDirectory } from './file-store-write.js';
import { leaseHeld, leaseLost, type LeaseState } from './lease-decision.js';
import { ownerIsGone } from './process-owner.js';

/**
 * How many older files stay. A listing is not a snapshot: with none kept, one that runs beside a renewal could miss both
 * the new file and the removed one.
 */
const keptFiles = 8;

interface Newest {
  readonly number: number;
  readonly state: LeaseState | undefined;
}

export async function acquireLease(layout: StoreLayout, promotion: string, owner: string, ttlMs: number, now: number): Promise<Result<DriverLease, StoreError>> {
  const directory = leaseDirectory(layout, promotion);
  if ((await mkdir(directory, { recursive: true, mode: 0o700 })) !== undefined) await syncDirectory(layout.leases);
  return change(layout, promotion, ({ number, state }) => {
    const held = leaseHeld(promotion, state, owner, now, ownerIsGone);
    return held === undefined ? ok({ owner, fence: number + 1, expiresAt: now + ttlMs, released: false }) : err(held);
  });
}

export async function renewLease(layout: StoreLayout, lease: DriverLease, ttlMs: number, now: number): Promise<Result<DriverLease, StoreError>> {
  return change(layout, lease.promotion, ({ state }) => {
    const lost = leaseLost(lease, state);
    return lost === undefined ? ok({ owner: lease.owner, fence: lease.fence, expiresAt: now + ttlMs, released: false }) : err(lost);
  });
}

export async function releaseLease(layout: StoreLayout, lease: DriverLease): Promise<Result<void, StoreError>> {
  const released = await change(layout, lease.promotion, ({ state }) => {
    const lost = leaseLost(lease, state);
    return lost === undefined ? ok({ owner: lease.owner, fence: lease.fence, expiresAt: lease.expiresAt, released: true }) : err(lost);
  });
  return released.isErr() && released.error.code !== 'lease_lost' ? err(released.error) : ok(undefined);
}

/** Decides on the newest state and writes the next; when somebody was quicker, decides anew on theirs. */
async function change(layout: StoreLayout, promotion: string, decide: (newest: Newest) => Result<LeaseState, StoreError>): Promise<Result<DriverLease, StoreError>> {
  const directory = leaseDirectory(layout, promotion);
  for (;;) {
    const newest = await newestState(directory);
    if (newest.isErr()) return err(newest.error);
    const decided = decide(newest.value);
    if (decided.isErr()) return err(decided.error);
    const number = newest.value.number + 1;
    if (!(await putFile(layout, join(directory, recordName(number)), `${JSON.stringify(decided.value)}\n`))) continue;
    const numbers = await leaseNumbers(directory);
    if (Math.max(...numbers) > number) {
      // Others came and went meanwhile, and their clean-up made this number free again: it was never the newest.
      await rm(join(directory, recordName(number)), { force: true });
      continue;
    }
    for (const old of numbers) if (old < number - keptFiles) await rm(join(directory, recordName(old)), { force: true }).catch(() => undefined);
    const { owner, fence, expiresAt } = decided.value;
    return ok({ promotion, owner, fence, expiresAt });
  }
}

async function newestState(directory: string): Promise<Result<Newest, StoreError>> {
  for (;;) {
    const number = Math.max(0, ...(await leaseNumbers(directory)));
    if (number === 0) return ok({ number, state: undefined });
    const path = join(directory, recordName(number));
    try {
      const state = leaseState(await readFile(path, 'utf8'));
      return state === undefined ? err(storeTampered(path, 'the lease is damaged')) : ok({ number, state });
    } catch (thrown) {
      // A newer one was written since the listing, and this one removed.
      if (errorNumber(thrown) !== 'ENOENT') throw thrown;
    }
  }
}

async function leaseNumbers(directory: string): Promise<readonly number[]> {
  try {
    return (await readdir(directory)).flatMap((name) => recordNumber(name) ?? []);
  } catch (thrown) {
    if (errorNumber(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}

function leaseState(text: string): LeaseState | undefined {
  try {
    const { owner, fence, expiresAt, released } = JSON.parse(text) as Record<string, unknown>;
    if (typeof owner !== 'string' || typeof fence !== 'number' || typeof expiresAt !== 'number' || typeof released !== 'boolean') return undefined;
    return { owner, fence, expiresAt, released };
  } catch {
    return undefined;
  }
}

function leaseDirectory(layout: StoreLayout, promotion: string): string {
  return join(layout.leases, fileNameOf(promotion));
}
