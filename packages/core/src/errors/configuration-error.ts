/**
 * Thrown, not returned: wrong options at the creation of an adapter or a promoter are a programming error.
 * @module
 */
import type { UseErrorCode } from './codes.js';
import { optionsFault, unknownOption, type OptionRules } from './option-rules.js';

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

/** Where options stand. */
export interface OptionsPlace {
  /** As a path: `environments.production.checks`. Default: they are what a function was called with. */
  readonly at?: string;
  /** The function that takes them, for messages: `dockerRegistry`. */
  readonly of?: string;
}

/**
 * Refuses options that are no object, that nobody reads (they would be silently without effect), and those whose value breaks
 * its rule. Callers without TypeScript may give anything.
 * @throws ConfigurationError that names the option, what was given, and what is allowed.
 * @example checkOptions<PortOptions>(options, { port: rule.whole(1, 65_535), name: rule.optional(rule.text) }, { of: 'tcpProbe' });
 */
export function checkOptions<Options>(given: unknown, rules: OptionRules<Options>, { at = '', of }: OptionsPlace = {}): void {
  const fault = optionsFault(given, at, rules);
  if (fault !== undefined) throw new ConfigurationError(`${of === undefined ? '' : `${of}: `}${fault.message}`, fault.field === '' ? {} : { field: fault.field });
}

/**
 * Refuses options that nobody reads, and looks at no value. Throws {@link ConfigurationError}.
 * @param at Where the options stand, as a path: `environments.production.checks`.
 */
export function refuseUnknownOptions(at: string, options: object, known: readonly string[]): void {
  const fault = unknownOption(options, at, known);
  if (fault !== undefined) throw new ConfigurationError(fault.message, { field: fault.field });
}
