/**
 * A registry in memory: an ImageTarget whose calls a test can count, delay and let fail. It refuses what real registries
 * refuse: a blob with another digest or size, a manifest whose parts it lacks, and a text that is no tag. It passes the
 * contract kit of registries.
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { digestAlgorithm, digestOf, formatRepository, isTag, type Descriptor, type Digest, type DigestReference, type RawManifest, type Repository } from '../image/index.js';
import type { BlobStream, ImageTarget, PullCredentials, TagList } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import type { BuiltImage } from './image-builder.js';
import { emptyShelf, lackingOn, referrersOn, type Shelf } from './memory-registry-shelf.js';
import { receiveBlob } from './memory-registry-upload.js';
import { createScript, type Scripted } from './script.js';

export type RegistryMethod = 'resolve' | 'readManifest' | 'readBlob' | 'statBlob' | 'listReferrers' | 'listTags' | 'mountBlob' | 'writeBlob' | 'writeManifest' | 'tag' | 'pullCredentials';

export interface RegistryCall {
  readonly method: RegistryMethod;
  /** `registry/repository` */
  readonly repository: string;
  readonly digest?: Digest;
  readonly tag?: string;
  readonly offset?: number;
}

/** Something that changed what the registry holds. */
export interface RegistryEffect {
  readonly method: 'mountBlob' | 'writeBlob' | 'writeManifest' | 'tag';
  readonly repository: string;
  readonly digest: Digest;
  readonly tag?: string;
}

export interface MemoryRegistryOptions {
  /** Name of the adapter. Default: `memory`. */
  readonly name?: string;
  /** Bytes in one chunk of a blob stream. Default: 64 KiB. */
  readonly chunkBytes?: number;
  /** Whether a blob can be taken over from another repository. Default: true. */
  readonly mounts?: boolean;
  /** Whether a blob can be read from the middle. Default: true. */
  readonly ranges?: boolean;
  /** Whether an index may lack some of its images. Default: false. */
  readonly sparseIndexes?: boolean;
  /** How many tags are listed at once. Default: all. */
  readonly tagsPerPage?: number;
  /** A login for hosts. Default: none is needed. */
  readonly credentials?: PullCredentials;
}

export interface MemoryRegistry extends ImageTarget, Scripted<RegistryMethod, RegistryError, RegistryCall> {
  pullCredentials: NonNullable<ImageTarget['pullCredentials']>;
  /** What was changed through the port, in order. What a test puts by hand is not listed. */
  readonly effects: readonly RegistryEffect[];
  /** Stores a whole image by hand, with everything below it, and tags it where a tag is given. Returns its reference. */
  put(to: Repository, image: BuiltImage, tag?: string): DigestReference;
  /** Moves a tag by hand, as another writer would. */
  putTag(to: Repository, tag: string, digest: Digest): void;
  putBlob(to: Repository, bytes: Uint8Array): Digest;
  /** What a tag names; undefined where it does not exist. */
  tagged(of: Repository, tag: string): Digest | undefined;
  /** The bytes of a manifest; undefined where there is none. */
  manifest(of: DigestReference): RawManifest | undefined;
  hasBlob(blob: DigestReference): boolean;
  removeBlob(blob: DigestReference): void;
  removeManifest(manifest: DigestReference): void;
  removeTag(of: Repository, tag: string): void;
  /** Serves other bytes for a blob than its digest says. */
  damageBlob(blob: DigestReference, bytes: Uint8Array): void;
  /** Keeps other bytes under a manifest's digest: to read it is digest_mismatch from then on. */
  damageManifest(manifest: DigestReference, bytes: Uint8Array): void;
}

type Answer<T> = Result<T, RegistryError>;

export function memoryRegistry(options: MemoryRegistryOptions = {}): MemoryRegistry {
  const { name = 'memory', chunkBytes = 64 * 1024, mounts = true, ranges = true, sparseIndexes = false, tagsPerPage = Infinity, credentials } = options;
  const shelves = new Map<string, Shelf>();
  const effects: RegistryEffect[] = [];
  const script = createScript<RegistryMethod, RegistryError, RegistryCall>();

  const shelf = (of: Repository): Shelf => {
    const key = formatRepository(of);
    const found = shelves.get(key) ?? emptyShelf();
    shelves.set(key, found);
    return found;
  };
  const call = (method: RegistryMethod, of: Repository, facts: Omit<RegistryCall, 'method' | 'repository'> = {}): RegistryCall => ({ method, repository: formatRepository(of), ...facts });
  const effect = (method: RegistryEffect['method'], of: Repository, digest: Digest, tag?: string): void => void effects.push({ method, repository: formatRepository(of), digest, ...(tag === undefined ? {} : { tag }) });
  const noManifest = (of: Repository, which: { readonly tag?: string; readonly digest?: Digest }): Answer<never> =>
    err(failure('manifest_not_found', `${formatRepository(of)} has no manifest ${which.digest ?? which.tag ?? ''}`, { registry: of.registry, repository: of.repository, ...which }));
  const noBlob = (of: Repository, digest: Digest): Answer<never> => err(failure('blob_not_found', `${formatRepository(of)} has no blob ${digest}`, { registry: of.registry, repository: of.repository, digest }));

  async function* chunks(bytes: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      await Promise.resolve();
      if (signal.aborted) throw Object.assign(new Error('interrupted'), { fault: failure('interrupted', 'readBlob was interrupted') });
      yield bytes.subarray(at, at + chunkBytes);
    }
  }

  const lacking = (of: Repository, raw: RawManifest): Digest | undefined => lackingOn(shelf(of), raw, sparseIndexes);

  return {
    name,
    effects,
    calls: script.calls,
    count: script.count,
    fail: script.fail,
    before: script.before,

    resolve: (reference, { signal }) =>
      script.run(call('resolve', reference, { ...(reference.digest === undefined ? {} : { digest: reference.digest }), ...(reference.tag === undefined ? {} : { tag: reference.tag }) }), signal, (): Answer<Descriptor> => {
        const digest = reference.digest ?? shelf(reference).tags.get(reference.tag ?? 'latest');
        const raw = digest === undefined ? undefined : shelf(reference).manifests.get(digest);
        return raw === undefined ? noManifest(reference, { ...(reference.tag === undefined ? {} : { tag: reference.tag }), ...(digest === undefined ? {} : { digest }) }) : ok({ mediaType: raw.mediaType, digest: raw.digest, size: raw.bytes.length });
      }),
    readManifest: (manifest, { signal }) =>
      script.run(call('readManifest', manifest, { digest: manifest.digest }), signal, (): Answer<RawManifest> => {
        const raw = shelf(manifest).manifests.get(manifest.digest);
        if (raw === undefined) return noManifest(manifest, { digest: manifest.digest });
        const actual = digestOf(raw.bytes, digestAlgorithm(manifest.digest));
        return actual === manifest.digest ? ok(raw) : err(failure('digest_mismatch', `${formatRepository(manifest)} keeps other bytes under the manifest ${manifest.digest}`, { digest: manifest.digest, expected: manifest.digest, actual }));
      }),
    readBlob: (blob, offset, { signal }) =>
      script.run(call('readBlob', blob, { digest: blob.digest, offset }), signal, (): Answer<BlobStream> => {
        const bytes = shelf(blob).blobs.get(blob.digest);
        if (bytes === undefined) return noBlob(blob, blob.digest);
        const from = ranges ? offset : 0;
        return ok({ offset: from, body: chunks(bytes.subarray(from), signal) });
      }),
    statBlob: (blob, { signal }) => script.run(call('statBlob', blob, { digest: blob.digest }), signal, (): Answer<number | null> => ok(shelf(blob).blobs.get(blob.digest)?.length ?? null)),
    listReferrers: (subject, { signal }) => script.run(call('listReferrers', subject, { digest: subject.digest }), signal, (): Answer<readonly Descriptor[]> => ok(referrersOn(shelf(subject), subject.digest))),
    listTags: (repository, { signal }) =>
      script.run(call('listTags', repository), signal, (): Answer<TagList> => {
        const tags = [...shelf(repository).tags.keys()];
        return ok({ tags: tags.slice(0, tagsPerPage), complete: tags.length <= tagsPerPage });
      }),
    mountBlob: (blob, from, { signal }) =>
      script.run(call('mountBlob', blob, { digest: blob.digest }), signal, (): Answer<boolean> => {
        const bytes = from.registry === blob.registry ? shelf(from).blobs.get(blob.digest) : undefined;
        if (!mounts || bytes === undefined) return ok(false);
        shelf(blob).blobs.set(blob.digest, bytes);
        effect('mountBlob', blob, blob.digest);
        return ok(true);
      }),
    writeBlob: (blob, content, inner) =>
      script.run(call('writeBlob', blob, { digest: blob.digest }), inner.signal, async (): Promise<Answer<void>> => {
        const received = await receiveBlob(blob, content, inner);
        if (received.isErr()) return err(received.error);
        shelf(blob).blobs.set(blob.digest, received.value);
        effect('writeBlob', blob, blob.digest);
        return ok(undefined);
      }),
    writeManifest: (to, manifest, { signal }) =>
      script.run(call('writeManifest', to, { digest: manifest.digest }), signal, (): Answer<void> => {
        const lacked = lacking(to, manifest);
        if (lacked !== undefined) return noBlob(to, lacked);
        if (digestOf(manifest.bytes, digestAlgorithm(manifest.digest)) !== manifest.digest) return err(failure('registry_refused', `${formatRepository(to)} refused a manifest: its digest is not ${manifest.digest}`, { digest: manifest.digest, status: 400 }));
        shelf(to).manifests.set(manifest.digest, manifest);
        effect('writeManifest', to, manifest.digest);
        return ok(undefined);
      }),
    tag: (to, tag, manifest, { signal }) =>
      script.run(call('tag', to, { digest: manifest.digest, tag }), signal, (): Answer<void> => {
        if (!isTag(tag)) return err(failure('reference_invalid', `${formatRepository(to)}: ${JSON.stringify(tag.slice(0, 150))} is not a tag`, { registry: to.registry, repository: to.repository }));
        const lacked = lacking(to, manifest);
        if (lacked !== undefined) return noBlob(to, lacked);
        shelf(to).manifests.set(manifest.digest, manifest);
        shelf(to).tags.set(tag, manifest.digest);
        effect('tag', to, manifest.digest, tag);
        return ok(undefined);
      }),
    pullCredentials: (repository, { signal }) => script.run(call('pullCredentials', repository), signal, (): Answer<PullCredentials | null> => ok(credentials ?? null)),

    put: (to, image, tag) => {
      for (const [digest, bytes] of image.blobs) shelf(to).blobs.set(digest, bytes);
      for (const raw of [...image.children, image.raw]) shelf(to).manifests.set(raw.digest, raw);
      if (tag !== undefined) shelf(to).tags.set(tag, image.digest);
      return { registry: to.registry, repository: to.repository, digest: image.digest };
    },
    putTag: (to, tag, digest) => void shelf(to).tags.set(tag, digest),
    putBlob: (to, bytes) => {
      const digest = digestOf(bytes);
      shelf(to).blobs.set(digest, bytes);
      return digest;
    },
    tagged: (of, tag) => shelf(of).tags.get(tag),
    manifest: (of) => shelf(of).manifests.get(of.digest),
    hasBlob: (blob) => shelf(blob).blobs.has(blob.digest),
    removeBlob: (blob) => void shelf(blob).blobs.delete(blob.digest),
    removeManifest: (manifest) => void shelf(manifest).manifests.delete(manifest.digest),
    removeTag: (of, tag) => void shelf(of).tags.delete(tag),
    damageBlob: (blob, bytes) => void shelf(blob).blobs.set(blob.digest, bytes),
    damageManifest: ({ digest, ...of }, bytes) => {
      const raw = shelf(of).manifests.get(digest);
      if (raw !== undefined) shelf(of).manifests.set(digest, { ...raw, bytes });
    },
  };
}
