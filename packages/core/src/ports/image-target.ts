/**
 * Where images are written: the production registry.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Descriptor, DigestReference, RawManifest, Repository } from '../image/index.js';
import type { ResultAsync } from '../result.js';
import type { Call } from './call.js';
import type { BlobStream, ImageSource } from './image-source.js';

/** What a blob is written from. The adapter opens it again, from where it stopped, when a request fails on the way. */
export interface BlobContent {
  readonly descriptor: Descriptor;
  open(offset: number, call: Call): ResultAsync<BlobStream, RegistryError>;
}

/** Short-lived login for a host that pulls. Handed to the deployer, never journalled. */
export interface PullCredentials {
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

/** Reads and writes. Nothing but `tag` changes what anybody pulls by name. */
export interface ImageTarget extends ImageSource {
  /** Takes over a blob from another repository of the same registry. False where the registry would not. */
  mountBlob(blob: DigestReference, from: Repository, call: Call): ResultAsync<boolean, RegistryError>;
  /** Uploads a blob as a stream. The registry must refuse it when the digest differs. */
  writeBlob(blob: DigestReference, content: BlobContent, call: Call): ResultAsync<void, RegistryError>;
  /**
   * Stores a manifest under its digest, byte for byte. One that refers to another manifest (`subject`) is listed among its
   * referrers afterwards, also where the registry keeps no such list itself.
   */
  writeManifest(to: Repository, manifest: RawManifest, call: Call): ResultAsync<void, RegistryError>;
  /**
   * Lets a tag name a manifest that is stored already. Done when the registry has confirmed the digest, in its answer or when
   * it is asked. Registries have no compare-and-set; core reads before.
   */
  tag(to: Repository, tag: string, manifest: RawManifest, call: Call): ResultAsync<void, RegistryError>;
  /** A login for hosts, or null where the registry is read without one. */
  pullCredentials?(repository: Repository, call: Call): ResultAsync<PullCredentials | null, RegistryError>;
}
