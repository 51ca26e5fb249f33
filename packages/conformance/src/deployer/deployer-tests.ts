/**
 * The contract of a Deployer, as tests.
 * @module
 */
import { testsOf, type ConformanceTest, type SkippedCase } from '../case.js';
import { changeCases } from './change-cases.js';
import { lockCases } from './lock-cases.js';
import { observeCases } from './observe-cases.js';
import { rollbackCases } from './rollback-cases.js';
import type { DeployerSubject } from './subject.js';

/** Every case, for those who bind another test runner. */
export const deployerCases = [...observeCases, ...lockCases, ...changeCases, ...rollbackCases] as const;

export interface DescribeDeployerOptions {
  /** Makes a fresh subject for every case. */
  readonly create: () => Promise<DeployerSubject>;
  readonly skip?: readonly SkippedCase[];
  /** Milliseconds for one case. Default: 120 000, for a case may deploy three times. */
  readonly timeoutMs?: number;
}

/** One test for each case of the deployer's contract. */
export function deployerTests({ create, skip = [], timeoutMs = 120_000 }: DescribeDeployerOptions): readonly ConformanceTest[] {
  return testsOf(deployerCases, { create, dispose: (subject) => subject.dispose(), skip, timeoutMs });
}
