import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countTests } from '../tools/count-tests.mjs';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');

describe('the count at the end of `npm test`', () => {
  // Inside the checkout, so that vitest is found; its own folder as root, so that nothing else runs.
  const folder = mkdtempSync(join(top, 'node_modules/.davit-count-'));
  const report = join(folder, 'report.json');
  let exitCode: number | null;

  beforeAll(() => {
    const head = "import { beforeAll, describe, expect, it } from 'vitest';\n";
    const files = {
      'plain.test.js': "it('passes', () => {}); it('passes too', () => {}); it('fails', () => { expect(1).toBe(2); });",
      'skipped.test.js': "describe.skipIf(true)('a service', () => { it('is there', () => {}); }); it.skipIf(true)('is written', () => {});",
      'hook.test.js': "describe('a hook', () => { beforeAll(() => { throw new Error('no'); }); it('never runs', () => {}); });",
      'load.test.js': "throw new Error('does not load');",
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), head + text);
    writeFileSync(join(folder, 'vitest.config.js'), "export default { test: { include: ['*.test.js'] } };");
    const vitest = join(top, 'node_modules/vitest/vitest.mjs');
    exitCode = spawnSync(process.execPath, [vitest, 'run', '--root', folder, '--exclude', 'none', '--reporter=json', `--outputFile=${report}`], { cwd: folder }).status;
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('takes a failed hook and a file that does not load for failures, and names what was skipped', () => {
    const counts = countTests(JSON.parse(readFileSync(report, 'utf8')) as Parameters<typeof countTests>[0], exitCode, folder);
    expect(exitCode).toBe(1);
    expect(counts).toEqual({
      passed: 2,
      failed: 3,
      skipped: 3,
      skippedNames: expect.arrayContaining(['skipped.test.js: a service is there', 'skipped.test.js: is written', 'hook.test.js: a hook never runs']) as unknown,
    });
  });

  it('never says that nothing failed when vitest failed', () => {
    expect(countTests(undefined, 1, top)).toMatchObject({ passed: 0, failed: 1 });
    expect(countTests({ testResults: [] }, null, top)).toMatchObject({ failed: 1 });
    expect(countTests({ testResults: [] }, 0, top)).toMatchObject({ failed: 0 });
  });
});
