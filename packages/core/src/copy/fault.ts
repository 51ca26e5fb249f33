/**
 * Says of a registry's error which image and which part of it was being copied.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Descriptor } from '../image/index.js';

/**
 * Wrong content was fetched again before it got here (docs/decisions/0005): whoever sees it still wrong gains nothing by
 * another round, so it is not `retryable` any more.
 */
export function inImage(image: string, part: string, error: RegistryError, of?: Pick<Descriptor, 'digest'>): RegistryError {
  const wrong = error.code === 'digest_mismatch' || error.code === 'size_mismatch';
  return { ...error, ...(wrong ? { retryable: false } : {}), message: `${image}: ${part}: ${error.message}`, ...(of === undefined || error.digest !== undefined ? {} : { digest: of.digest }) };
}
