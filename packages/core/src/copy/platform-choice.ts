/**
 * Which images of an index are wanted where only some platforms are, and which of these platforms none of them is for.
 * @module
 */
import { isAttestation, isIndexType, platformMatches, type Descriptor, type ImageIndex, type Platform } from '../image/index.js';

export interface PlatformChoice {
  /** The entries that are wanted: images, their attestations, and indexes, in which there may be more. */
  of(index: ImageIndex): readonly Descriptor[];
  /** What no index offered. Nothing where there was none. */
  unmet(): readonly Platform[];
  /** What an image that stands alone does not offer. */
  lackingIn(offered: Platform): readonly Platform[];
}

export function platformChoice(platforms: readonly Platform[]): PlatformChoice {
  const met = new Set<Platform>();
  let expected: readonly Platform[] = [];
  return {
    of: ({ manifests }) => {
      expected = platforms;
      const images = manifests.filter(({ mediaType, platform }) => {
        const matching = platform === undefined ? [] : platforms.filter((wanted) => platformMatches(wanted, platform));
        for (const wanted of matching) met.add(wanted);
        return matching.length > 0 || isIndexType(mediaType);
      });
      const digests = new Set<string | undefined>(images.map((image) => image.digest));
      return manifests.filter((child) => digests.has(child.digest) || (isAttestation(child) && digests.has(child.annotations?.['vnd.docker.reference.digest'])));
    },
    unmet: () => expected.filter((wanted) => !met.has(wanted)),
    lackingIn: (offered) => platforms.filter((wanted) => !platformMatches(wanted, offered)),
  };
}
