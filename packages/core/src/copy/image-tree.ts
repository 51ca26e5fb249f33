/**
 * The manifests of an image as a tree: an index, the images below it, and what the target lacks of them.
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { digestAlgorithm, digestOf, formatPlatform, isAttestation, isForeignLayerType, isIndexType, parseManifest, platformMatches, type Descriptor, type Digest, type ImageIndex, type ImageManifest, type Platform, type RawManifest } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import type { Call } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { inImage } from './fault.js';
import { defaultParallel, type CopyRequest } from './request.js';

/** A blob, and which part of the image it is: `linux/amd64 layers[2]`. */
export interface ImagePart {
  readonly descriptor: Descriptor;
  readonly label: string;
}

export type ManifestRole = 'image' | 'index' | 'attestation' | 'referrer';

/** A manifest that the target lacks. */
export interface MissingManifest {
  readonly raw: RawManifest;
  /** `linux/amd64`, `index`, `referrer application/…`: for errors and for people. */
  readonly label: string;
  readonly role: ManifestRole;
  /** Configuration and layers; layers that registries need not hold are left out. */
  readonly parts: readonly ImagePart[];
  /** Manifests that it names. */
  readonly children: readonly Digest[];
}

export interface ManifestSubject {
  readonly digest: Digest;
  readonly label: string;
}

/** Reads trees for one copy; what two trees share is read once. */
export interface TreeReader {
  /** Reads the manifest of that digest and whatever the target lacks below it. Its answer says whether the target has it. */
  read(subject: ManifestSubject, role: ManifestRole): Promise<Result<{ readonly present: boolean }, RegistryError>>;
  /** What the target lacks, parts before wholes. */
  missing(): readonly MissingManifest[];
  readonly presentCount: number;
  readonly foreign: ReadonlySet<Digest>;
  /** Every image and index that was met: what signatures may refer to. */
  readonly subjects: ReadonlyMap<Digest, ManifestSubject>;
  /** The platforms that were asked for and that no index offers. */
  unmet(): readonly Platform[];
}

/** Indexes in indexes are rare, and deeper than this they are a fault or an attack. */
const maxDepth = 4;

interface Node {
  readonly present: boolean;
  /** Longest way down to a manifest that is no index. */
  readonly height: number;
}

export function treeReader(request: CopyRequest, call: Call): TreeReader {
  const nodes = new Map<Digest, Promise<Result<Node, RegistryError>>>();
  const missing: (MissingManifest & { readonly height: number })[] = [];
  const foreign = new Set<Digest>();
  const subjects = new Map<Digest, ManifestSubject>();
  const met = new Set<Platform>();
  let presentCount = 0;
  let indexes = 0;

  const visit = (subject: ManifestSubject, role: ManifestRole, depth: number, inner: Call): Promise<Result<Node, RegistryError>> => {
    const known = nodes.get(subject.digest);
    if (known !== undefined) return known;
    const node = readNode(subject, role, depth, inner);
    nodes.set(subject.digest, node);
    return node;
  };

  async function readNode(subject: ManifestSubject, role: ManifestRole, depth: number, inner: Call): Promise<Result<Node, RegistryError>> {
    const { digest, label } = subject;
    const raw = await request.source.readManifest({ ...request.from, digest }, inner);
    if (raw.isErr()) return err(inImage(request.name, label, raw.error, { digest }));
    // The port promises verified bytes; a digest is cheap, and everything below relies on it.
    const actual = digestOf(raw.value.bytes, digestAlgorithm(digest));
    if (actual !== digest) return err(failure('digest_mismatch', `${request.name}: ${label}: manifest ${digest} came with the digest ${actual}`, { digest, expected: digest, actual }));
    const parsed = parseManifest(raw.value);
    if (parsed.isErr()) return err(inImage(request.name, label, parsed.error, { digest }));
    if (role !== 'attestation' && role !== 'referrer') subjects.set(digest, subject);
    return parsed.value.kind === 'index' ? readIndex(subject, raw.value, parsed.value, role, depth, inner) : readImage(subject, raw.value, parsed.value, role, inner);
  }

  async function readImage(subject: ManifestSubject, raw: RawManifest, manifest: ImageManifest, role: ManifestRole, inner: Call): Promise<Result<Node, RegistryError>> {
    const present = await isPresent(subject, inner);
    if (present.isErr()) return err(present.error);
    if (present.value) return ok({ present: true, height: 0 });
    const parts: ImagePart[] = [{ descriptor: manifest.config, label: `${subject.label} config` }];
    for (const [at, descriptor] of manifest.layers.entries()) {
      if (isForeignLayerType(descriptor.mediaType)) foreign.add(descriptor.digest);
      else parts.push({ descriptor, label: `${subject.label} layers[${String(at)}]` });
    }
    missing.push({ raw, label: subject.label, role, parts, children: [], height: 0 });
    return ok({ present: false, height: 0 });
  }

  async function readIndex(subject: ManifestSubject, raw: RawManifest, index: ImageIndex, role: ManifestRole, depth: number, inner: Call): Promise<Result<Node, RegistryError>> {
    if (depth >= maxDepth) return err(failure('document_invalid', `${request.name}: ${subject.label}: indexes stand ${String(depth + 1)} deep in one another; at most ${String(maxDepth)} are followed`, { digest: subject.digest }));
    const present = await isPresent(subject, inner);
    if (present.isErr()) return err(present.error);
    indexes += 1;
    const chosen = selected(index);
    for (const child of chosen) if (!isAttestation(child) && role !== 'referrer') subjects.set(child.digest, { digest: child.digest, label: labelOf(child) });
    // A registry takes an index only with everything below it, unless it was told to take a part.
    const visited = present.value && request.platforms === undefined ? chosen.filter((child) => isIndexType(child.mediaType)) : chosen;
    const children = await inParallel(visited, request.parallel ?? defaultParallel, inner, (child, innermost) =>
      visit({ digest: child.digest, label: labelOf(child) }, role === 'referrer' ? 'referrer' : isAttestation(child) ? 'attestation' : isIndexType(child.mediaType) ? 'index' : 'image', depth + 1, innermost));
    if (children.isErr()) return err(children.error);
    const height = 1 + Math.max(0, ...children.value.map((child) => child.height));
    if (!present.value) missing.push({ raw, label: subject.label, role: role === 'image' ? 'index' : role, parts: [], children: visited.map((child) => child.digest), height });
    return ok({ present: present.value, height });
  }

  function selected(index: ImageIndex): readonly Descriptor[] {
    const { platforms } = request;
    if (platforms === undefined) return index.manifests;
    const images = index.manifests.filter(({ mediaType, platform }) => {
      const matching = platform === undefined ? [] : platforms.filter((wanted) => platformMatches(wanted, platform));
      for (const wanted of matching) met.add(wanted);
      return matching.length > 0 || isIndexType(mediaType);
    });
    const digests = new Set<string | undefined>(images.map((image) => image.digest));
    return index.manifests.filter((child) => digests.has(child.digest) || (isAttestation(child) && digests.has(child.annotations?.['vnd.docker.reference.digest'])));
  }

  async function isPresent(subject: ManifestSubject, inner: Call): Promise<Result<boolean, RegistryError>> {
    if (request.deep === true) return ok(false);
    const found = await request.target.resolve({ ...request.to, digest: subject.digest }, inner);
    if (found.isErr()) return found.error.code === 'manifest_not_found' ? ok(false) : err(inImage(request.name, subject.label, found.error, subject));
    presentCount += 1;
    return ok(true);
  }

  return {
    read: async (subject, role) => (await visit(subject, role, 0, call)).map(({ present }) => ({ present })),
    missing: () => [...missing].sort((a, b) => a.height - b.height),
    get presentCount() {
      return presentCount;
    },
    foreign,
    subjects,
    unmet: () => (indexes === 0 ? [] : (request.platforms ?? []).filter((wanted) => !met.has(wanted))),
  };
}

function labelOf(child: Descriptor): string {
  if (isAttestation(child)) return `attestation ${child.digest}`;
  return child.platform === undefined ? child.digest : formatPlatform(child.platform);
}
