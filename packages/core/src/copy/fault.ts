/**
 * Says of a registry's error which image and which part of it was being copied.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Descriptor } from '../image/index.js';

export function inImage(image: string, part: string, error: RegistryError, of?: Pick<Descriptor, 'digest'>): RegistryError {
  return { ...error, message: `${image}: ${part}: ${error.message}`, ...(of === undefined || error.digest !== undefined ? {} : { digest: of.digest }) };
}
