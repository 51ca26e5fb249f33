/** Counts what vitest's JSON report tells. */
import { relative } from 'node:path';

/**
 * @param report vitest's report, or undefined when it wrote none
 * @param exitCode vitest's own; when it failed, at least one failure is counted
 * @param top the folder that the skipped tests' files are named relative to
 */
export function countTests(report, exitCode, top) {
  const counts = { passed: 0, failed: 0, skipped: 0, skippedNames: [] };
  for (const file of report?.testResults ?? []) {
    let failedHere = 0;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') failedHere += 1;
      else {
        counts.skipped += 1;
        counts.skippedNames.push(`${relative(top, file.name)}: ${test.fullName}`);
      }
    }
    // A file that does not load, or whose hook fails, has no failed test of its own.
    counts.failed += file.status === 'failed' ? Math.max(failedHere, 1) : failedHere;
  }
  if (exitCode !== 0) counts.failed = Math.max(counts.failed, 1);
  return counts;
}
