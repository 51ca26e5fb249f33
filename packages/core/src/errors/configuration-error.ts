/**
 * Thrown, not returned: wrong options at the creation of an adapter or a promoter are a programming error.
 * @module
 */
import type { UseErrorCode } from './codes.js';

/** The only error class of Davit. Match it by its `code`, as any other error. */
export class ConfigurationError extends Error {
  readonly code: UseErrorCode;
  readonly retryable = false;
  /** The option that is wrong, as a path: `environments.production.target`. */
  readonly field: string | undefined;

  constructor(message: string, options: { readonly field?: string; readonly code?: UseErrorCode; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ConfigurationError';
    this.code = options.code ?? 'configuration_invalid';
    this.field = options.field;
  }
}

/**
 * Refuses options that nobody reads: they would be silently without effect. Throws {@link ConfigurationError}.
 * @param at Where the options stand, as a path: `environments.production.checks`.
 */
export function refuseUnknownOptions(at: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ConfigurationError(`${at} has no option ${JSON.stringify(unknown)}; it has ${known.join(', ')}`, { field: `${at}.${unknown}` });
}
