/**
 * `@davit/core/images`: copying and validating images, for programs that promote nothing. Holds `@davit/core/adapter`, and
 * is itself a part of `@davit/core`.
 * @module
 */
export * from './adapter.js';
export * from './copy/index.js';
export * from './validation/index.js';
