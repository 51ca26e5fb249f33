/**
 * Reads an image as far as its manifests and configurations go, verified; what the checks look at (R37, R43).
 * @module
 */
import { isTooDeep, maxIndexDepth } from '../copy/index-depth.js';
import type { DavitError, RegistryError } from '../errors/index.js';
import { formatPlatform, formatReference, isAttestation, isConfigType, isIndexType, shortDigest, type Descriptor, type Digest, type DigestReference, type ImageIndex, type ImageManifest, type Platform } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import { systemClock, type Call, type Clock, type Finding, type ImageSource, type InspectedAttestation, type InspectedPlatform } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { documentReader, type DocumentReader } from './document-reader.js';
import { distinct, pathOf, type ReadImage, type UnconfiguredImage } from './read-image.js';

/** Requests at the same time. */
export const parallelReads = 6;

/** Faults of the image's documents; the others are missing or damaged parts. */
export const metadataFaults: ReadonlySet<string> = new Set(['config_invalid', 'config_too_large', 'not_an_image', 'artifact', 'no_image', 'index_too_deep']);

const documentCodes: readonly string[] = ['document_invalid', 'manifest_unsupported', 'manifest_too_large', 'digest_mismatch'];
/** Whether it is a fault of the document itself, which no other look at it would find good; every other one is on the way to it. */
export const isDocumentFault = ({ code }: Pick<DavitError, 'code'>): boolean => documentCodes.includes(code);

interface Read {
  readonly platforms: readonly InspectedPlatform[];
  readonly unconfigured: readonly UnconfiguredImage[];
  readonly attestations: readonly InspectedAttestation[];
  readonly faults: readonly Finding[];
  readonly unread: readonly Descriptor[];
  /** Yet to be followed. */
  readonly below?: { readonly index: ImageIndex; readonly digest: Digest; readonly path: string };
}

/** What one inspection has in hand. */
interface Reading {
  readonly documents: DocumentReader;
  /** Indexes that were followed, and how deep: what is below one needs to be found only once. */
  readonly followed: Set<string>;
}

/**
 * Reads the manifests and configurations of every platform. Build attestations are no images and are kept apart. An error
 * means that the registry could not be read, or that the image's own manifest is missing or none (`manifest_not_found`,
 * `document_invalid`, …); faults of the parts below it are in the answer's `faults`.
 *
 * @param clock For waits where a connection broke. Default: the system's clock.
 */
export function inspectImage(name: string, reference: DigestReference, source: ImageSource, call: Call, clock: Clock = systemClock): ResultAsync<ReadImage, RegistryError> {
  return new ResultAsync(inspect(name, reference, source, call, clock));
}

async function inspect(name: string, reference: DigestReference, source: ImageSource, call: Call, clock: Clock): Promise<Result<ReadImage, RegistryError>> {
  const reading: Reading = { documents: documentReader(reference, source, clock, call), followed: new Set() };
  const root = (await reading.documents.manifest(reference.digest)).andThen(({ parsed }) => parsed);
  if (root.isErr()) return err({ ...root.error, message: `${name}: ${formatReference(reference)}: ${root.error.message}` });
  const document = root.value;
  const read = document.kind === 'index' ? await readIndex(document, 0, '', reading, call) : await readPlatform(document, reference.digest, undefined, reading);
  if (read.isErr()) return err({ ...read.error, message: `${name}: ${read.error.message}` });
  const { attestations, unread } = read.value;
  const faults = withArtifacts(read.value);
  const annotations = document.kind === 'index' ? document.annotations : undefined;
  const unconfigured = distinct(read.value.unconfigured, entryOf);
  return ok({
    name,
    reference,
    platforms: distinct(read.value.platforms, entryOf),
    ...(unconfigured.length === 0 ? {} : { unconfigured }),
    ...(attestations.length === 0 ? {} : { attestations }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(faults.length === 0 ? {} : { faults }),
    ...(unread.length === 0 ? {} : { unread }),
  });
}

/** One image may be named for several platforms, rightly or not: each of these is judged. */
const entryOf = ({ digest, platform }: UnconfiguredImage): string => JSON.stringify([digest, platform?.os, platform?.architecture, platform?.variant, platform?.osVersion]);

/** An artifact is a fault where an image should be; beside images it is only worth a word. */
function withArtifacts({ platforms, faults }: Read): readonly Finding[] {
  if (platforms.length === 0 && faults.length === 0) return [{ code: 'no_image', path: 'index', severity: 'error', message: 'the index names no image' }];
  const artifacts = faults.filter(({ code }) => code === 'artifact').length;
  return artifacts === faults.length && platforms.length === 0 ? faults.map((fault) => ({ ...fault, code: 'not_an_image', severity: 'error' })) : faults;
}

async function readIndex(index: ImageIndex, depth: number, path: string, reading: Reading, call: Call): Promise<Result<Read, RegistryError>> {
  const children = index.manifests.map((child, at) => ({ child, path: `${path}${isAttestation(child) ? `attestation ${shortDigest(child.digest)}` : child.platform === undefined ? `manifests[${String(at)}]` : formatPlatform(child.platform)}` }));
  const reads = await inParallel(children, parallelReads, call, ({ child, path: childPath }) => readChild(child, childPath, depth + 1, reading));
  if (reads.isErr()) return err(reads.error);
  const list: Read[] = [];
  for (const read of reads.value) {
    list.push(read);
    const { below } = read;
    const place = below === undefined ? '' : `${below.digest} ${String(depth)}`;
    if (below === undefined || reading.followed.has(place)) continue;
    reading.followed.add(place);
    // One after another: which of two that name the same index comes first must not depend on the network.
    const nested = await readIndex(below.index, depth + 1, below.path, reading, call);
    if (nested.isErr()) return err(nested.error);
    list.push(nested.value);
  }
  return ok({
    platforms: list.flatMap(({ platforms }) => platforms),
    unconfigured: list.flatMap(({ unconfigured }) => unconfigured),
    attestations: list.flatMap(({ attestations }) => attestations),
    faults: list.flatMap(({ faults }) => faults),
    unread: list.flatMap(({ unread }) => unread),
  });
}

const only = (part: Partial<Read>): Result<Read, never> => ok({ platforms: [], unconfigured: [], attestations: [], faults: [], unread: [], ...part });

/** @param depth How many indexes the child stands in. */
async function readChild(child: Descriptor, path: string, depth: number, reading: Reading): Promise<Result<Read, RegistryError>> {
  const { digest } = child;
  const fault = (code: string, message: string, expected?: number | string, actual?: number | string): Result<Read, RegistryError> =>
    only({ faults: [{ code, path, severity: 'error', message: `${path}: ${message}`, ...(expected === undefined ? {} : { expected }), ...(actual === undefined ? {} : { actual }) }], unread: [child] });
  if (isIndexType(child.mediaType) && isTooDeep(depth)) return fault('index_too_deep', `indexes stand more than ${String(maxIndexDepth)} deep in one another`);
  const read = await reading.documents.manifest(digest);
  if (read.isErr() && read.error.code === 'manifest_not_found') return fault('manifest_missing', `manifest ${digest} is missing`, digest);
  if (read.isErr() && isDocumentFault(read.error)) return fault('manifest_invalid', read.error.message);
  if (read.isErr()) return err(read.error);
  const { bytes, parsed } = read.value;
  // No registry looks at this on a push, and pulls fail by it.
  if (bytes !== child.size) return fault('manifest_size', `manifest ${digest} has ${String(bytes)} bytes, and the index says ${String(child.size)}`, child.size, bytes);
  if (parsed.isErr()) return fault('manifest_invalid', parsed.error.message);
  const manifest = parsed.value;
  if (manifest.mediaType !== child.mediaType) return fault('manifest_type', `manifest ${digest} is ${manifest.mediaType}, and the index calls it ${child.mediaType}`, child.mediaType, manifest.mediaType);
  if (manifest.kind === 'index') return only({ below: { index: manifest, digest, path: `${path}/` } });
  if (!isAttestation(child)) return readPlatform(manifest, digest, child.platform, reading);
  const of = child.annotations?.['vnd.docker.reference.digest'];
  return only({ attestations: [{ digest, manifest, ...(of === undefined ? {} : { of }) }] });
}

async function readPlatform(manifest: ImageManifest, digest: Digest, platform: Platform | undefined, { documents }: Reading): Promise<Result<Read, RegistryError>> {
  const path = pathOf(platform);
  const fault = (code: string, message: string, severity: Finding['severity'] = 'error'): Finding => ({ code, path: `${path} config`, severity, message: `${path}: ${message}` });
  if (!isConfigType(manifest.config.mediaType)) return only({ faults: [fault('artifact', `${describeArtifact(manifest)}, so this is no image but another artifact`, 'warning')] });
  const read = await documents.config(manifest.config);
  if (read.isErr()) return err(read.error);
  if ('config' in read.value) return only({ platforms: [{ platform: platform ?? read.value.config.platform, digest, manifest, config: read.value.config }] });
  return only({ faults: [fault(read.value.code, read.value.message)], unconfigured: [{ digest, manifest, ...(platform === undefined ? {} : { platform }) }] });
}

/** An artifact has no configuration to speak of and names its kind itself; older ones name it by their configuration. */
const describeArtifact = ({ artifactType, config }: ImageManifest): string => (artifactType === undefined ? `the configuration is ${config.mediaType}` : `the manifest is of the kind ${artifactType}`);
