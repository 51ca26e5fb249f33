/**
 * Davit's core: the machine, the journal, the runner, the ports, and createPromoter().
 * @module
 */
export * from './images.js';
export { fileStore, type FileStoreOptions } from './journal/file-store.js';
export { memoryStore, memoryStoreState, type MemoryStoreState } from './journal/memory-store.js';
export * from './promoter/index.js';
export type { Off } from './policy/off.js';
export type { HashedPlan, Plan, PlannedImage, ReleaseCopies } from './steps/index.js';
export type { JournalRecord } from './journal/record.js';
export { exitCodeOf, isOutcome, outcomes, stepIds, type Outcome, type ReleaseImage, type Status, type StepId } from './machine/index.js';
