/**
 * Content digests: the one name of an image that cannot change.
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
 * @module
 */
import { createHash, type Hash } from 'node:crypto';
import { failure, type DavitError } from '../errors/index.js';
import { err, ok, type Result } from '../result.js';
import { excerpt } from './excerpt.js';

/**
 * `sha256:` or `sha512:` with lower-case hexadecimal digits. Made by {@link parseDigest} or {@link digestOf} only. The mark has
 * a name and is no symbol: that would be another one in the declarations for CommonJS, and an adapter that is written in it
 * would have digests of its own.
 */
export type Digest = string & { readonly isDigest: true };

export type DigestAlgorithm = 'sha256' | 'sha512';

const knownDigest = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;
/** The grammar that holds for every algorithm, whether anybody knows it or not. */
const anyDigest = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):[A-Za-z0-9=_-]+$/;

/** Reads a digest. Algorithms other than sha256 and sha512 are refused: what cannot be verified cannot be promoted. */
export function parseDigest(text: string): Result<Digest, DavitError<'digest_invalid'>> {
  if (isDigest(text)) return ok(text);
  const shown = excerpt(text, 150);
  return err(failure('digest_invalid', `not a digest: ${JSON.stringify(shown)}${isUnknownDigest(text) ? ': its algorithm is not known' : ''}`, { actual: shown }));
}

export function isDigest(text: string): text is Digest {
  return typeof text === 'string' && knownDigest.test(text);
}

/** Whether the text is a digest by an algorithm that we cannot compute. Documents may hold them; nothing can be done with them. */
export function isUnknownDigest(text: string): boolean {
  const algorithm = typeof text === 'string' ? anyDigest.exec(text)?.[1] : undefined;
  return algorithm !== undefined && algorithm !== 'sha256' && algorithm !== 'sha512';
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
