/**
 * Davit's core: the machine, the journal, the runner, the ports, and createPromoter().
 * @module
 */
export { ok, err, okAsync, errAsync, Result, ResultAsync } from './result.js';
export type { Json, JsonObject } from './json.js';
export * from './errors/index.js';
export * from './image/index.js';
export * from './ports/index.js';
export * from './policy/index.js';
export * from './copy/index.js';
export * from './validation/index.js';
export { fileStore, type FileStoreOptions } from './journal/file-store.js';
export { memoryStore, memoryStoreState, type MemoryStoreState } from './journal/memory-store.js';
export * from './promoter/index.js';
export type { HashedPlan, Off, Plan, PlannedImage } from './steps/index.js';
export type { JournalRecord } from './journal/record.js';
export { exitCodeOf, isOutcome, outcomes, stepIds, type Outcome, type ReleaseImage, type Status, type StepId } from './machine/index.js';
