/**
 * The contract of a PromotionStore.
 * @module
 */
import { describeCases, type ConformanceOptions } from '../case.js';
import { appendCases, readCases } from './append.js';
import { createCases } from './create.js';
import { followCases } from './follow.js';
import { leaseCases } from './lease.js';
import type { StoreSubject } from './store-case.js';

export type { StoreSubject } from './store-case.js';

export const storeCases = [...appendCases, ...readCases, ...createCases, ...followCases, ...leaseCases] as const;

/** Registers the cases for one store. `create` makes an empty store with two handles for each case. */
export function describeStore(name: string, options: Omit<ConformanceOptions<StoreSubject>, 'dispose'>): void {
  describeCases(`store: ${name}`, storeCases, { ...options, dispose: (subject) => subject.dispose() });
}
