/**
 * An organisation's own checks, kept from harming the others.
 * @module
 */
import { causeOf, failure, type CheckError, type RegistryError } from '../errors/index.js';
import type { Call, Finding, ImageCheck, ImageSource, InspectedImage } from '../ports/index.js';
import { err, ResultAsync, type Result } from '../result.js';

/** Makes one check. One that throws is `check_inconclusive`: nothing is known. */
export function checkCustom(custom: ImageCheck, image: InspectedImage, source: ImageSource, call: Call): ResultAsync<readonly Finding[], CheckError | RegistryError> {
  return new ResultAsync(check(custom, image, source, call));
}

async function check(custom: ImageCheck, image: InspectedImage, source: ImageSource, call: Call): Promise<Result<readonly Finding[], CheckError | RegistryError>> {
  try {
    return await custom.check(image, source, call);
  } catch (thrown) {
    return err(failure('check_inconclusive', `${image.name}: the check ${custom.name} failed: ${causeOf(thrown).message}`, { check: custom.name, cause: thrown }));
  }
}
