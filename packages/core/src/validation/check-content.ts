/**
 * Is every layer what the manifest and the configuration say: the level `content`, which reads all of it (R40, R41).
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import { isForeignLayer, isUnknownDigest, layerPacking } from '../image/index.js';
import { atIntervals } from '../policy/at-intervals.js';
import { inParallel } from '../policy/parallel.js';
import type { Call, Clock, Finding, ImageSource } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { blobsAt, placesOf, type BlobPlace, type PlacedBlob } from './blob-places.js';
import { distinct, pathOf, type ReadImage } from './read-image.js';
import { readLayer, type ReadLayer } from './read-layer.js';
import { formatSize } from './size.js';

export interface ContentOptions {
  readonly clock: Clock;
  /** A layer that unpacks to more is refused unread. Default: 32 GiB. */
  readonly maxUnpackedBytes?: number;
}

const defaultMaxUnpackedBytes = 32 * 2 ** 30;
/** Layers at the same time: they cost a core each. */
const parallelLayers = 3;

/**
 * Reads every layer once, and compares size, digest, diff_id and the way it is packed; its archive must be readable to the
 * end. Memory does not depend on the layers' sizes. A network fault is an error, never a finding: a digest that differs
 * counts only when the bytes came a second time with the same wrong digest.
 */
export function checkContent(image: ReadImage, source: ImageSource, options: ContentOptions, call: Call): ResultAsync<readonly Finding[], RegistryError> {
  return new ResultAsync(check(image, source, options, call));
}

async function check(image: ReadImage, source: ImageSource, { clock, maxUnpackedBytes = defaultMaxUnpackedBytes }: ContentOptions, call: Call): Promise<Result<readonly Finding[], RegistryError>> {
  // Configurations have been read already.
  const layers = blobsAt(placesOf(image).filter(({ kind, descriptor }) => kind === 'layer' && !isForeignLayer(descriptor)));
  call.progress?.({ type: 'check.planned', image: image.name, bytes: layers.reduce((sum, blob) => sum + largestOf(blob), 0), blobs: layers.length });
  const read = await inParallel(layers, parallelLayers, call, async (blob, inner): Promise<Result<readonly Finding[], RegistryError>> => {
    const { digest, places } = blob;
    const [{ path, descriptor }] = places;
    // As much as any place says: what the others say is then seen.
    const wanted = { ...descriptor, size: largestOf(blob) };
    const diffIds = places.flatMap(({ diffId }) => (diffId === undefined ? [] : [diffId]));
    const tell = (state: 'reading' | 'read', bytes: number): void => call.progress?.({ type: 'check.blob', image: image.name, digest, state, bytes, size: wanted.size });
    const once = (): Promise<Result<ReadLayer, RegistryError>> => readLayer({ descriptor: wanted, of: image.reference, source, clock, onBytes: atIntervals(clock, (bytes: number) => tell('reading', bytes)) }, diffIds, maxUnpackedBytes, inner);
    const first = await once();
    const suspect = first.isOk() && first.value.digest !== digest && places.some((place) => place.descriptor.size === first.value.bytes);
    const layer = suspect ? await once() : first;
    if (layer.isErr()) return layer.error.code === 'blob_not_found' ? ok(places.map((place) => finding(place.path, 'layer_missing', `${digest} is missing`, place.descriptor.size, null))) : err({ ...layer.error, message: `${image.name}: ${path}: ${layer.error.message}` });
    tell('read', layer.value.bytes);
    return ok(findingsOf(blob, layer.value, maxUnpackedBytes));
  });
  return read.map((findings) => [...findings.flat(), ...withoutDiffIds(image)]);
}

/** Of an image whose configuration cannot be read, nobody knows what its layers should unpack to. */
function withoutDiffIds({ unconfigured = [] }: ReadImage): readonly Finding[] {
  return distinct(unconfigured, ({ digest }) => digest)
    .filter(({ manifest }) => manifest.layers.length > 0)
    .map(({ platform }) => finding(`${pathOf(platform)} config.rootfs`, 'layer_not_checked', 'the configuration cannot be read, so what the layers unpack to was compared with nothing', undefined, undefined, 'warning'));
}

function finding(path: string, code: string, message: string, expected?: Finding['expected'], actual?: Finding['actual'], severity: Finding['severity'] = 'error'): Finding {
  return { code, path, severity, message: `${path}: ${message}`, ...(expected === undefined ? {} : { expected }), ...(actual === undefined ? {} : { actual }) };
}

const largestOf = ({ places }: PlacedBlob): number => places.reduce((most, { descriptor: { size } }) => Math.max(most, size), 0);

function findingsOf(blob: PlacedBlob, layer: ReadLayer, maxUnpackedBytes: number): readonly Finding[] {
  const { digest, places } = blob;
  // Reading ends with the first byte too many; then nobody knows how many there are.
  const bytes = layer.bytes > largestOf(blob) ? undefined : layer.bytes;
  const wrong = places.filter(({ descriptor: { size } }) => size !== bytes).map(({ path, descriptor: { size } }) => finding(path, 'layer_size', bytes === undefined ? `${digest} has more bytes than the ${String(size)} that the manifest says` : `${digest} has ${String(bytes)} bytes, and the manifest says ${String(size)}`, size, bytes));
  const right = places.filter(({ descriptor: { size } }) => size === bytes);
  const [first] = right;
  if (first === undefined) return wrong;
  if (layer.digest !== digest) return [...wrong, finding(first.path, 'layer_damaged', `${digest} came with the digest ${layer.digest}, twice`, digest, layer.digest)];
  return [...wrong, ...archiveFindings(right, layer, maxUnpackedBytes), ...right.flatMap((place) => diffIdFindings(place, layer))];
}

/** What belongs to an attestation is no archive, and of a layer of a kind that we do not know nothing can be said but its bytes. */
const isReadable = ({ isArchive, descriptor: { mediaType } }: BlobPlace): boolean => isArchive && layerPacking(mediaType) !== undefined;

/** Of what the layer is packed in, and of the archive. */
function archiveFindings(places: readonly BlobPlace[], { packing, unpacked }: ReadLayer, maxUnpackedBytes: number): readonly Finding[] {
  const layers = places.filter(isReadable);
  const [layer] = layers;
  if (layer === undefined) return [];
  const { path } = layer;
  // What it is packed in, its beginning says.
  const mislabelled = layers.flatMap(({ path: at, descriptor: { mediaType } }) => {
    const said = layerPacking(mediaType);
    return said === packing || said === undefined ? [] : [finding(at, 'layer_type_differs', `the manifest calls it ${mediaType}, and it is ${packing === 'none' ? 'a plain tar archive' : `packed with ${packing}`}`, said, packing)];
  });
  if (unpacked === undefined) return [...mislabelled, finding(path, 'layer_not_checked', `packed with ${packing}, which this Node cannot unpack (22.15 and later can); its size and digest are right`, undefined, undefined, 'warning')];
  if (unpacked.bytes > maxUnpackedBytes) return [finding(path, 'layer_too_large', `it unpacks to more than ${formatSize(maxUnpackedBytes)}`, maxUnpackedBytes)];
  if (unpacked.fault !== undefined) return [finding(path, 'layer_unreadable', packing === 'none' ? `it is no readable archive: ${unpacked.fault}` : unpacked.digests.length === 0 ? `it cannot be unpacked (${packing}): ${unpacked.fault}` : `what is packed with ${packing} is no readable archive: ${unpacked.fault}`)];
  return [...mislabelled, ...(unpacked.ended ? [] : [finding(path, 'layer_unterminated', 'the archive ends without the mark of its end; it may have been cut', undefined, undefined, 'warning')])];
}

function diffIdFindings(place: BlobPlace, { unpacked }: ReadLayer): readonly Finding[] {
  const { path, diffId } = place;
  // One that is not in the list is a fault of the list, and found with the metadata.
  if (!isReadable(place) || diffId === undefined || unpacked === undefined) return [];
  if (isUnknownDigest(diffId)) return [finding(path, 'layer_not_checked', `its diff_id is by an algorithm that cannot be computed here: ${diffId.slice(0, 100)}`, undefined, undefined, 'warning')];
  const actual = unpacked.digests.find((digest) => digest.slice(0, digest.indexOf(':')) === diffId.slice(0, diffId.indexOf(':')));
  return actual === undefined || actual === diffId ? [] : [finding(path, 'diff_id_differs', `it unpacks to ${actual}, and the configuration says ${diffId}`, diffId, actual)];
}
