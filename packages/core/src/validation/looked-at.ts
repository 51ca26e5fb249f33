/**
 * How much of an image a check could look at: no findings in what it did not see do not mean that it passed.
 * @module
 */
import { isAttestation } from '../image/index.js';
import type { ValidationLevel } from './policy.js';
import type { ReadImage } from './read-image.js';

/** Undefined: all of it. */
export type Looked = 'nothing' | 'part' | undefined;

/** For each check of core that looks at parts. */
export function lookedAt({ platforms, unconfigured = [], attestations = [], unread = [] }: ReadImage, level: ValidationLevel): { readonly size: Looked; readonly layers: Looked; readonly metadata: Looked } {
  const manifests = platforms.length + unconfigured.length;
  const withoutConfig = unconfigured.length > 0;
  const imagesUnread = unread.some((entry) => !isAttestation(entry));
  return {
    size: looked(manifests, imagesUnread),
    // What a layer unpacks to is compared with the configuration.
    layers: looked(manifests + attestations.length, unread.length > 0 || (level === 'content' && withoutConfig)),
    metadata: looked(platforms.length, imagesUnread || withoutConfig),
  };
}

const looked = (seen: number, lacking: boolean): Looked => (seen === 0 ? 'nothing' : lacking ? 'part' : undefined);
