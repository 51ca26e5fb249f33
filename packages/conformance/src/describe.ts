/**
 * The binding to Vitest, which no other file knows.
 * @module
 */
import { describe, it } from 'vitest';
import { testsOf, type ConformanceCase, type ConformanceOptions, type ConformanceTest } from './case.js';
import { deployerTests, type DescribeDeployerOptions } from './deployer/deployer-tests.js';
import { registryTests, type DescribeRegistryOptions } from './registry/registry-tests.js';
import { storeTests, type DescribeStoreOptions } from './store/store-tests.js';

function describeTests(name: string, tests: readonly ConformanceTest[]): void {
  describe(name, () => {
    for (const { title, timeoutMs, run } of tests) it(title, { timeout: timeoutMs }, run);
  });
}

/** Registers one test for each case, of whatever contract. */
export function describeCases<Subject>(name: string, cases: readonly ConformanceCase<Subject>[], options: ConformanceOptions<Subject>): void {
  describeTests(name, testsOf(cases, options));
}

/** Registers one test for each case of the registry's contract. */
export function describeRegistry(name: string, options: DescribeRegistryOptions): void {
  describeTests(name, registryTests(options));
}

/** Registers one test for each case of the deployer's contract. */
export function describeDeployer(name: string, options: DescribeDeployerOptions): void {
  describeTests(name, deployerTests(options));
}

/** Registers one test for each case of the store's contract. */
export function describeStore(name: string, options: DescribeStoreOptions): void {
  describeTests(`store: ${name}`, storeTests(options));
}
