/**
 * The contract of a PromotionStore, as tests.
 * @module
 */
import { testsOf, type ConformanceOptions, type ConformanceTest } from '../case.js';
import { appendCases, readCases } from './append.js';
import { createCases } from './create.js';
import { followCases } from './follow.js';
import { leaseCases } from './lease.js';
import { ownerCases } from './owner.js';
import type { StoreCase, StoreSubject } from './store-case.js';

export const storeCases: readonly StoreCase[] = [...appendCases, ...readCases, ...createCases, ...followCases, ...leaseCases, ...ownerCases];

/** `create` makes an empty store with two handles for each case. */
export type DescribeStoreOptions = Omit<ConformanceOptions<StoreSubject>, 'dispose'>;

/** One test for each case of the store's contract. */
export function storeTests(options: DescribeStoreOptions): readonly ConformanceTest[] {
  return testsOf(storeCases, { ...options, dispose: (subject) => subject.dispose() });
}
