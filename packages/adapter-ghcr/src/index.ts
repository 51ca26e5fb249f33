/**
 * Images in GitHub's container registry.
 * @module
 */
export { ghcr, type Ghcr } from './ghcr.js';
export type { GhcrPackages, PackageVisibility } from './packages.js';
export type { GhcrOptions } from './options.js';
