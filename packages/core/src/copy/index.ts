export { copyImage, type CopyOptions, type CopyReport } from './copy-image.js';
export { planCopy, type CopyPlan, type PlannedBlob } from './plan.js';
export type { CopyRequest } from './request.js';
export type { ImagePart, ManifestRole, MissingManifest } from './image-tree.js';
export type { SkippedReferrer } from './referrers.js';
export { readBack, type ReadBackRequest } from './read-back.js';
export { verifiedContent, type ResumedContent, type VerifiedContent, type VerifiedContentOptions } from './verified-content.js';
export { applyImmutableTag, awaitTag, moveChannelTag, readTag, restoreChannelTag, type AwaitTagRequest, type TagChange, type TagPlace, type TagRestoration, type TagRestorationRequest } from './tags.js';
