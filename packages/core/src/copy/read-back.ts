/**
 * The proof of a copy: what the target serves under the digest is the image, byte for byte (R17).
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { digestAlgorithm, digestOf, formatRepository, type Descriptor, type Digest, type Repository } from '../image/index.js';
import type { Call, ImageTarget } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { inImage } from './fault.js';

export interface ReadBackRequest {
  /** Name of the image in its release. */
  readonly name: string;
  readonly target: ImageTarget;
  readonly to: Repository;
  readonly digest: Digest;
  /** What the source says of the manifest, where that is known: type and size must be the same. */
  readonly expected?: Pick<Descriptor, 'mediaType' | 'size'>;
}

/** Reads the manifest by its digest from the target and compares. Errors: `manifest_not_found`, `digest_mismatch`, `size_mismatch`. */
export function readBack(request: ReadBackRequest, call: Call): ResultAsync<Descriptor, RegistryError> {
  return new ResultAsync(read(request, call));
}

async function read({ name, target, to, digest, expected }: ReadBackRequest, call: Call): Promise<Result<Descriptor, RegistryError>> {
  const stored = await target.readManifest({ ...to, digest }, call);
  if (stored.isErr()) return err(inImage(name, 'read back', stored.error, { digest }));
  const { bytes, mediaType } = stored.value;
  const facts = { registry: to.registry, repository: to.repository, digest };
  const actual = digestOf(bytes, digestAlgorithm(digest));
  if (actual !== digest) return err(failure('digest_mismatch', `${name}: ${formatRepository(to)} serves a manifest with the digest ${actual} under ${digest}`, { ...facts, expected: digest, actual }));
  if (expected !== undefined && expected.size !== bytes.length) return err(failure('size_mismatch', `${name}: the manifest in ${formatRepository(to)} has ${String(bytes.length)} bytes instead of ${String(expected.size)}`, { ...facts, expected: expected.size, actual: bytes.length }));
  if (expected !== undefined && expected.mediaType !== mediaType) return err(failure('registry_protocol', `${name}: ${formatRepository(to)} calls the manifest ${mediaType} instead of ${expected.mediaType}`, { ...facts, expected: expected.mediaType, actual: mediaType }));
  return ok({ mediaType, digest, size: bytes.length });
}
