/**
 * What a reference names, gathered from its registry: plain data, as `davit inspect --json` prints it.
 * @module
 */
import { digestAlgorithm, digestHex, err, formatPlatform, formatReference, inspectImage, isConfigType, ok, parseManifest, type Call, type Descriptor, type Digest, type DigestReference, type Finding, type ImageManifest, type ImageSource, type InspectedPlatform, type Reference, type RegistryError, type Result } from '@davit/core/images';

export interface InspectedLayer {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}

export interface PlatformInspection {
  readonly platform: string;
  /** What tells two images of Windows apart: `10.0.17763.6414`. */
  readonly osVersion?: string;
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes of configuration and layers as they are stored. */
  readonly size: number;
  readonly config: Omit<InspectedPlatform['config'], 'platform' | 'diffIds' | 'historyLayers'> & { readonly digest: Digest };
  readonly layers: readonly InspectedLayer[];
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ReferrerInspection {
  /** What it refers to: the digest of the whole, or of a platform. */
  readonly of: Digest;
  readonly digest: Digest;
  readonly type: string;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Inspection {
  readonly reference: string;
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes of the manifest or index itself. */
  readonly size: number;
  readonly kind: 'image' | 'index' | 'artifact';
  readonly artifactType: string | null;
  readonly subject: Digest | null;
  readonly annotations: Readonly<Record<string, string>>;
  readonly platforms: readonly PlatformInspection[];
  /** Build attestations that stand in the index. */
  readonly attestations: readonly { readonly digest: Digest; readonly of: string | null }[];
  /** Of an artifact. */
  readonly layers: readonly InspectedLayer[];
  readonly referrers: readonly ReferrerInspection[];
  /** Where cosign keeps what it made: `sha256-….sig`. */
  readonly cosignTags: readonly { readonly tag: string; readonly of: Digest; readonly digest: Digest }[];
  /** What is wrong with it, as far as it was read. */
  readonly faults: readonly Finding[];
  /** What could not be found out. */
  readonly notes: readonly string[];
}

const layerOf = ({ digest, mediaType, size }: Descriptor): InspectedLayer => ({ digest, mediaType, size });
const sizeOf = ({ config, layers }: ImageManifest): number => [config, ...layers].reduce((sum, { size }) => sum + size, 0);

/** @param chosen Which platforms are wanted. */
export async function inspection(reference: Reference, source: ImageSource, chosen: (platform: InspectedPlatform) => boolean, call: Call): Promise<Result<Inspection, RegistryError>> {
  const resolved = await source.resolve(reference, call);
  if (resolved.isErr()) return err(resolved.error);
  const at: DigestReference = { registry: reference.registry, repository: reference.repository, digest: resolved.value.digest };
  const raw = await source.readManifest(at, call);
  if (raw.isErr()) return err(raw.error);
  const parsed = parseManifest(raw.value);
  if (parsed.isErr()) return err(parsed.error);
  const document = parsed.value;
  const isArtifact = document.kind === 'manifest' && !isConfigType(document.config.mediaType);
  const inspected = isArtifact ? null : await inspectImage(reference.repository, at, source, call);
  if (inspected?.isErr() === true) return err(inspected.error);
  const image = inspected?.isOk() === true ? inspected.value : { platforms: [], attestations: [], faults: [] };
  const platforms = image.platforms.filter(chosen);
  const shown = platforms.map(({ digest }) => digest);
  // Attestations are signed, too.
  const attestations = (image.attestations ?? []).filter(({ of }) => of === undefined || shown.some((digest) => digest === of)).map(({ digest }) => digest);
  const attached = await attachedTo(at, [at.digest, ...shown, ...attestations], source, call);
  if (attached.isErr()) return err(attached.error);
  return ok({
    reference: formatReference(reference),
    digest: at.digest,
    mediaType: raw.value.mediaType,
    size: raw.value.bytes.length,
    kind: isArtifact ? 'artifact' : document.kind === 'index' ? 'index' : 'image',
    artifactType: document.artifactType ?? (isArtifact ? document.config.mediaType : null),
    subject: document.subject?.digest ?? null,
    annotations: document.annotations ?? {},
    platforms: platforms.map(({ platform, digest, manifest, config: { platform: _platform, diffIds: _diffIds, historyLayers: _history, ...config } }) => ({
      platform: formatPlatform(platform),
      ...(platform.osVersion === undefined ? {} : { osVersion: platform.osVersion }),
      digest,
      mediaType: manifest.mediaType,
      size: sizeOf(manifest),
      config: { digest: manifest.config.digest, ...config },
      layers: manifest.layers.map(layerOf),
      annotations: manifest.annotations ?? {},
    })),
    attestations: (image.attestations ?? []).map(({ digest, of }) => ({ digest, of: of ?? null })),
    layers: isArtifact ? document.layers.map(layerOf) : [],
    ...attached.value,
    faults: image.faults ?? [],
  });
}

type Attached = Pick<Inspection, 'referrers' | 'cosignTags' | 'notes'>;

/** What refers to the image. That it cannot be listed does not keep the rest from being shown. */
async function attachedTo(at: DigestReference, digests: readonly Digest[], source: ImageSource, call: Call): Promise<Result<Attached, RegistryError>> {
  const notes: string[] = [];
  const subjects = [...new Set(digests)];
  const lists = await Promise.all(subjects.map(async (of) => ({ of, listed: await source.listReferrers({ ...at, digest: of }, call) })));
  const tags = await Promise.all(subjects.flatMap((of) => ['sig', 'att', 'sbom'].map(async (suffix) => {
    const tag = `${digestAlgorithm(of)}-${digestHex(of)}.${suffix}`;
    return { of, tag, found: await source.resolve({ registry: at.registry, repository: at.repository, tag }, call) };
  })));
  const referrers: ReferrerInspection[] = [];
  for (const { of, listed } of lists) {
    if (listed.isOk()) referrers.push(...listed.value.map(({ digest, mediaType, artifactType, size, annotations }) => ({ of, digest, type: artifactType ?? mediaType, size, annotations: annotations ?? {} })));
    else if (listed.error.code === 'interrupted') return err(listed.error);
    else notes.push(`what refers to ${of} cannot be listed: ${listed.error.message}`);
  }
  const cosignTags: { tag: string; of: Digest; digest: Digest }[] = [];
  for (const { of, tag, found } of tags) {
    if (found.isOk()) cosignTags.push({ tag, of, digest: found.value.digest });
    else if (found.error.code === 'interrupted') return err(found.error);
    else if (found.error.code !== 'manifest_not_found') notes.push(`the tag ${tag} cannot be looked up: ${found.error.message}`);
  }
  return ok({ referrers, cosignTags, notes: [...new Set(notes)] });
}
