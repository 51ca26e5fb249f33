/**
 * A descriptor: type, digest and size of content that lies elsewhere.
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md
 * @module
 */
import type { Digest } from './digest.js';
import { isDigest } from './digest.js';
import type { Platform } from './platform.js';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly urls?: readonly string[];
}

/** Reads a descriptor from parsed JSON; the answer is the fault, as a path and a sentence, where it is none. */
export function readDescriptor(value: unknown, path: string): Descriptor | { readonly fault: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: `${path} is not an object` };
  const { mediaType, digest, size, platform, annotations, artifactType, urls } = value as Record<string, unknown>;
  if (typeof mediaType !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/.test(mediaType)) return { fault: `${path}.mediaType is not a media type` };
  if (typeof digest !== 'string' || !isDigest(digest)) return { fault: `${path}.digest is not a digest` };
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return { fault: `${path}.size is not a size` };
  if (annotations !== undefined && !isStringRecord(annotations)) return { fault: `${path}.annotations is not a map of texts` };
  if (artifactType !== undefined && typeof artifactType !== 'string') return { fault: `${path}.artifactType is not a text` };
  if (urls !== undefined && !(Array.isArray(urls) && urls.every((url) => typeof url === 'string'))) return { fault: `${path}.urls is not a list of texts` };
  const read = platform === undefined ? undefined : readPlatform(platform, `${path}.platform`);
  if (read !== undefined && 'fault' in read) return read;
  return {
    mediaType,
    digest,
    size,
    ...(read === undefined ? {} : { platform: read }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(urls === undefined ? {} : { urls: urls as readonly string[] }),
  };
}

function readPlatform(value: unknown, path: string): Platform | { readonly fault: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: `${path} is not an object` };
  const { os, architecture, variant, 'os.version': osVersion } = value as Record<string, unknown>;
  if (typeof os !== 'string') return { fault: `${path}.os is missing` };
  if (typeof architecture !== 'string') return { fault: `${path}.architecture is missing` };
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}), ...(typeof osVersion === 'string' ? { osVersion } : {}) };
}

export function isStringRecord(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((entry) => typeof entry === 'string');
}
