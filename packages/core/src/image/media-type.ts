/**
 * The media types of the image specification and of Docker's schema 2.
 * @see https://github.com/opencontainers/image-spec/blob/main/media-types.md
 * @module
 */
export const mediaTypes = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const;

/** What a client accepts when it asks for a manifest, the richest first. */
export const manifestAccept: readonly string[] = [mediaTypes.ociIndex, mediaTypes.ociManifest, mediaTypes.dockerIndex, mediaTypes.dockerManifest];

export const isIndexType = (mediaType: string): boolean => mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerIndex;
export const isManifestType = (mediaType: string): boolean => mediaType === mediaTypes.ociManifest || mediaType === mediaTypes.dockerManifest;
export const isSchema1Type = (mediaType: string): boolean => mediaType === mediaTypes.dockerSchema1 || mediaType === mediaTypes.dockerSchema1Signed;
export const isConfigType = (mediaType: string): boolean => mediaType === mediaTypes.ociConfig || mediaType === mediaTypes.dockerConfig;

/** Types of layers that a registry need not hold where they are listed by URL. */
export const isForeignLayerType = (mediaType: string): boolean => /(?:^application\/vnd\.docker\.image\.rootfs\.foreign\.|\.nondistributable\.)/.test(mediaType);

/**
 * How a layer of this type is packed; undefined for a type that is no layer, or one that we do not know. Suffixes that later
 * versions add (`+encrypted`) make another type.
 */
export function layerPacking(mediaType: string): 'none' | 'gzip' | 'zstd' | undefined {
  const packed = /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(?:diff|foreign\.diff)\.tar)(?:[+.](gzip|zstd))?$/.exec(mediaType);
  return packed === null ? undefined : ((packed[1] ?? 'none') as 'none' | 'gzip' | 'zstd');
}

const name = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}';
const mediaTypePattern = new RegExp(`^${name}/${name}$`);

/** Whether the text is a media type without parameters (RFC 6838, 4.2). */
export const isMediaType = (text: unknown): text is string => typeof text === 'string' && mediaTypePattern.test(text);
