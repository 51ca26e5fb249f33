/**
 * Which images of an index are wanted where only some platforms are, and which of these platforms none of them is for.
 * @module
 */
import { isAttestation, isIndexType, platformMatches, type Descriptor, type Digest, type ImageIndex, type Platform } from '../image/index.js';

/** An entry of an index. Its place is what it is known by: the same image may stand in an index for several platforms. */
type IndexEntry = readonly [at: number, child: Descriptor];

export interface PlatformChoice {
  /**
   * The entries that are wanted: images, their attestations, and indexes, in which there may be more. `unnamed` says what
   * images are for of which the index does not say it.
   */
  of(index: ImageIndex, unnamed: ReadonlyMap<Digest, Platform>): readonly IndexEntry[];
  /** What no index offered. Nothing where there was none. */
  unmet(): readonly Platform[];
  /** What an image that stands alone does not offer. */
  lackingIn(offered: Platform): readonly Platform[];
}

export function platformChoice(platforms: readonly Platform[]): PlatformChoice {
  const met = new Set<Platform>();
  let expected: readonly Platform[] = [];
  return {
    of: ({ manifests }, unnamed) => {
      expected = platforms;
      const wantedImages = manifests.filter(({ mediaType, digest, platform = unnamed.get(digest) }) => {
        const matching = platform === undefined ? [] : platforms.filter((wanted) => platformMatches(wanted, platform));
        for (const wanted of matching) met.add(wanted);
        return matching.length > 0 || isIndexType(mediaType);
      });
      const images = new Set(wantedImages);
      const digests = new Set<string | undefined>(wantedImages.map(({ digest }) => digest));
      return [...manifests.entries()].filter(([, child]) => images.has(child) || (isAttestation(child) && digests.has(child.annotations?.['vnd.docker.reference.digest'])));
    },
    unmet: () => expected.filter((wanted) => !met.has(wanted)),
    lackingIn: (offered) => platforms.filter((wanted) => !platformMatches(wanted, offered)),
  };
}
