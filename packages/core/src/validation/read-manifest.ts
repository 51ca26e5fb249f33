/**
 * Reads a manifest, verified, and tells a fault of the manifest from a fault of the way to it.
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { digestAlgorithm, digestOf, type DigestReference, type RawManifest } from '../image/index.js';
import type { Call, ImageSource } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';

/**
 * The manifest of that digest. `digest_mismatch` only where its bytes came twice with another digest: once may have been
 * the fault of whatever is between the registry and us.
 */
export async function readManifest(reference: DigestReference, source: ImageSource, call: Call): Promise<Result<RawManifest, RegistryError>> {
  const first = await readOnce(reference, source, call);
  return first.isErr() && first.error.code === 'digest_mismatch' ? readOnce(reference, source, call) : first;
}

async function readOnce(reference: DigestReference, source: ImageSource, call: Call): Promise<Result<RawManifest, RegistryError>> {
  const { digest } = reference;
  const raw = await source.readManifest(reference, call);
  if (raw.isErr()) return err(raw.error);
  // The port promises verified bytes; a digest is cheap, and everything else relies on it.
  const actual = digestOf(raw.value.bytes, digestAlgorithm(digest));
  return actual === digest ? ok(raw.value) : err(failure('digest_mismatch', `manifest ${digest} came with the digest ${actual}`, { digest, expected: digest, actual }));
}
