/**
 * The contract of a registry adapter, as tests.
 * @module
 */
import { testsOf, type ConformanceTest, type SkippedCase } from '../case.js';
import { blobCases } from './blob-cases.js';
import { damageCases } from './damage-cases.js';
import { faultCases } from './fault-cases.js';
import { lieCases } from './lie-cases.js';
import { manifestCases } from './manifest-cases.js';
import { mountCases } from './mount-cases.js';
import { referrerCases } from './referrer-cases.js';
import { referrerFieldCases } from './referrer-field-cases.js';
import { repositoryCases } from './repository-cases.js';
import { resolveCases } from './resolve-cases.js';
import { sourceCases } from './source-cases.js';
import { stopCases } from './stop-cases.js';
import { stopWriteCases } from './stop-write-cases.js';
import type { RegistryCase, RegistrySubject } from './subject.js';
import { tagCases } from './tag-cases.js';

/** Those called `registry.fault.…` want a subject with `inject`, those called `registry.damage.…` one with `damage`. */
export const registryCases: readonly RegistryCase[] = [
  ...resolveCases,
  ...manifestCases,
  ...blobCases,
  ...sourceCases,
  ...mountCases,
  ...repositoryCases,
  ...tagCases,
  ...referrerCases,
  ...referrerFieldCases,
  ...stopCases,
  ...stopWriteCases,
  ...faultCases,
  ...lieCases,
  ...damageCases,
];

export interface DescribeRegistryOptions {
  /** Makes a fresh subject for every case. The registry behind it may be the same. */
  readonly create: () => Promise<RegistrySubject>;
  /** Whether the subjects have `inject`. Without it the fault cases do not apply. Default: false. */
  readonly faults?: boolean;
  /** Whether the subjects have `damage`. Without it the cases of damaged manifests do not apply. Default: false. */
  readonly damages?: boolean;
  readonly skip?: readonly SkippedCase[];
  /** Milliseconds for one case. Default: 30 000. */
  readonly timeoutMs?: number;
}

/** One test for each case of the registry's contract. */
export function registryTests({ create, faults = false, damages = false, skip = [], timeoutMs }: DescribeRegistryOptions): readonly ConformanceTest[] {
  const inapplicable = [
    ...(faults ? [] : [...faultCases, ...lieCases].map(({ id }) => ({ id, reason: 'this registry cannot be made to fail' }))),
    // What such a subject can show with `inject`, the fault cases ask for.
    ...(damages ? [] : damageCases.map(({ id }) => ({ id, reason: faults ? 'the fault cases ask for it' : 'the manifests behind this registry cannot be damaged' }))),
  ];
  return testsOf(registryCases, {
    create,
    dispose: (subject) => subject.dispose(),
    skip: [...inapplicable.filter(({ id }) => !skip.some((given) => given.id === id)), ...skip],
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}
