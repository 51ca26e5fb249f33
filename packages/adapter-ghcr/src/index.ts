/**
 * Images in GitHub's container registry.
 * @module
 */
export { ghcr } from './ghcr.js';
export type { GhcrOptions } from './options.js';
