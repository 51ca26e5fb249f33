export { digestAlgorithm, digestHex, digestOf, hashFor, isDigest, isUnknownDigest, parseDigest, shortDigest, type Digest, type DigestAlgorithm } from './digest.js';
export { isConfigType, isForeignLayerType, isIndexType, isManifestType, isSchema1Type, layerPacking, manifestAccept, mediaTypes } from './media-type.js';
export { formatPlatform, isUnknownPlatform, parsePlatform, platformMatches, type Platform } from './platform.js';
export { isStringRecord } from './json-document.js';
export { isForeignLayer, readDescriptor, type Descriptor, type DescriptorFault } from './descriptor.js';
export { isAttestation, maxManifestBytes, parseManifest, type ImageIndex, type ImageManifest, type RawManifest } from './manifest.js';
export { maxConfigBytes, parseImageConfig, type ImageConfig } from './config.js';
export { familiarReference, formatReference, formatRepository, isRepository, isTag, parseReference, parseRepository, repositoryOf, type DigestReference, type Reference, type Repository } from './reference.js';
