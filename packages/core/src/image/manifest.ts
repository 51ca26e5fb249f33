/**
 * Manifests and indexes. What is parsed is a view: the bytes beside it are what is copied, hashed and compared.
 * @see https://github.com/opencontainers/image-spec/blob/main/manifest.md
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { err, ok, type Result } from '../result.js';
import { readDescriptor, type Descriptor, type DescriptorFault } from './descriptor.js';
import type { Digest } from './digest.js';
import { findFault, isStringRecord, readObject, textMap, withoutNulls } from './json-document.js';
import { findMisspelt, knownKeys } from './key-spelling.js';
import { isConfigType, isIndexType, isManifestType, isMediaType, isSchema1Type, mediaTypes } from './media-type.js';

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

interface ManifestOptions {
  /** Reads an image also where it has no layer. Default: false. */
  readonly withoutLayers?: boolean;
}

const manifestKeys = knownKeys('schemaVersion', 'mediaType', 'artifactType', 'config', 'layers', 'manifests', 'subject', 'annotations');

type ManifestFault = DavitError<'document_invalid' | 'manifest_unsupported' | 'manifest_too_large'>;

/**
 * Reads a manifest or an index from its bytes. `mediaType` is what the registry called it (empty where it did not say);
 * a type inside must agree. Errors: `document_invalid`; `manifest_unsupported` for Docker schema 1, for types that are
 * neither manifest nor index, and for digests that cannot be verified; `manifest_too_large`.
 *
 * An image has a layer: the specification's schema asks for one and its text, for the sake of portability, advises it. Who
 * takes images as they are, or says himself what is wrong with them, reads those `withoutLayers`, too.
 */
export function parseManifest(raw: RawManifest, { withoutLayers = false }: ManifestOptions = {}): Result<ImageManifest | ImageIndex, ManifestFault> {
  const refuse = (code: 'document_invalid' | 'manifest_unsupported', what: string): Result<never, ManifestFault> => err(failure(code, `manifest ${raw.digest}: ${what}`, { digest: raw.digest }));
  const fault = (what: string): Result<never, ManifestFault> => refuse('document_invalid', what);
  const linkFault = ({ fault: what, unsupported }: DescriptorFault): Result<never, ManifestFault> => refuse(unsupported === true ? 'manifest_unsupported' : 'document_invalid', what);
  if (raw.bytes.length > maxManifestBytes) return err(failure('manifest_too_large', `manifest ${raw.digest} has ${String(raw.bytes.length)} bytes; at most ${String(maxManifestBytes)} are allowed`, { digest: raw.digest, expected: maxManifestBytes, actual: raw.bytes.length }));
  const given = readObject(raw.bytes);
  if ('fault' in given) return fault(`it ${given.fault}`);
  const document = withoutNulls(given.object);
  const { schemaVersion, mediaType: own, config, layers, manifests, artifactType, subject, annotations } = document;
  if (schemaVersion === 1 || isSchema1Type(raw.mediaType)) return refuse('manifest_unsupported', 'it is Docker schema 1; pull and push the image with a current tool to convert it');
  if (schemaVersion !== 2) return fault('schemaVersion is not 2');
  if (own !== undefined && !isMediaType(own)) return fault('mediaType is not a media type');
  if (own !== undefined && raw.mediaType !== '' && own !== raw.mediaType) return fault(`mediaType is ${own}, but the registry calls it ${raw.mediaType}`);
  // A document with both faces could be read as one thing here and as another elsewhere.
  if (manifests !== undefined && (layers !== undefined || config !== undefined)) return fault('manifests stands beside layers');
  const broken = findMisspelt(given.object, manifestKeys, '') ?? findFault(document, { annotations: textMap, artifactType: { holds: isMediaType, what: 'is not a media type' } }, '');
  if (broken !== undefined) return fault(`${broken.field} ${broken.what}`);
  const said = own ?? raw.mediaType;
  const mediaType = said === '' ? (manifests === undefined ? mediaTypes.ociManifest : mediaTypes.ociIndex) : said;
  if (!isIndexType(mediaType) && !isManifestType(mediaType)) return refuse('manifest_unsupported', `${mediaType.slice(0, 100)} is neither an image manifest nor an index`);
  const readSubject = subject === undefined ? undefined : readDescriptor(subject, 'subject');
  if (readSubject !== undefined && 'fault' in readSubject) return linkFault(readSubject);
  const common = {
    mediaType,
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(readSubject === undefined ? {} : { subject: readSubject }),
    ...(isStringRecord(annotations) ? { annotations } : {}),
  };
  if (isIndexType(mediaType)) {
    const read = readList(given.object['manifests'], 'manifests');
    return 'fault' in read ? linkFault(read) : ok({ kind: 'index', ...common, manifests: read.list });
  }
  const readConfig = readDescriptor(config, 'config');
  if ('fault' in readConfig) return linkFault(readConfig);
  const read = readList(given.object['layers'], 'layers');
  if ('fault' in read) return linkFault(read);
  // Artifacts may be all annotations, and Docker's own format sets no least number.
  const isImage = mediaType === mediaTypes.ociManifest && artifactType === undefined && isConfigType(readConfig.mediaType);
  if (read.list.length === 0 && isImage && !withoutLayers) return fault('layers is empty');
  return ok({ kind: 'manifest', ...common, config: readConfig, layers: read.list });
}

/** Go writes null for a list with nothing in it. */
function readList(value: unknown, path: string): { readonly list: readonly Descriptor[] } | DescriptorFault {
  if (value === null) return { list: [] };
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
