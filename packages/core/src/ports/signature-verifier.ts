/**
 * Signature verification (specification: chart 1, K and L; R46, R47, G12).
 * @module
 */
import type { CheckError, RegistryError } from '../errors/index.js';
import type { DigestReference } from '../image/index.js';
import type { ResultAsync } from '../result.js';
import type { Call } from './call.js';
import type { ImageSource } from './image-source.js';

export interface SignatureVerdict {
  /** Only `verified` is valid. `indeterminate` is technical and may be retried; the others are verdicts. */
  readonly verdict: 'verified' | 'unsigned' | 'untrusted' | 'invalid' | 'indeterminate';
  /** Who signed, or why not. */
  readonly detail: string;
}

export interface SignatureVerifier {
  readonly name: string;
  verify(image: DigestReference, source: ImageSource, call: Call): ResultAsync<SignatureVerdict, CheckError | RegistryError>;
}
