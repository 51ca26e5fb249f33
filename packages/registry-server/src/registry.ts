/**
 * The registry itself, without HTTP: its contents and what it was told to support.
 * @module
 */
import type { BlobStore } from './store/blob-store.js';
import type { Catalog } from './store/catalog.js';
import type { Uploads } from './store/uploads.js';

/** What a registry may or may not support; each switch is one way in which real registries differ. */
export interface RegistryFeatures {
  /** Answers /referrers/ and sends OCI-Subject. Off, as in docker-registry 2: 404; 'redirect': 303 to another host. Default true. */
  readonly referrersApi: boolean | 'redirect';
  /** Mounts blobs across repositories. Off: answers 202 and begins an upload. Default true. */
  readonly mount: boolean;
  /** Deletes manifests, tags and blobs. Off: 405. Default true. */
  readonly delete: boolean;
  /** Serves parts of blobs. Off: ignores Range and sends the whole. Default true. */
  readonly ranges: boolean;
  /** Takes a whole blob with the first POST. Off: answers 202 and begins an upload. Default true. */
  readonly singlePost: boolean;
  /** Refuses a manifest whose If-Match does not fit what the tag names, with 412. Off, as in docker-registry: the header is ignored. Default false. */
  readonly ifMatch: boolean;
  /** Whether Location is a whole URL or only a path; both are allowed. Default 'absolute'. */
  readonly locations: 'absolute' | 'relative';
  /** At most so many tags or referrers in one answer, the rest by Link. Default: all. */
  readonly pageSize: number;
  /** Refuses chunks (a body with Content-Range) that are larger, in bytes; a stream without that header may be of any length. Default: no limit. */
  readonly maxChunkBytes: number;
  /** Sends readers of blobs to another host (this one by its other name) that takes no login. Default false. */
  readonly blobRedirects: boolean;
}

export const defaultFeatures: RegistryFeatures = { referrersApi: true, mount: true, delete: true, ranges: true, singlePost: true, ifMatch: false, locations: 'absolute', pageSize: Number.POSITIVE_INFINITY, maxChunkBytes: Number.POSITIVE_INFINITY, blobRedirects: false };

export interface Registry {
  readonly features: RegistryFeatures;
  readonly blobs: BlobStore;
  readonly catalog: Catalog;
  readonly uploads: Uploads;
  /** `http://127.0.0.1:41234`. */
  readonly origin: () => string;
}

/** A Location header in the form that the registry was told to use. */
export function locationOf(registry: Registry, path: string): string {
  return registry.features.locations === 'absolute' ? `${registry.origin()}${path}` : path;
}
