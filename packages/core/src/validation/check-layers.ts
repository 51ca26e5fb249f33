/**
 * Is every part of the image there, with the size that the manifest says (chart 1, E and F; R40, R41).
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import { isForeignLayer, layerPacking } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import type { Call, Finding, ImageSource } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { blobsAt, placesOf, type BlobPlace } from './blob-places.js';
import { metadataFaults, parallelReads } from './inspect-image.js';
import { manifestsOf, type ReadImage } from './read-image.js';

/**
 * Asks the registry for the size of every configuration and layer, each once, without reading them, and compares what each
 * place of the image says of it. Layers that registries need not hold are listed as warnings and not asked for. A registry
 * that cannot answer is an error, never a finding.
 */
export function checkLayers(image: ReadImage, source: ImageSource, call: Call): ResultAsync<readonly Finding[], RegistryError> {
  return new ResultAsync(check(image, source, call));
}

/** What is known to be missing or damaged without asking: the level `manifest`. */
export function damagedParts(image: ReadImage): readonly Finding[] {
  return [...(image.faults ?? []).filter(({ code }) => !metadataFaults.has(code)), ...noLayers(image), ...layerTypes(image)];
}

async function check(image: ReadImage, source: ImageSource, call: Call): Promise<Result<readonly Finding[], RegistryError>> {
  const blobs = blobsAt(placesOf(image).filter(({ descriptor }) => !isForeignLayer(descriptor)));
  const asked = await inParallel(blobs, parallelReads, call, async ({ digest, places }, inner): Promise<Result<readonly Finding[], RegistryError>> => {
    const stored = await source.statBlob({ ...image.reference, digest }, inner);
    if (stored.isErr() && stored.error.code !== 'blob_not_found') return err({ ...stored.error, message: `${image.name}: ${places[0].path}: ${stored.error.message}` });
    const actual = stored.isErr() ? null : stored.value;
    return ok(places.filter(({ descriptor }) => descriptor.size !== actual).map((place) => sizeFinding(place, actual)));
  });
  return asked.map((findings) => [...damagedParts(image), ...findings.flat()]);
}

/** @param actual What the registry has: null for nothing. */
function sizeFinding({ descriptor: { digest, size }, path, kind }: BlobPlace, actual: number | null): Finding {
  const message = actual === null ? `${path}: ${digest} is missing` : `${path}: ${digest} has ${String(actual)} bytes, and the manifest says ${String(size)}`;
  return { code: actual === null ? `${kind}_missing` : `${kind}_size`, path, severity: 'error', message, expected: size, actual };
}

/** An image without a file: the specification advises against it, and there is nothing in it to run. */
function noLayers(image: ReadImage): readonly Finding[] {
  return manifestsOf(image).filter(({ manifest }) => manifest.layers.length === 0).map(({ path }) => ({ code: 'no_layers', path: `${path} layers`, severity: 'error', message: `${path}: the image has no layer, so there is nothing in it to run` }));
}

/** Layers that are kept elsewhere, and those of a type that an engine may not know. */
function layerTypes(image: ReadImage): readonly Finding[] {
  return placesOf(image).flatMap(({ descriptor, path, isArchive }): readonly Finding[] => {
    const { mediaType, digest } = descriptor;
    if (isForeignLayer(descriptor)) return [{ code: 'layer_foreign', path, severity: 'warning', message: `${path}: ${digest} is kept elsewhere and was not looked at` }];
    if (!isArchive || layerPacking(mediaType) !== undefined) return [];
    // Another kind of layer, such as an encrypted one, is the business of whoever runs it; what is no layer at all runs nowhere.
    const isLayer = /\.image\.(?:layer|rootfs)\./.test(mediaType);
    return [{ code: 'layer_type_unknown', path, severity: isLayer ? 'warning' : 'error', message: `${path}: ${digest} is ${mediaType.slice(0, 100)}, ${isLayer ? 'which not every engine can unpack' : 'which is no layer of an image'}`, actual: mediaType }];
  });
}
