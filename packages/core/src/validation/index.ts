export { inspectImage } from './inspect-image.js';
export { checkSize } from './check-size.js';
export { checkLayers, damagedParts } from './check-layers.js';
export { checkMetadata } from './check-metadata.js';
export { checkSignature } from './check-signature.js';
export { checkCustom } from './check-custom.js';
export { checksPolicy, defaultMaxSizeBytes, describeChecks, type ChecksOptions, type ChecksPolicy, type SignaturePolicy, type ValuePattern } from './policy.js';
export { formatSize, parseSize } from './size.js';
export { validateImage, type CheckReport, type ValidationOptions, type ValidationReport } from './validate-image.js';
