/**
 * The manifests of an image as a tree: an index, the images below it, and what the target lacks of them. The target is
 * asked first: of what it has nothing more is read.
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { formatPlatform, isAttestation, isForeignLayer, isIndexType, type Descriptor, type Digest, type ImageIndex, type ImageManifest, type Platform, type RawManifest } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import type { Call } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { inImage } from './fault.js';
import { isTooDeep, maxIndexDepth } from './index-depth.js';
import { platformChoice, type PlatformChoice } from './platform-choice.js';
import { questionsAtOnce, type CopyRequest } from './request.js';
import { sourceDocuments, subjectOf, type ManifestSubject } from './source-documents.js';
import { subsetIndex, type KeptEntry } from './subset-index.js';

export type { ManifestSubject };

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

/**
 * Reads trees for one copy. What two trees share is read once, for both: neither must be stopped because something else
 * in the other one cannot be read.
 */
export interface TreeReader {
  /** Reads the manifest of that digest and whatever the target lacks below it. With `unlisted` it is written again although the target has it. */
  read(subject: ManifestSubject, role: ManifestRole, unlisted?: boolean): Promise<Result<TreeNode, RegistryError>>;
  /** What the target lacks of all that could be read with everything below it, parts before wholes. */
  missing(): readonly MissingManifest[];
  readonly presentCount: number;
  readonly foreign: ReadonlySet<Digest>;
  /** Every image, index and attestation that was met and keeps its digest: what signatures may refer to. */
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

interface Node extends TreeNode {
  /** Longest way down to a manifest that is no index. */
  readonly height: number;
  /** An index of which nothing was chosen. */
  readonly empty?: true;
}

/** What is missing unless the target has it. */
type Candidate = MissingManifest & Pick<Node, 'height' | 'empty'>;

interface Visit {
  readonly subject: ManifestSubject;
  readonly role: ManifestRole;
  readonly depth: number;
  readonly unlisted?: boolean;
}

type Answer<T> = Promise<Result<T, RegistryError>>;

/** Only of these some platforms may be chosen. */
const isOfImage = (role: ManifestRole): boolean => role === 'image' || role === 'index';

/** Attestations are signed like images (`cosign sign --recursive`). What refers to referrers is looked for where these are found. */
const isSubject = (role: ManifestRole): boolean => role !== 'referrer';

export function treeReader(request: CopyRequest, call: Call): TreeReader {
  const { platforms, sparse = false, deep = false, referrers = true } = request;
  const choice = platforms === undefined ? null : platformChoice(platforms);
  const documents = sourceDocuments(request, call);
  const nodes = new Map<Digest, Answer<Node>>();
  /** Whole trees, and what is below each manifest, by what the target calls them. */
  const roots = new Set<Digest>();
  const below = new Map<Digest, readonly Digest[]>();
  const missing: Candidate[] = [];
  const foreign = new Set<Digest>();
  const subjects = new Map<Digest, ManifestSubject>();
  let presentCount = 0;

  const visit = (what: Visit): Answer<Node> => {
    const known = nodes.get(what.subject.digest);
    if (known !== undefined) return known;
    const node = readNode(what);
    nodes.set(what.subject.digest, node);
    return node;
  };

  async function readNode(what: Visit): Answer<Node> {
    const { subject, role } = what;
    const choosing = isOfImage(role) ? choice : null;
    // Where a part is chosen, that must be read before it is known what the target should have.
    if (choosing === null) {
      const found = await findAtTarget(subject);
      if (found.isErr()) return err(found.error);
      if (found.value !== null && what.unlisted !== true) return readPresent(what, found.value);
    }
    const read = await documents.manifest(subject);
    if (read.isErr()) return err(read.error);
    const { raw: whole, manifest } = read.value;
    const candidate = manifest.kind === 'index' ? await readIndex(what, whole, manifest, choosing) : await readImage(what, whole, manifest, choosing);
    if (candidate.isErr()) return err(candidate.error);
    const { raw, children, height, empty } = candidate.value;
    below.set(raw.digest, children);
    const node = { present: false, digest: raw.digest, size: raw.bytes.length, raw, height };
    if (empty === true) return ok({ ...node, empty });
    // Of an index that lost a part no signature is known.
    if (isSubject(role) && raw === whole) subjects.set(subject.digest, subject);
    if (choosing !== null) {
      const found = await findAtTarget({ digest: raw.digest, label: subject.label });
      if (found.isErr()) return err(found.error);
      if (found.value !== null) {
        presentCount += 1;
        return ok({ ...node, present: true });
      }
    }
    missing.push(candidate.value);
    return ok(node);
  }

  /** What the target has, it has with everything below. Of that is only found out what may be referred to. */
  async function readPresent({ subject, role, depth }: Visit, { mediaType, size }: Descriptor): Answer<Node> {
    presentCount += 1;
    const node = { present: true, height: 0, digest: subject.digest, size };
    if (!isSubject(role)) return ok(node);
    subjects.set(subject.digest, subject);
    return referrers && isIndexType(mediaType) ? (await readSubjects(subject, depth, call)).map((raw) => ({ ...node, raw })) : ok(node);
  }

  async function readSubjects(subject: ManifestSubject, depth: number, inner: Call): Answer<RawManifest> {
    const read = await documents.manifest(subject);
    if (read.isErr()) return err(read.error);
    const { raw, manifest } = read.value;
    if (manifest.kind !== 'index') return ok(raw);
    if (isTooDeep(depth)) return err(tooDeep(subject, depth));
    const fresh = manifest.manifests.filter((child) => !subjects.has(child.digest));
    for (const child of fresh) subjects.set(child.digest, subjectOf(child));
    const indexes = fresh.filter(({ mediaType }) => isIndexType(mediaType));
    return (await inParallel(indexes, questionsAtOnce(request), inner, (child, innermost) => readSubjects(subjectOf(child), depth + 1, innermost))).map(() => raw);
  }

  async function readImage({ subject, role, depth }: Visit, raw: RawManifest, manifest: ImageManifest, choosing: PlatformChoice | null): Answer<Candidate> {
    // Below an index the platform was chosen there.
    const right = choosing === null || depth > 0 ? ok(undefined) : await requirePlatforms(subject, manifest, choosing);
    if (right.isErr()) return err(right.error);
    const parts: ImagePart[] = [{ descriptor: manifest.config, label: `${subject.label} config` }];
    for (const [at, descriptor] of manifest.layers.entries()) {
      if (isForeignLayer(descriptor)) foreign.add(descriptor.digest);
      else parts.push({ descriptor, label: `${subject.label} layers[${String(at)}]` });
    }
    return ok({ raw, label: subject.label, role, parts, children: [], height: 0 });
  }

  async function requirePlatforms(subject: ManifestSubject, manifest: ImageManifest, choosing: PlatformChoice): Answer<void> {
    const { digest } = subject;
    const offered = await documents.platform(subject, manifest);
    if (offered.isErr()) return err(offered.error);
    if (offered.value === null) return ok(undefined);
    const [lacking] = choosing.lackingIn(offered.value);
    return lacking === undefined ? ok(undefined) : err(failure('manifest_not_found', `${request.name}: the image ${digest} is for ${formatPlatform(offered.value)}, and not for ${formatPlatform(lacking)}`, { digest, platform: formatPlatform(lacking) }));
  }

  async function readIndex({ subject, role, depth }: Visit, whole: RawManifest, index: ImageIndex, choosing: PlatformChoice | null): Answer<Candidate> {
    if (isTooDeep(depth)) return err(tooDeep(subject, depth));
    const unnamed = choosing === null ? ok(new Map<Digest, Platform>()) : await documents.unnamedPlatforms(index);
    if (unnamed.isErr()) return err(unnamed.error);
    const chosen = choosing?.of(index, unnamed.value) ?? [...index.manifests.entries()];
    // A registry takes an index only with everything below it.
    const children = await inParallel(chosen, questionsAtOnce(request), call, ([, child]) =>
      visit({ subject: subjectOf(child), role: !isOfImage(role) ? role : isAttestation(child) ? 'attestation' : isIndexType(child.mediaType) ? 'index' : 'image', depth: depth + 1 }));
    if (children.isErr()) return err(children.error);
    const kept = new Map<number, KeptEntry>(chosen.flatMap(([at], nth) => (children.value[nth]?.empty === true ? [] : [[at, children.value[nth] as Node]])));
    const raw = sparse || choosing === null ? whole : subsetIndex(whole, kept);
    return ok({
      raw,
      label: subject.label,
      role: role === 'image' ? 'index' : role,
      parts: [],
      children: [...new Set([...kept.values()].map(({ digest }) => digest))],
      height: 1 + Math.max(0, ...children.value.map((child) => child.height)),
      ...(kept.size === 0 && raw !== whole ? { empty: true } : {}),
    });
  }

  function tooDeep({ digest, label }: ManifestSubject, depth: number): RegistryError {
    return failure('document_invalid', `${request.name}: ${label}: indexes stand ${String(depth + 1)} deep in one another; at most ${String(maxIndexDepth)} are followed`, { digest });
  }

  /** Null where the target lacks it, or is not believed. */
  async function findAtTarget(subject: ManifestSubject): Answer<Descriptor | null> {
    if (deep) return ok(null);
    const found = await request.target.resolve({ ...request.to, digest: subject.digest }, call);
    if (found.isErr()) return found.error.code === 'manifest_not_found' ? ok(null) : err(inImage(request.name, subject.label, found.error, subject));
    return ok(found.value);
  }

  /** What could be read of a tree that is not whole is of no use. */
  function ofWholeTrees(): readonly Candidate[] {
    const wanted = new Set<Digest>();
    const want = (digest: Digest): void => {
      if (wanted.has(digest)) return;
      wanted.add(digest);
      below.get(digest)?.forEach(want);
    };
    roots.forEach(want);
    return missing.filter(({ raw }) => wanted.has(raw.digest));
  }

  return {
    read: async (subject, role, unlisted = false) => {
      const node = await visit({ subject, role, depth: 0, unlisted });
      if (node.isOk()) roots.add(node.value.digest);
      return node;
    },
    missing: () => [...ofWholeTrees()].sort((a, b) => a.height - b.height),
    get presentCount() {
      return presentCount;
    },
    foreign,
    subjects,
    unmet: () => choice?.unmet() ?? [],
  };
}
