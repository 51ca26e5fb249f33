/**
 * Reads an image as far as its manifests and configurations go, verified; what the checks look at (R37, R43).
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { digestAlgorithm, digestOf, formatPlatform, formatReference, isAttestation, isConfigType, isIndexType, parseImageConfig, parseManifest, type Descriptor, type Digest, type DigestReference, type ImageIndex, type ImageManifest, type Platform } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import type { Call, Finding, ImageSource, InspectedImage, InspectedPlatform } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { readConfig } from './read-config.js';

/** Requests at the same time. */
export const parallelReads = 6;
const maxDepth = 4;

/** Faults of the image's documents; the others are missing or damaged parts. */
export const metadataFaults: ReadonlySet<string> = new Set(['config_invalid', 'config_too_large', 'not_an_image', 'no_image', 'index_too_deep']);

/** Faults of a document itself, as opposed to the way to it. */
const documentCodes: readonly string[] = ['document_invalid', 'manifest_unsupported', 'manifest_too_large', 'digest_mismatch'];

type Read = { readonly platforms: readonly InspectedPlatform[]; readonly faults: readonly Finding[] };

/**
 * Reads the manifests and configurations of every platform; build attestations are no images and are left out. An error
 * means that the registry could not be read, or that the image's own manifest is missing or none (`manifest_not_found`,
 * `document_invalid`, …); faults of the parts below it are in the answer's `faults`.
 */
export function inspectImage(name: string, reference: DigestReference, source: ImageSource, call: Call): ResultAsync<InspectedImage, RegistryError> {
  return new ResultAsync(inspect(name, reference, source, call));
}

async function inspect(name: string, reference: DigestReference, source: ImageSource, call: Call): Promise<Result<InspectedImage, RegistryError>> {
  const root = await readDocument(reference, source, call);
  if (root.isErr()) return err({ ...root.error, message: `${name}: ${formatReference(reference)}: ${root.error.message}` });
  const document = root.value;
  const read = document.kind === 'index' ? await readIndex(document, reference, 0, '', source, call) : await readPlatform(document, reference, undefined, source, call);
  if (read.isErr()) return err({ ...read.error, message: `${name}: ${read.error.message}` });
  const { platforms, faults } = read.value;
  const none: readonly Finding[] = platforms.length === 0 && faults.length === 0 ? [{ code: 'no_image', path: 'index', severity: 'error', message: 'the index names no image' }] : [];
  return ok({
    name,
    reference,
    platforms: platforms.filter((platform, at) => platforms.findIndex(({ digest }) => digest === platform.digest) === at),
    ...(document.kind === 'index' && document.annotations !== undefined ? { annotations: document.annotations } : {}),
    ...(faults.length + none.length === 0 ? {} : { faults: [...faults, ...none] }),
  });
}

async function readDocument(reference: DigestReference, source: ImageSource, call: Call): Promise<Result<ImageIndex | ImageManifest, RegistryError>> {
  const raw = await source.readManifest(reference, call);
  if (raw.isErr()) return err(raw.error);
  const actual = digestOf(raw.value.bytes, digestAlgorithm(reference.digest));
  if (actual !== reference.digest) return err(failure('digest_mismatch', `manifest ${reference.digest} came with the digest ${actual}`, { digest: reference.digest, expected: reference.digest, actual }));
  return parseManifest(raw.value);
}

async function readIndex(index: ImageIndex, of: DigestReference, depth: number, path: string, source: ImageSource, call: Call): Promise<Result<Read, RegistryError>> {
  const children = index.manifests.filter((child) => !isAttestation(child)).map((child, at) => ({ child, path: `${path}${child.platform === undefined ? `manifests[${String(at)}]` : formatPlatform(child.platform)}` }));
  const reads = await inParallel(children, parallelReads, call, ({ child, path: childPath }, inner) => readChild(child, childPath, { ...of, digest: child.digest }, depth, source, inner));
  return reads.map((list) => ({ platforms: list.flatMap(({ platforms }) => platforms), faults: list.flatMap(({ faults }) => faults) }));
}

async function readChild(child: Descriptor, path: string, reference: DigestReference, depth: number, source: ImageSource, call: Call): Promise<Result<Read, RegistryError>> {
  const fault = (code: string, message: string, expected?: number | string, actual?: number | string): Result<Read, RegistryError> =>
    ok({ platforms: [], faults: [{ code, path, severity: 'error', message: `${path}: ${message}`, ...(expected === undefined ? {} : { expected }), ...(actual === undefined ? {} : { actual }) }] });
  if (isIndexType(child.mediaType) && depth >= maxDepth) return fault('index_too_deep', `indexes stand more than ${String(maxDepth)} deep in one another`);
  const raw = await source.readManifest(reference, call);
  if (raw.isErr() && raw.error.code === 'manifest_not_found') return fault('manifest_missing', `manifest ${child.digest} is missing`, child.digest);
  if (raw.isErr() && documentCodes.includes(raw.error.code)) return fault('manifest_invalid', raw.error.message);
  if (raw.isErr()) return err(raw.error);
  // No registry looks at this on a push, and pulls fail by it.
  if (raw.value.bytes.length !== child.size) return fault('manifest_size', `manifest ${child.digest} has ${String(raw.value.bytes.length)} bytes, and the index says ${String(child.size)}`, child.size, raw.value.bytes.length);
  const document = parseManifest(raw.value);
  if (document.isErr()) return fault('manifest_invalid', document.error.message);
  return document.value.kind === 'index' ? readIndex(document.value, reference, depth + 1, `${path}/`, source, call) : readPlatform(document.value, reference, child.platform, source, call);
}

async function readPlatform(manifest: ImageManifest, reference: DigestReference, platform: Platform | undefined, source: ImageSource, call: Call): Promise<Result<Read, RegistryError>> {
  const path = platform === undefined ? 'image' : formatPlatform(platform);
  const { digest }: { readonly digest: Digest } = reference;
  const fault = (code: string, message: string): Result<Read, RegistryError> => ok({ platforms: [], faults: [{ code, path: `${path} config`, severity: 'error', message: `${path}: ${message}` }] });
  if (!isConfigType(manifest.config.mediaType)) return fault('not_an_image', `the configuration is ${manifest.config.mediaType}, so this is no image but another artifact`);
  const bytes = await readConfig(manifest.config, reference, source, call);
  if (bytes.isErr()) return err(bytes.error);
  if ('code' in bytes.value) return fault(bytes.value.code, bytes.value.message);
  const config = parseImageConfig(bytes.value.bytes);
  if (config.isErr()) return fault('config_invalid', config.error.message);
  return ok({ platforms: [{ platform: platform ?? config.value.platform, digest, manifest, config: config.value }], faults: [] });
}
