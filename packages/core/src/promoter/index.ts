export { createPromoter, type EnvironmentReport, type Promoter, type PromotionHistory, type PromotionPlan } from './create-promoter.js';
export type { UnreadablePromotion } from '../runner/past.js';
export type { EnvironmentOptions, PromoterOptions, ReleaseImageOptions, RollbackOptions } from './options.js';
export type { TagOptions } from './tag-options.js';
export type { DecideRequest, DriveRequest, PromoteRequest, Requester, RollbackRequest } from './requests.js';
export type { Promotion } from './promotion.js';
export { errorReport, type ErrorReport, type ImageReport, type PromotionReport, type RollbackReport, type WaitReport } from './report.js';
