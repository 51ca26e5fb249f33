/**
 * The Result that every fallible function of Davit returns. Adapters import it from here, so that one version serves all.
 * @module
 */
export { ok, err, okAsync, errAsync, Result, ResultAsync } from 'neverthrow';
