/**
 * Contract kit for authors of adapters: describeRegistry(), describeDeployer(), describeStore(), for Vitest.
 * @module
 */
export { describeCases, describeDeployer, describeRegistry, describeStore } from './describe.js';
export * from './cases.js';
