/**
 * Recognises the error that adapters and promoter throw for wrong options, by its shape: the configuration may have been
 * loaded with another copy of core.
 * @module
 */
import { errorCodes, failure, type DavitError, type ErrorCode } from '@davit/core/adapter';

/** The expected failure that an exception stands for; undefined where it is a foreign one. */
export function configurationFault(thrown: unknown, path: string): DavitError | undefined {
  const { name, code, message, field } = (thrown ?? {}) as { readonly name?: unknown; readonly code?: unknown; readonly message?: unknown; readonly field?: unknown };
  if (name !== 'ConfigurationError' || typeof code !== 'string' || !Object.hasOwn(errorCodes, code)) return undefined;
  // A wrong reference in a configuration is a fault of the configuration; the message says which reference.
  const known: ErrorCode = code === 'reference_invalid' ? 'configuration_invalid' : (code as ErrorCode);
  return failure(known, String(message), { path, ...(typeof field === 'string' ? { field } : {}) });
}
