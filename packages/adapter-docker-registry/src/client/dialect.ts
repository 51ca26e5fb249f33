/**
 * Where a registry differs from the specification. Authors of adapters for one registry give what differs.
 * @module
 */
import type { Asked } from './asked.js';
import type { Reading, Refusal } from './refusal.js';

export interface Dialect {
  /**
   * Whether the scopes that a challenge names are asked for beside our own: `join` (the default; a proxy may know the
   * repository by another name) or `ignore` (the registry names a placeholder).
   */
  readonly challengeScopes?: 'join' | 'ignore';
  /** False where the registry has no referrers API: the fallback tag is read at once. Default: true. */
  readonly referrersApi?: boolean;
  /**
   * The largest chunk that the registry takes, in bytes: a request with Content-Range, with which an upload that was cut off
   * goes on. Where more is left the layer is sent again, in one stream without that header, of any length. Default: no limit.
   */
  readonly maxChunkBytes?: number;
  /** Reads a refusal in the registry's own way; undefined leaves it to the common reading. */
  readonly readRefusal?: (asked: Asked, refusal: Refusal) => Reading | undefined;
}
