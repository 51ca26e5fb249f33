/**
 * Signatures that production added by itself under a tag of cosign: another image's signatures must not replace them.
 * Cosign adds to what stands under such a tag, so a tag of the source that holds all of the target's is the later one.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import { parseManifest, repositoryOf, type Digest } from '../image/index.js';
import type { Call, ImageSource } from '../ports/index.js';
import { ok, type Result } from '../result.js';
import { inImage } from './fault.js';
import type { CopyRequest } from './request.js';

export interface SignatureTag {
  readonly tag: string;
  /** What it shall name. */
  readonly digest: Digest;
  /** What it names now. */
  readonly previous?: Digest | null;
}

/** Whether the target's tag names something that would be lost if it were moved. */
export async function hasOwnSignatures({ name, source, from, target, to }: CopyRequest, { tag, digest, previous }: SignatureTag, call: Call): Promise<Result<boolean, RegistryError>> {
  if (previous == null || previous === digest) return ok(false);
  const [theirs, ours] = await Promise.all([layersOf(target, { ...repositoryOf(to), digest: previous }, call), layersOf(source, { ...repositoryOf(from), digest }, call)]);
  return theirs
    .andThen((kept) => ours.map((sent) => kept === null || kept.some((layer) => sent?.includes(layer) !== true)))
    .mapErr((error) => inImage(name, `tag ${tag}`, error));
}

/** Each signature is a layer. Null where something else stands there. */
async function layersOf(side: Pick<ImageSource, 'readManifest'>, reference: Parameters<ImageSource['readManifest']>[0], call: Call): Promise<Result<readonly Digest[] | null, RegistryError>> {
  const raw = await side.readManifest(reference, call);
  return raw.map((manifest) => {
    const parsed = parseManifest(manifest);
    return parsed.isOk() && 'layers' in parsed.value ? parsed.value.layers.map(({ digest }) => digest) : null;
  });
}
