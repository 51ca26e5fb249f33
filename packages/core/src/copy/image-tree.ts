/**
 * The manifests of an image as a tree: an index, the images below it, and what the target lacks of them. The target is
 * asked first: of what it has nothing more is read.
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { digestAlgorithm, digestOf, formatPlatform, isAttestation, isForeignLayerType, isIndexType, parseManifest, platformMatches, type Descriptor, type Digest, type ImageIndex, type ImageManifest, type Platform, type RawManifest } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import type { Call } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { inImage } from './fault.js';
import { questionsAtOnce, type CopyRequest } from './request.js';
import { subsetIndex, type KeptEntry } from './subset-index.js';

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
  /** Reads the manifest of that digest and whatever the target lacks below it. With `unlisted` it is written again although the target has it. */
  read(subject: ManifestSubject, role: ManifestRole, unlisted?: boolean): Promise<Result<TreeNode, RegistryError>>;
  /** What the target lacks, parts before wholes. */
  missing(): readonly MissingManifest[];
  readonly presentCount: number;
  readonly foreign: ReadonlySet<Digest>;
  /** Every image and index that was met and keeps its digest: what signatures may refer to. */
  readonly subjects: ReadonlyMap<Digest, ManifestSubject>;
  /** The platforms that were asked for and that no index offers. */
  unmet(): readonly Platform[];
}

export interface TreeNode {
  /** The target has it. */
  readonly present: boolean;
  /** What the target calls it: another digest where a part of an index was left out. */
  readonly digest: Digest;
  readonly size: number;
  /** Its bytes at the target, where they were read. */
  readonly raw?: RawManifest;
}

/** Indexes in indexes are rare, and deeper than this they are a fault or an attack. */
const maxDepth = 4;

interface Node extends TreeNode {
  /** Longest way down to a manifest that is no index. */
  readonly height: number;
  /** An index of which nothing was chosen. */
  readonly empty?: true;
}

interface Visit {
  readonly subject: ManifestSubject;
  readonly role: ManifestRole;
  readonly depth: number;
  /** Below something that the target has: nothing is asked of it, only who may be referred to is found out. */
  readonly below?: true;
  readonly unlisted?: boolean;
}

export function treeReader(request: CopyRequest, call: Call): TreeReader {
  const { platforms, sparse = false, deep = false, referrers = true } = request;
  const nodes = new Map<Digest, Promise<Result<Node, RegistryError>>>();
  const missing: (MissingManifest & { readonly height: number })[] = [];
  const foreign = new Set<Digest>();
  const subjects = new Map<Digest, ManifestSubject>();
  const met = new Set<Platform>();
  let presentCount = 0;
  let indexes = 0;

  const visit = (what: Visit, inner: Call): Promise<Result<Node, RegistryError>> => {
    const known = nodes.get(what.subject.digest);
    if (known !== undefined) return known;
    const node = readNode(what, inner);
    nodes.set(what.subject.digest, node);
    return node;
  };

  async function readNode(what: Visit, inner: Call): Promise<Result<Node, RegistryError>> {
    const { subject, role, below } = what;
    const maySign = role === 'image' || role === 'index';
    // Which platforms an index has must be read, whether the target has it or not.
    if (below !== true && !(maySign && platforms !== undefined)) {
      const found = await findAtTarget(subject, inner);
      if (found.isErr()) return err(found.error);
      if (found.value !== null && what.unlisted !== true) {
        presentCount += 1;
        if (maySign) subjects.set(subject.digest, subject);
        const node = { present: true, height: 0, digest: subject.digest, size: found.value.size };
        return maySign && referrers && isIndexType(found.value.mediaType) ? (await readNode({ ...what, below: true }, inner)).map(({ raw }) => ({ ...node, ...(raw === undefined ? {} : { raw }) })) : ok(node);
      }
    }
    const read = await readManifest(subject, inner);
    if (read.isErr()) return err(read.error);
    const { raw, manifest } = read.value;
    if (manifest.kind === 'index') return readIndex(what, raw, manifest, inner);
    if (maySign) subjects.set(subject.digest, subject);
    return readImage(what, raw, manifest, inner);
  }

  async function readManifest({ digest, label }: ManifestSubject, inner: Call): Promise<Result<{ readonly raw: RawManifest; readonly manifest: ImageIndex | ImageManifest }, RegistryError>> {
    const raw = await request.source.readManifest({ ...request.from, digest }, inner);
    if (raw.isErr()) return err(inImage(request.name, label, raw.error, { digest }));
    // The port promises verified bytes; a digest is cheap, and everything below relies on it.
    const actual = digestOf(raw.value.bytes, digestAlgorithm(digest));
    if (actual !== digest) return err(failure('digest_mismatch', `${request.name}: ${label}: manifest ${digest} came with the digest ${actual}`, { digest, expected: digest, actual }));
    return parseManifest(raw.value, { withoutLayers: true }).map((manifest) => ({ raw: raw.value, manifest })).mapErr((error) => inImage(request.name, label, error, { digest }));
  }

  async function readImage({ subject, role, below, unlisted }: Visit, raw: RawManifest, manifest: ImageManifest, inner: Call): Promise<Result<Node, RegistryError>> {
    const node = { height: 0, digest: subject.digest, size: raw.bytes.length, raw };
    if (below === true) return ok({ ...node, present: true });
    if (platforms !== undefined && role === 'image' && unlisted !== true) {
      const found = await findAtTarget(subject, inner);
      if (found.isErr()) return err(found.error);
      if (found.value !== null) {
        presentCount += 1;
        return ok({ ...node, present: true });
      }
    }
    const parts: ImagePart[] = [{ descriptor: manifest.config, label: `${subject.label} config` }];
    for (const [at, descriptor] of manifest.layers.entries()) {
      if (isForeignLayerType(descriptor.mediaType)) foreign.add(descriptor.digest);
      else parts.push({ descriptor, label: `${subject.label} layers[${String(at)}]` });
    }
    missing.push({ raw, label: subject.label, role, parts, children: [], height: 0 });
    return ok({ ...node, present: false });
  }

  async function readIndex(what: Visit, whole: RawManifest, index: ImageIndex, inner: Call): Promise<Result<Node, RegistryError>> {
    const { subject, role, depth, below } = what;
    if (depth >= maxDepth) return err(failure('document_invalid', `${request.name}: ${subject.label}: indexes stand ${String(depth + 1)} deep in one another; at most ${String(maxDepth)} are followed`, { digest: subject.digest }));
    indexes += 1;
    const maySign = role === 'image' || role === 'index';
    const chosen = maySign ? selected(index) : index.manifests;
    if (below === true) for (const child of chosen) if (!isAttestation(child)) subjects.set(child.digest, { digest: child.digest, label: labelOf(child) });
    // A registry takes an index only with everything below it; what it has already need not be looked into.
    const visited = below === true ? chosen.filter((child) => isIndexType(child.mediaType)) : chosen;
    const children = await inParallel(visited, questionsAtOnce(request), inner, (child, innermost) =>
      visit({ subject: { digest: child.digest, label: labelOf(child) }, role: !maySign ? role : isAttestation(child) ? 'attestation' : isIndexType(child.mediaType) ? 'index' : 'image', depth: depth + 1, ...(below === true ? { below } : {}) }, innermost));
    if (children.isErr()) return err(children.error);
    if (below === true) return ok({ present: true, height: 0, digest: subject.digest, size: whole.bytes.length, raw: whole });
    const kept = new Map<Digest, KeptEntry>(visited.flatMap((child, at) => (children.value[at]?.empty === true ? [] : [[child.digest, children.value[at] as Node]])));
    const raw = sparse || !maySign || platforms === undefined ? whole : subsetIndex(whole, kept);
    if (raw === whole && maySign) subjects.set(subject.digest, subject);
    const node = { digest: raw === whole ? subject.digest : raw.digest, size: raw.bytes.length, raw, height: 1 + Math.max(0, ...children.value.map((child) => child.height)) };
    if (kept.size === 0 && raw !== whole) return ok({ ...node, present: false, empty: true });
    if (platforms !== undefined && maySign) {
      const found = await findAtTarget({ digest: node.digest, label: subject.label }, inner);
      if (found.isErr()) return err(found.error);
      if (found.value !== null) {
        presentCount += 1;
        return ok({ ...node, present: true });
      }
    }
    missing.push({ raw, label: subject.label, role: role === 'image' ? 'index' : role, parts: [], children: [...kept.values()].map(({ digest }) => digest), height: node.height });
    return ok({ ...node, present: false });
  }

  function selected(index: ImageIndex): readonly Descriptor[] {
    if (platforms === undefined) return index.manifests;
    const images = index.manifests.filter(({ mediaType, platform }) => {
      const matching = platform === undefined ? [] : platforms.filter((wanted) => platformMatches(wanted, platform));
      for (const wanted of matching) met.add(wanted);
      return matching.length > 0 || isIndexType(mediaType);
    });
    const digests = new Set<string | undefined>(images.map((image) => image.digest));
    return index.manifests.filter((child) => digests.has(child.digest) || (isAttestation(child) && digests.has(child.annotations?.['vnd.docker.reference.digest'])));
  }

  /** Null where the target lacks it, or is not believed. */
  async function findAtTarget(subject: ManifestSubject, inner: Call): Promise<Result<Descriptor | null, RegistryError>> {
    if (deep) return ok(null);
    const found = await request.target.resolve({ ...request.to, digest: subject.digest }, inner);
    if (found.isErr()) return found.error.code === 'manifest_not_found' ? ok(null) : err(inImage(request.name, subject.label, found.error, subject));
    return ok(found.value);
  }

  return {
    read: (subject, role, unlisted = false) => visit({ subject, role, depth: 0, unlisted }, call),
    missing: () => [...missing].sort((a, b) => a.height - b.height),
    get presentCount() {
      return presentCount;
    },
    foreign,
    subjects,
    unmet: () => (indexes === 0 ? [] : (platforms ?? []).filter((wanted) => !met.has(wanted))),
  };
}

function labelOf(child: Descriptor): string {
  if (isAttestation(child)) return `attestation ${child.digest}`;
  return child.platform === undefined ? child.digest : formatPlatform(child.platform);
}
