/**
 * Runs every test that this machine can run. The last line says how many passed, failed and were skipped; where the
 * real services are required, as in CI, a skipped test is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const report = join(top, '.cache/test-report.json');
const mayNotSkip = process.env.CI === 'true' || process.env.DAVIT_REAL_SERVICES === 'required';

mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });
const vitest = join(top, 'node_modules/vitest/vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)], {
  cwd: top,
  stdio: 'inherit',
});

const counts = { passed: 0, failed: 0, skipped: 0 };
const skipped = [];
if (existsSync(report)) {
  for (const file of JSON.parse(readFileSync(report, 'utf8')).testResults) {
    let failedHere = 0;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') failedHere += 1;
      else {
        counts.skipped += 1;
        skipped.push(`${relative(top, file.name)}: ${test.fullName}`);
      }
    }
    // A file that does not load, or whose hook fails, has no failed test of its own.
    counts.failed += file.status === 'failed' ? Math.max(failedHere, 1) : failedHere;
  }
}
if (status !== 0) counts.failed = Math.max(counts.failed, 1);

const refused = mayNotSkip && skipped.length > 0;
if (refused) console.log(`\nThese tests were skipped, which is a failure here:\n${skipped.map((name) => `  ${name}`).join('\n')}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = status === 0 && !refused ? 0 : 1;
