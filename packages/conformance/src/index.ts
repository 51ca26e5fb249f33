/**
 * Contract kit for authors of adapters: describeRegistry(), describeDeployer(), describeStore().
 * @module
 */
export { describeCases, type ConformanceCase, type ConformanceOptions, type SkippedCase } from './case.js';
export { describeStore, storeCases, type StoreSubject } from './store/index.js';
export { deployerCases, describeDeployer, type DescribeDeployerOptions } from './deployer/describe-deployer.js';
export type { DeployerReleases, DeployerSubject } from './deployer/subject.js';
export { describeRegistry, registryCases, type DescribeRegistryOptions } from './registry/describe-registry.js';
export type { RegistryFault, RegistrySubject } from './registry/subject.js';
