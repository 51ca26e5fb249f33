/**
 * Configurations and layers, looked at as deep as is asked for (chart 1, E and F; R40, R41).
 * @module
 */
import type { CheckError, RegistryError } from '../errors/index.js';
import type { Call, Clock, Finding, ImageSource } from '../ports/index.js';
import { okAsync, type ResultAsync } from '../result.js';
import { checkContent } from './check-content.js';
import { checkLayers, damagedParts } from './check-layers.js';
import type { ValidationLevel } from './policy.js';
import type { ReadImage } from './read-image.js';

/** What a HEAD request finds is found before any layer is read. */
export function checkParts(level: ValidationLevel, image: ReadImage, source: ImageSource, clock: Clock, call: Call): ResultAsync<readonly Finding[], CheckError | RegistryError> {
  if (level === 'manifest') return okAsync(damagedParts(image));
  const asked = checkLayers(image, source, call);
  if (level === 'head') return asked;
  return asked.andThen((found) => (found.some(({ severity }) => severity === 'error') ? okAsync(found) : checkContent(image, source, { clock }, call).map((more): readonly Finding[] => [...found, ...more])));
}
