/**
 * `@davit/core/adapter`: what adapters and checks are written against: Result, errors, image values, ports, and the helpers
 * for retries and redaction. A small part of `@davit/core`, which has all of it too; the machine and the journal are not
 * loaded with it.
 * @module
 */
export { ok, err, okAsync, errAsync, Result, ResultAsync } from './result.js';
export type { Json, JsonObject } from './json.js';
export * from './errors/index.js';
export * from './image/index.js';
export * from './ports/index.js';
export * from './policy/index.js';
