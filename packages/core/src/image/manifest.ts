/**
 * Manifests and indexes. What is parsed is a view: the bytes beside it are what is copied, hashed and compared.
 * @see https://github.com/opencontainers/image-spec/blob/main/manifest.md
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { err, ok, type Result } from '../result.js';
import { isStringRecord, readDescriptor, type Descriptor } from './descriptor.js';
import type { Digest } from './digest.js';
import { isIndexType, isManifestType, isSchema1Type } from './media-type.js';

/** Registries are only bound to take manifests up to this size. */
export const maxManifestBytes = 4 * 1024 * 1024;

/** The bytes of a manifest as the registry gave them, with their own digest. */
export interface RawManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

export interface ImageManifest {
  readonly kind: 'manifest';
  readonly mediaType: string;
  readonly config: Descriptor;
  /** Base first, top last. */
  readonly layers: readonly Descriptor[];
  readonly artifactType?: string;
  /** What this manifest refers to, when it is a referrer. */
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

type ManifestFault = DavitError<'document_invalid' | 'manifest_unsupported' | 'manifest_too_large'>;

/** Reads a manifest or an index from its bytes. `mediaType` is what the registry called it; a type inside must agree. */
export function parseManifest(raw: RawManifest): Result<ImageManifest | ImageIndex, ManifestFault> {
  const fault = (what: string): Result<never, ManifestFault> => err(failure('document_invalid', `manifest ${raw.digest}: ${what}`, { digest: raw.digest, field: what.split(' ')[0] ?? '' }));
  if (raw.bytes.length > maxManifestBytes) return err(failure('manifest_too_large', `manifest ${raw.digest} has ${String(raw.bytes.length)} bytes; at most ${String(maxManifestBytes)} are allowed`, { digest: raw.digest, expected: maxManifestBytes, actual: raw.bytes.length }));
  let document: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw.bytes));
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return fault('it is not an object');
    document = parsed as Record<string, unknown>;
  } catch {
    return fault('it is not JSON');
  }
  const { schemaVersion, mediaType: own, config, layers, manifests, artifactType, subject, annotations } = document;
  if (schemaVersion === 1 || isSchema1Type(raw.mediaType)) return err(failure('manifest_unsupported', `manifest ${raw.digest} is Docker schema 1; pull and push the image with a current tool to convert it`, { digest: raw.digest }));
  if (schemaVersion !== 2) return fault('schemaVersion is not 2');
  if (own !== undefined && typeof own !== 'string') return fault('mediaType is not a text');
  if (own !== undefined && raw.mediaType !== '' && own !== raw.mediaType) return fault(`mediaType is ${own}, but the registry calls it ${raw.mediaType}`);
  // A document with both faces could be read as one thing here and as another elsewhere.
  if (manifests !== undefined && (layers !== undefined || config !== undefined)) return fault('manifests stands beside layers');
  if (annotations !== undefined && !isStringRecord(annotations)) return fault('annotations is not a map of texts');
  const readSubject = subject === undefined || subject === null ? undefined : readDescriptor(subject, 'subject');
  if (readSubject !== undefined && 'fault' in readSubject) return fault(readSubject.fault);
  const mediaType = own ?? raw.mediaType;
  const common = {
    mediaType,
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(readSubject === undefined ? {} : { subject: readSubject }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  if (isIndexType(mediaType) || (!isManifestType(mediaType) && manifests !== undefined)) {
    const read = readList(manifests, 'manifests');
    return 'fault' in read ? fault(read.fault) : ok({ kind: 'index', ...common, manifests: read.list });
  }
  const readConfig = readDescriptor(config, 'config');
  if ('fault' in readConfig) return fault(readConfig.fault);
  const read = readList(layers, 'layers');
  return 'fault' in read ? fault(read.fault) : ok({ kind: 'manifest', ...common, config: readConfig, layers: read.list });
}

function readList(value: unknown, path: string): { readonly list: readonly Descriptor[] } | { readonly fault: string } {
  if (!Array.isArray(value)) return { fault: `${path} is not a list` };
  const list: Descriptor[] = [];
  for (const [at, item] of value.entries()) {
    const read = readDescriptor(item, `${path}[${String(at)}]`);
    if ('fault' in read) return read;
    list.push(read);
  }
  return { list };
}

/** BuildKit's attestations stand in an index like images; they are copied, but nothing about images is asked of them. */
export function isAttestation(descriptor: Descriptor): boolean {
  return descriptor.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest' || (descriptor.platform?.os === 'unknown' && descriptor.platform.architecture === 'unknown');
}
