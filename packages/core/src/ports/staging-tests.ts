/**
 * The staging tests (specification: main chart B and C; R2, R3, G13, G17).
 * @module
 */
import type { CheckError } from '../errors/index.js';
import type { Digest } from '../image/index.js';
import type { ResultAsync } from '../result.js';
import type { Call } from './call.js';

/** What is tested: the release as it was resolved. */
export interface TestSubject {
  readonly promotion: string;
  readonly environment: string;
  readonly images: readonly { readonly name: string; readonly reference: string; readonly digest: Digest }[];
}

export interface TestReport {
  readonly passed: boolean;
  /** The digests that were tested. A report that lacks one of the release's is for another image. */
  readonly digests: readonly string[];
  /** When the tests ended, in milliseconds since 1970. Core compares it with `maxAgeMs`. */
  readonly finishedAt: number;
  /** One line: `42 passed, 1 failed`. */
  readonly summary: string;
  readonly url?: string;
  /** The last lines of the output, where the tests failed; at most 4 KiB, redacted. */
  readonly evidence?: string;
}

/** Runs the tests, or finds the result of a run. An error means that nothing is known, which is never a pass. */
export interface StagingTests {
  readonly name: string;
  /** Results older than this are not passed. Milliseconds; default: 24 hours. */
  readonly maxAgeMs?: number;
  run(subject: TestSubject, call: Call): ResultAsync<TestReport, CheckError>;
}
