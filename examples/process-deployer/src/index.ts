/**
 * A complete custom deployer: runs the Node application of an image as a supervised process.
 * @module
 */
export { processDeployer } from './process-deployer.js';
export type { ProcessDeployerOptions, ServiceOptions } from './options.js';
