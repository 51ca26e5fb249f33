/**
 * The references on the command line: one for a release of one image, `NAME=REF` for each image of several.
 * @module
 */
import type { PromoteRequest } from '@davit/core';
import { err, failure, ok, type DavitError, type Result } from '@davit/core/adapter';

export interface ImageArguments {
  readonly references: readonly string[];
}

export function imagesOf(references: readonly string[]): Result<Pick<PromoteRequest, 'images'>, DavitError> {
  const wrong = (message: string): Result<never, DavitError> => err(failure('usage_invalid', message));
  const [first] = references;
  if (first === undefined) return ok({});
  // A reference never holds an equals sign.
  if (references.length === 1 && !first.includes('=')) return ok({ images: first });
  const images: Record<string, string> = {};
  for (const text of references) {
    const at = text.indexOf('=');
    const name = text.slice(0, at);
    const reference = text.slice(at + 1);
    if (at < 0) return wrong(`${text} stands beside other references, so it must say which image of the release it is: NAME=${text}`);
    if (name === '' || reference === '') return wrong(`${text} is not NAME=REF`);
    if (Object.hasOwn(images, name)) return wrong(`${name} is given twice`);
    images[name] = reference;
  }
  return ok({ images });
}
