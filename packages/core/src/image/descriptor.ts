/**
 * A descriptor: type, digest and size of content that lies elsewhere.
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md
 * @module
 */
import { isDigest, isUnknownDigest, type Digest } from './digest.js';
import { aText, findFault, isObject, isStringRecord, textMap, texts, withoutNulls, type FieldRule } from './json-document.js';
import { findMisspelt, knownKeys } from './key-spelling.js';
import { isForeignLayerType, isMediaType } from './media-type.js';
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

/**
 * Whether this is a layer that a registry need not hold and that stays where it is. The type alone does not make it one:
 * without a URL nobody else has it, and registries keep it as any other layer.
 */
export const isForeignLayer = ({ mediaType, urls }: Pick<Descriptor, 'mediaType' | 'urls'>): boolean => isForeignLayerType(mediaType) && urls !== undefined && urls.length > 0;

/** Why a value is no descriptor that we can use. */
export interface DescriptorFault {
  /** A path and a sentence. */
  readonly fault: string;
  /** The value is a descriptor, but by a digest algorithm that cannot be verified here. */
  readonly unsupported?: true;
}

const uriPattern = /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const required: Readonly<Record<string, FieldRule>> = {
  mediaType: { holds: isMediaType, what: 'is not a media type' },
  digest: { holds: (value) => typeof value === 'string' && (isDigest(value) || isUnknownDigest(value)), what: 'is not a digest' },
  size: { holds: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0, what: 'is not a size' },
};
const optional: Readonly<Record<string, FieldRule>> = {
  annotations: textMap,
  artifactType: { holds: isMediaType, what: 'is not a media type' },
  urls: { holds: (value) => Array.isArray(value) && value.every((url) => typeof url === 'string' && uriPattern.test(url)), what: 'is not a list of URIs' },
  data: { holds: (value) => typeof value === 'string' && base64Pattern.test(value), what: 'is not base64' },
};
const platformRules: Readonly<Record<string, FieldRule>> = { os: aText, architecture: aText, variant: aText, 'os.version': aText, 'os.features': texts, features: texts };

const descriptorKeys = knownKeys(...Object.keys(required), ...Object.keys(optional), 'platform');
const platformKeys = knownKeys(...Object.keys(platformRules));

/** Reads a descriptor from parsed JSON; the answer is the fault where it is none. */
export function readDescriptor(given: unknown, path: string): Descriptor | DescriptorFault {
  if (!isObject(given)) return { fault: `${path} is not an object` };
  const misspelt = findMisspelt(given, descriptorKeys, `${path}.`);
  if (misspelt !== undefined) return { fault: `${misspelt.field} ${misspelt.what}` };
  const value = withoutNulls(given);
  const missing = Object.keys(required).find((field) => value[field] === undefined);
  if (missing !== undefined) return { fault: `${path}.${missing} is missing` };
  const broken = findFault(value, { ...required, ...optional }, `${path}.`);
  if (broken !== undefined) return { fault: `${broken.field} ${broken.what}` };
  const { mediaType, digest, size, platform, annotations, artifactType, urls } = value as { mediaType: string; digest: string; size: number; platform?: unknown; annotations?: unknown; artifactType?: unknown; urls?: unknown };
  const read = platform === undefined ? undefined : readPlatform(platform, `${path}.platform`);
  if (read !== undefined && 'fault' in read) return read;
  if (!isDigest(digest)) return { fault: `${path}.digest is by an algorithm other than sha256 and sha512`, unsupported: true };
  return {
    mediaType,
    digest,
    size,
    ...(read === undefined ? {} : { platform: read }),
    ...(isStringRecord(annotations) ? { annotations } : {}),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(urls === undefined ? {} : { urls: urls as readonly string[] }),
  };
}

function readPlatform(given: unknown, path: string): Platform | DescriptorFault {
  if (!isObject(given)) return { fault: `${path} is not an object` };
  const value = withoutNulls(given);
  const broken = findMisspelt(given, platformKeys, `${path}.`) ?? findFault(value, platformRules, `${path}.`);
  if (broken !== undefined) return { fault: `${broken.field} ${broken.what}` };
  const { os, architecture, variant, 'os.version': osVersion } = value;
  if (typeof os !== 'string') return { fault: `${path}.os is missing` };
  if (typeof architecture !== 'string') return { fault: `${path}.architecture is missing` };
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}), ...(typeof osVersion === 'string' ? { osVersion } : {}) };
}
