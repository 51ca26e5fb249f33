/**
 * The contract of a registry adapter, as tests.
 * @module
 */
import { describeCases, type SkippedCase } from '../case.js';
import { blobCases } from './blob-cases.js';
import { faultCases } from './fault-cases.js';
import { lieCases } from './lie-cases.js';
import { manifestCases } from './manifest-cases.js';
import { mountCases } from './mount-cases.js';
import { referrerCases } from './referrer-cases.js';
import { resolveCases } from './resolve-cases.js';
import { stopCases } from './stop-cases.js';
import type { RegistryCase, RegistrySubject } from './subject.js';
import { tagCases } from './tag-cases.js';

/** Every case, for those who bind another test runner. Those called `registry.fault.…` want a subject with `inject`. */
export const registryCases: readonly RegistryCase[] = [...resolveCases, ...manifestCases, ...blobCases, ...mountCases, ...tagCases, ...referrerCases, ...stopCases, ...faultCases, ...lieCases];

export interface DescribeRegistryOptions {
  /** Makes a fresh subject for every case. The registry behind it may be the same. */
  readonly create: () => Promise<RegistrySubject>;
  /** Whether the subjects have `inject`. Without it the fault cases do not apply. Default: false. */
  readonly faults?: boolean;
  readonly skip?: readonly SkippedCase[];
  /** Milliseconds for one case. Default: 30 000. */
  readonly timeoutMs?: number;
}

/** Registers one test for each case of the registry's contract. */
export function describeRegistry(name: string, { create, faults = false, skip = [], timeoutMs }: DescribeRegistryOptions): void {
  const inapplicable = faults ? [] : [...faultCases, ...lieCases].map(({ id }) => ({ id, reason: 'this registry cannot be made to fail' }));
  describeCases(name, registryCases, {
    create,
    dispose: (subject) => subject.dispose(),
    skip: [...inapplicable.filter(({ id }) => !skip.some((given) => given.id === id)), ...skip],
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}
