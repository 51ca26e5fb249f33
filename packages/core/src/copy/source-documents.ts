/**
 * The manifests of a copy's source, verified, each read once; and what machine an image is for, where its configuration
 * must say it.
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { digestAlgorithm, digestOf, formatPlatform, isAttestation, isManifestType, parseManifest, type Descriptor, type Digest, type ImageIndex, type ImageManifest, type Platform, type RawManifest } from '../image/index.js';
import { inParallel } from '../policy/parallel.js';
import type { Call } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { inImage } from './fault.js';
import { imagePlatform } from './image-platform.js';
import { questionsAtOnce, type CopyRequest } from './request.js';

export interface ManifestSubject {
  readonly digest: Digest;
  readonly label: string;
}

export interface SourceManifest {
  readonly raw: RawManifest;
  readonly manifest: ImageIndex | ImageManifest;
}

type Answer<T> = Promise<Result<T, RegistryError>>;

export interface SourceDocuments {
  manifest(subject: ManifestSubject): Answer<SourceManifest>;
  /** What the image is for, as its configuration says; null for an artifact. */
  platform(subject: ManifestSubject, manifest: ImageManifest): Answer<Platform | null>;
  /** What those images are for of which the index itself does not say it. */
  unnamedPlatforms(index: ImageIndex): Answer<ReadonlyMap<Digest, Platform>>;
}

/** Faults of an entry itself: nobody can say what it is for. The index has others. */
const entryFaults: readonly string[] = ['document_invalid', 'manifest_unsupported', 'manifest_too_large', 'manifest_not_found', 'blob_not_found'];

/** `call` is that of the whole copy: who waits for a document must not be stopped because another one is. */
export function sourceDocuments(request: CopyRequest, call: Call): SourceDocuments {
  const { name, source, from } = request;
  const manifests = new Map<Digest, Answer<SourceManifest>>();

  async function read({ digest, label }: ManifestSubject): Answer<SourceManifest> {
    const raw = await source.readManifest({ ...from, digest }, call);
    if (raw.isErr()) return err(inImage(name, label, raw.error, { digest }));
    // The port promises verified bytes; a digest is cheap, and everything that follows relies on it.
    const actual = digestOf(raw.value.bytes, digestAlgorithm(digest));
    if (actual !== digest) return err(failure('digest_mismatch', `${name}: ${label}: manifest ${digest} came with the digest ${actual}`, { digest, expected: digest, actual }));
    return parseManifest(raw.value, { withoutLayers: true }).map((manifest) => ({ raw: raw.value, manifest })).mapErr((error) => inImage(name, label, error, { digest }));
  }

  function manifest(subject: ManifestSubject): Answer<SourceManifest> {
    const known = manifests.get(subject.digest);
    if (known !== undefined) return known;
    const now = read(subject);
    manifests.set(subject.digest, now);
    return now;
  }

  async function platform({ label }: ManifestSubject, image: ImageManifest): Answer<Platform | null> {
    const offered = await imagePlatform(image, source, from, call);
    return offered.mapErr((error) => inImage(name, `${label} config`, error, image.config));
  }

  async function entryPlatform(entry: ManifestSubject): Answer<readonly [Digest, Platform] | null> {
    const document = await manifest(entry);
    const offered = document.isErr() ? err(document.error) : document.value.manifest.kind === 'index' ? ok(null) : await platform(entry, document.value.manifest);
    if (offered.isErr()) return entryFaults.includes(offered.error.code) ? ok(null) : err(offered.error);
    return ok(offered.value === null ? null : [entry.digest, offered.value]);
  }

  async function unnamedPlatforms(index: ImageIndex): Answer<ReadonlyMap<Digest, Platform>> {
    const unnamed = new Map(index.manifests.filter(isUnnamedImage).map((child) => [child.digest, subjectOf(child)]));
    const found = await inParallel([...unnamed.values()], questionsAtOnce(request), call, entryPlatform);
    return found.map((each) => new Map(each.filter((entry) => entry !== null)));
  }

  return { manifest, platform, unnamedPlatforms };
}

const isUnnamedImage = (child: Descriptor): boolean => child.platform === undefined && child.artifactType === undefined && isManifestType(child.mediaType) && !isAttestation(child);

/** What an entry of an index is called in errors. */
export function subjectOf(child: Descriptor): ManifestSubject {
  return { digest: child.digest, label: isAttestation(child) ? `attestation ${child.digest}` : child.platform === undefined ? child.digest : formatPlatform(child.platform) };
}
