/**
 * Content digests: the one name of an image that cannot change.
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
 * @module
 */
import { createHash, type Hash } from 'node:crypto';
import { failure, type DavitError } from '../errors/index.js';
import { err, ok, type Result } from '../result.js';

declare const digestBrand: unique symbol;
/** `sha256:` or `sha512:` with lower-case hexadecimal digits. Made by {@link parseDigest} or {@link digestOf} only. */
export type Digest = string & { readonly [digestBrand]: true };

export type DigestAlgorithm = 'sha256' | 'sha512';

const hexLength: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

/** Reads a digest. Algorithms other than sha256 and sha512 are refused: what cannot be verified cannot be promoted. */
export function parseDigest(text: string): Result<Digest, DavitError<'digest_invalid'>> {
  return isDigest(text) ? ok(text) : err(failure('digest_invalid', `not a digest: ${JSON.stringify(text.slice(0, 150))}`, { actual: text.slice(0, 150) }));
}

export function isDigest(text: string): text is Digest {
  const colon = text.indexOf(':');
  const length = hexLength[text.slice(0, Math.max(colon, 0))];
  return length !== undefined && text.length === colon + 1 + length && /^[a-f0-9]+$/.test(text.slice(colon + 1));
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.slice(0, digest.indexOf(':')) as DigestAlgorithm;
}

/** The hexadecimal part. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The digest of bytes that are in memory (manifests and configurations; blobs are hashed as they stream). */
export function digestOf(bytes: Uint8Array | string, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
}

/** A running hash for a blob that is expected to have this digest. */
export function hashFor(digest: Digest): { readonly update: (chunk: Uint8Array) => void; readonly digest: () => Digest } {
  const algorithm = digestAlgorithm(digest);
  const hash: Hash = createHash(algorithm);
  return { update: (chunk) => void hash.update(chunk), digest: () => `${algorithm}:${hash.digest('hex')}` as Digest };
}

/** The first twelve hexadecimal digits, as people write them. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, 12);
}
