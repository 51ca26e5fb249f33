/**
 * Where images are read: one registry, or several behind one adapter.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Descriptor, DigestReference, RawManifest, Reference, Repository } from '../image/index.js';
import type { ResultAsync } from '../result.js';
import type { Call } from './call.js';

/** The bytes of a blob on their way. */
export interface BlobStream {
  /** Where these bytes begin; what was asked for, or 0 where the registry cannot begin in the middle. */
  readonly offset: number;
  /**
   * At most one reader. A failure on the way is thrown as an `Error` whose `fault` is a {@link RegistryError}
   * (see `streamFault`); leaving the loop early ends the request.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Reads manifests and blobs. Implemented by registry adapters; every method may be called in parallel. */
export interface ImageSource {
  /** Name of the adapter, as it appears in records and errors: `docker-registry`. */
  readonly name: string;
  /** What a tag or digest names now. Error `manifest_not_found` where it names nothing. */
  resolve(reference: Reference, call: Call): ResultAsync<Descriptor, RegistryError>;
  /** The manifest's bytes as stored, verified against the digest; at most 4 MiB. */
  readManifest(manifest: DigestReference, call: Call): ResultAsync<RawManifest, RegistryError>;
  /** Opens a blob, from `offset` on where the registry can. The bytes are not verified here. */
  readBlob(blob: DigestReference, offset: number, call: Call): ResultAsync<BlobStream, RegistryError>;
  /** Opens a part of a blob: exactly `length` bytes, from `offset` on. For sources that can; without it blobs are read over one connection each. */
  readBlobRange?(blob: DigestReference, offset: number, length: number, call: Call): ResultAsync<BlobStream, RegistryError>;
  /** The size of a blob in bytes, or null where the repository has none of that digest. */
  statBlob(blob: DigestReference, call: Call): ResultAsync<number | null, RegistryError>;
  /** What refers to a manifest (signatures, attestations): by the API, else by the fallback tag. Empty where there is none. */
  listReferrers(subject: DigestReference, call: Call): ResultAsync<readonly Descriptor[], RegistryError>;
  /** The first page of a repository's tags, for those who look for tags by name; without it, or beyond it, they are asked one by one. */
  listTags?(repository: Repository, call: Call): ResultAsync<TagList, RegistryError>;
}

/** Tags of a repository, in no particular order. */
export interface TagList {
  readonly tags: readonly string[];
  /** There are no others. */
  readonly complete: boolean;
}

/** Carries a registry's error through an async iteration, where a Result cannot go. */
export class StreamFault extends Error {
  readonly fault: RegistryError;
  constructor(fault: RegistryError) {
    super(fault.message);
    this.name = 'StreamFault';
    this.fault = fault;
  }
}

/** The registry error inside whatever a blob stream threw; undefined where it is a foreign exception. By shape, not by class. */
export function streamFault(thrown: unknown): RegistryError | undefined {
  const fault = (thrown as { fault?: RegistryError } | null)?.fault;
  return typeof fault === 'object' && typeof fault.code === 'string' ? fault : undefined;
}
