/**
 * Tests against a real program: skipped, with the reason in their title, where the machine has none; where
 * DAVIT_REAL_SERVICES is `required`, its absence is a failure.
 * @module
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'vitest';

function pathOf(tool: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, tool))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export function describeWithTool(tool: string, title: string, tests: () => void): void {
  const missing = pathOf(tool) === undefined;
  if (missing && process.env['DAVIT_REAL_SERVICES'] === 'required') {
    it(`${title}: needs ${tool}`, () => {
      throw new Error(`${tool} is not installed, and DAVIT_REAL_SERVICES says that it must be`);
    });
    return;
  }
  describe.skipIf(missing)(missing ? `${title} (skipped: ${tool} is not installed)` : title, tests);
}
