/**
 * Runs every test that this machine can run. The last line says how many passed, failed and were skipped; where the
 * real services are required, as in CI, a skipped test is a failure.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countTests } from './count-tests.mjs';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const file = join(top, '.cache/test-report.json');
const mayNotSkip = process.env.CI === 'true' || process.env.DAVIT_REAL_SERVICES === 'required';

const limitMinutes = 45;

mkdirSync(dirname(file), { recursive: true });
rmSync(file, { force: true });
const vitest = join(top, 'node_modules/vitest/vitest.mjs');
// In a process group of its own, which can be ended as a whole: a worker that loops does not hear vitest's time-out.
const child = spawn(process.execPath, [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...process.argv.slice(2)], {
  cwd: top,
  stdio: ['ignore', 'inherit', 'inherit'],
  detached: true,
});
const end = (why) => {
  console.log(`\n${why}`);
  process.kill(-child.pid, 'SIGKILL');
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => end(`Ended by ${signal}.`));
const limit = setTimeout(() => end(`The tests did not end in ${limitMinutes} minutes.`), limitMinutes * 60_000);
const [status, signal] = await once(child, 'exit');
clearTimeout(limit);
if (signal !== null) console.log(`\nVitest was ended by ${signal}.`);

const { passed, failed, skipped, skippedNames } = countTests(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined, status, top);
const refused = mayNotSkip && skipped > 0;
if (refused) console.log(`\nThese tests were skipped, which is a failure here:\n${skippedNames.map((name) => `  ${name}`).join('\n')}`);
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = status === 0 && !refused ? 0 : 1;
