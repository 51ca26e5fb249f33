/**
 * The contracts as data, for any test runner: nothing here wants Vitest.
 * @module
 */
export { testsOf, type ConformanceCase, type ConformanceOptions, type ConformanceTest, type SkippedCase } from './case.js';
export { storeCases, storeTests, type DescribeStoreOptions } from './store/store-tests.js';
export type { StoreSubject } from './store/store-case.js';
export { deployerCases, deployerTests, type DescribeDeployerOptions } from './deployer/deployer-tests.js';
export type { DeployerReleases, DeployerSubject } from './deployer/subject.js';
export { registryCases, registryTests, type DescribeRegistryOptions } from './registry/registry-tests.js';
export type { InjectedFault, RegistryFault, RegistrySubject } from './registry/subject.js';
