/**
 * Reads an image as far as its manifests and configurations go, verified; what the checks look at (R37, R43).
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import { formatPlatform, formatReference, isAttestation, isConfigType, isIndexType, parseImageConfig, parseManifest, shortDigest, type Descriptor, type DigestReference, type ImageIndex, type ImageManifest, type Platform, type RawManifest } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import type { Call, Finding, ImageSource, InspectedAttestation, InspectedImage, InspectedPlatform } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { readConfig } from './read-config.js';
import { readManifest } from './read-manifest.js';

/** Requests at the same time. */
export const parallelReads = 6;
const maxDepth = 4;

/** Faults of the image's documents; the others are missing or damaged parts. */
export const metadataFaults: ReadonlySet<string> = new Set(['config_invalid', 'config_too_large', 'not_an_image', 'artifact', 'no_image', 'index_too_deep']);

/** Faults of a document itself; every other error is on the way to it. */
const documentCodes: readonly string[] = ['document_invalid', 'manifest_unsupported', 'manifest_too_large', 'digest_mismatch'];
export const isDocumentFault = ({ code }: RegistryError): boolean => documentCodes.includes(code);

/** That an image has no layer is found with its other parts. */
const parse = (raw: RawManifest): ReturnType<typeof parseManifest> => parseManifest(raw, { withoutLayers: true });

interface Read {
  readonly platforms: readonly InspectedPlatform[];
  readonly attestations: readonly InspectedAttestation[];
  readonly faults: readonly Finding[];
}

/**
 * Reads the manifests and configurations of every platform. Build attestations are no images and are kept apart. An error
 * means that the registry could not be read, or that the image's own manifest is missing or none (`manifest_not_found`,
 * `document_invalid`, …); faults of the parts below it are in the answer's `faults`.
 */
export function inspectImage(name: string, reference: DigestReference, source: ImageSource, call: Call): ResultAsync<InspectedImage, RegistryError> {
  return new ResultAsync(inspect(name, reference, source, call));
}

async function inspect(name: string, reference: DigestReference, source: ImageSource, call: Call): Promise<Result<InspectedImage, RegistryError>> {
  const raw = await readManifest(reference, source, call);
  const root = raw.andThen(parse);
  if (root.isErr()) return err({ ...root.error, message: `${name}: ${formatReference(reference)}: ${root.error.message}` });
  const document = root.value;
  const read = document.kind === 'index' ? await readIndex(document, reference, 0, '', source, call) : await readPlatform(document, reference, undefined, source, call);
  if (read.isErr()) return err({ ...read.error, message: `${name}: ${read.error.message}` });
  const { platforms, attestations } = read.value;
  const faults = withArtifacts(read.value);
  const annotations = document.kind === 'index' ? document.annotations : undefined;
  return ok({
    name,
    reference,
    platforms: platforms.filter((platform, at) => platforms.findIndex(({ digest }) => digest === platform.digest) === at),
    ...(attestations.length === 0 ? {} : { attestations }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(faults.length === 0 ? {} : { faults }),
  });
}

/** An artifact is a fault where an image should be; beside images it is only worth a word. */
function withArtifacts({ platforms, faults }: Read): readonly Finding[] {
  if (platforms.length === 0 && faults.length === 0) return [{ code: 'no_image', path: 'index', severity: 'error', message: 'the index names no image' }];
  const artifacts = faults.filter(({ code }) => code === 'artifact').length;
  return artifacts === faults.length && platforms.length === 0 ? faults.map((fault) => ({ ...fault, code: 'not_an_image', severity: 'error' })) : faults;
}

async function readIndex(index: ImageIndex, of: DigestReference, depth: number, path: string, source: ImageSource, call: Call): Promise<Result<Read, RegistryError>> {
  const children = index.manifests.map((child, at) => ({ child, path: `${path}${isAttestation(child) ? `attestation ${shortDigest(child.digest)}` : child.platform === undefined ? `manifests[${String(at)}]` : formatPlatform(child.platform)}` }));
  const reads = await inParallel(children, parallelReads, call, ({ child, path: childPath }, inner) => readChild(child, childPath, { ...of, digest: child.digest }, depth, source, inner));
  return reads.map((list) => ({ platforms: list.flatMap(({ platforms }) => platforms), attestations: list.flatMap(({ attestations }) => attestations), faults: list.flatMap(({ faults }) => faults) }));
}

const only = (part: Partial<Read>): Result<Read, never> => ok({ platforms: [], attestations: [], faults: [], ...part });

async function readChild(child: Descriptor, path: string, reference: DigestReference, depth: number, source: ImageSource, call: Call): Promise<Result<Read, RegistryError>> {
  const fault = (code: string, message: string, expected?: number | string, actual?: number | string): Result<Read, RegistryError> =>
    only({ faults: [{ code, path, severity: 'error', message: `${path}: ${message}`, ...(expected === undefined ? {} : { expected }), ...(actual === undefined ? {} : { actual }) }] });
  if (isIndexType(child.mediaType) && depth >= maxDepth) return fault('index_too_deep', `indexes stand more than ${String(maxDepth)} deep in one another`);
  const raw = await readManifest(reference, source, call);
  if (raw.isErr() && raw.error.code === 'manifest_not_found') return fault('manifest_missing', `manifest ${child.digest} is missing`, child.digest);
  if (raw.isErr() && isDocumentFault(raw.error)) return fault('manifest_invalid', raw.error.message);
  if (raw.isErr()) return err(raw.error);
  // No registry looks at this on a push, and pulls fail by it.
  if (raw.value.bytes.length !== child.size) return fault('manifest_size', `manifest ${child.digest} has ${String(raw.value.bytes.length)} bytes, and the index says ${String(child.size)}`, child.size, raw.value.bytes.length);
  const document = parse(raw.value);
  if (document.isErr()) return fault('manifest_invalid', document.error.message);
  const manifest = document.value;
  if (manifest.mediaType !== child.mediaType) return fault('manifest_type', `manifest ${child.digest} is ${manifest.mediaType}, and the index calls it ${child.mediaType}`, child.mediaType, manifest.mediaType);
  if (manifest.kind === 'index') return readIndex(manifest, reference, depth + 1, `${path}/`, source, call);
  if (!isAttestation(child)) return readPlatform(manifest, reference, child.platform, source, call);
  const of = child.annotations?.['vnd.docker.reference.digest'];
  return only({ attestations: [{ digest: child.digest, manifest, ...(of === undefined ? {} : { of }) }] });
}

async function readPlatform(manifest: ImageManifest, reference: DigestReference, platform: Platform | undefined, source: ImageSource, call: Call): Promise<Result<Read, RegistryError>> {
  const path = platform === undefined ? 'image' : formatPlatform(platform);
  const fault = (code: string, message: string, severity: Finding['severity'] = 'error'): Result<Read, RegistryError> => only({ faults: [{ code, path: `${path} config`, severity, message: `${path}: ${message}` }] });
  if (!isConfigType(manifest.config.mediaType)) return fault('artifact', `${describeArtifact(manifest)}, so this is no image but another artifact`, 'warning');
  const bytes = await readConfig(manifest.config, reference, source, call);
  if (bytes.isErr()) return err(bytes.error);
  if ('code' in bytes.value) return fault(bytes.value.code, bytes.value.message);
  const config = parseImageConfig(bytes.value.bytes);
  if (config.isErr()) return fault('config_invalid', config.error.message);
  return only({ platforms: [{ platform: platform ?? config.value.platform, digest: reference.digest, manifest, config: config.value }] });
}

/** An artifact has no configuration to speak of and names its kind itself; older ones name it by their configuration. */
const describeArtifact = ({ artifactType, config }: ImageManifest): string => (artifactType === undefined ? `the configuration is ${config.mediaType}` : `the manifest is of the kind ${artifactType}`);
